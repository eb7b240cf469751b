"""What a state of a page is, and short ways to write one down. Lists none."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ui.acts import Act, stay, without
from tests.web.conftest import MARIJE


@dataclass(frozen=True, slots=True)
class State:
    """A screen: where it is, who looks (nobody: signed out), at which site, and what is done there.

    `path` holds {words} of `Place.names`; `shows` is a selector that is visible once the state is reached; `status`
    is that of the last answer that was a page. `name` tells states of one kind on one route apart.
    """

    route: str
    kind: str
    path: str
    shows: str
    act: Act = stay
    name: str = ""
    who: str | None = MARIJE
    full: bool = True
    status: int = 200

    @property
    def id(self) -> str:
        """The name of a picture of it: `show_ticket-open-note`."""
        parts = (self.route.rpartition(".")[2] if self.route.startswith("inbox.") else self.route, self.kind, self.name)
        return "-".join(part.replace(".", "-") for part in parts if part)


def at(route: str, kind: str, path: str, shows: str, act: Act = stay, name: str = "", status: int = 200) -> State:
    """A state as Marije, an advisor, sees it."""
    return State(route, kind, path, shows, act, name, status=status)


def of(who: str | None, route: str, kind: str, path: str, shows: str, act: Act = stay, status: int = 200) -> State:
    """A state as somebody else sees it."""
    return State(route, kind, path, shows, act, who=who, status=status)


def named(who: str, route: str, kind: str, path: str, shows: str, name: str) -> State:
    """A further state of a kind that the page is in already."""
    return State(route, kind, path, shows, name=name, who=who)


def nothing(route: str, path: str, shows: str, who: str | None = MARIJE) -> State:
    """The page of a site in which nothing is."""
    return State(route, "empty", path, shows, who=who, full=False)


def down(route: str, path: str, table: str, who: str | None = MARIJE) -> State:
    """The page when the database has lost a table."""
    return State(route, "error", path, "h1:has-text('Dit werkt even niet')", without(table), who=who, status=503)
