"""Ports in memory, for tests that need no real server behind them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from helpdesk.errors import Unavailable
from helpdesk.ports import Delivery


@dataclass
class MemoryBus:
    """Remembers every hint and every note; with `gone` it can't be asked."""

    hints: list[tuple[str, dict[str, int | str]]] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    gone: bool = False

    def publish(self, hints: Mapping[str, dict[str, int | str]]) -> None:
        """Keep the hints."""
        self.hints += hints.items()

    def note(self, notes: Mapping[str, str], seconds: int) -> None:  # noqa: ARG002 - a test forgets them itself
        """Keep the words."""
        self.notes |= notes

    def noted(self, names: Sequence[str], also: Mapping[str, str] | None = None, seconds: int = 0) -> list[str | None]:
        """The words, unless it is gone."""
        if self.gone:
            raise Unavailable("Redis does not answer. Start it, or set HELPDESK_REDIS.", code="redis")
        self.note(also or {}, seconds)
        return [self.notes.get(name) for name in names]


@dataclass
class MemoryJobs:
    """Remembers every nudge."""

    nudges: list[str] = field(default_factory=list)

    def nudge(self, name: str) -> None:
        """Keep the name."""
        self.nudges.append(name)

    def ping(self) -> None:
        """Always there."""

    def keeps_on_disk(self) -> bool:
        """Never."""
        return False

    def strangers(self) -> list[str]:
        """None."""
        return []


@dataclass
class MemoryMailer:
    """Keeps what is sent; `refuse` may raise what a relay would say, before anything is kept."""

    sent: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    refuse: Callable[[Sequence[str]], Delivery | None] | None = None

    def send(self, sender: str, recipients: Sequence[str], message: bytes) -> Delivery:
        """Keep the mail, unless `refuse` raises."""
        said = self.refuse(recipients) if self.refuse else None
        self.sent.append((sender, tuple(recipients), message))
        return said or Delivery()

    def ping(self) -> None:
        """Always there."""


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    at: dt.datetime

    def __call__(self) -> dt.datetime:
        """The time it was set to."""
        return self.at

    def move(self, span: dt.timedelta) -> None:
        """Let time pass."""
        self.at += span
