"""The chat desk of advisors in its states; `states.py` lists them with all others."""

from __future__ import annotations

from typing import cast

from playwright.sync_api import Page

from helpdesk.adapters.memory import MemoryBus
from tests.letters import ASKER
from tests.ui.acts import Act, fields, fold, rail, submit
from tests.ui.place import GUEST, NEW_HERE, Place
from tests.ui.state import State, down, nothing, of
from tests.ui.state import at as _s
from tests.web.conftest import FENNA

HOURS = "/beheer/openingstijden"
FRAME = "/chat/venster"


def _refused(page: Page, _place: Place) -> None:
    """The site around the frame says something that is not to be believed."""
    with page.expect_navigation():
        page.evaluate("document.querySelector('form[data-challenge]').submit()")


_HOURS = (
    "INSERT INTO flag VALUES ('opening', '1')",
    "INSERT INTO opening_spell (weekday, since, until) SELECT value, '09:00', '17:00' FROM json_each('[0,1,2,3,4]')",
)
_OWN = " WHERE ticket_id = (SELECT id FROM ticket WHERE number = '{chat_own}')"
_CLOSED = "INSERT INTO opening_day (first, last, is_open, reason_nl, reason_en) VALUES "


def _with(*statements: str) -> Act:
    """Look again after something changed."""

    def act(page: Page, place: Place) -> None:
        for statement in statements:
            place.run(statement.format(**place.names))
        page.reload()

    return act


def _disturbed(page: Page, place: Place) -> None:
    """Look again while nobody can say who is there."""
    bus = cast("MemoryBus", place.ports.bus)
    bus.gone = True
    try:
        page.reload()
    finally:
        bus.gone = False


def _wrong_hours(page: Page, _place: Place) -> None:
    """Save hours that end before they begin."""
    page.locator("#since-1-0").fill("23:59")
    with page.expect_navigation():
        page.locator("form[action$='/week'] button.primary").click()


def _hours_meanwhile(page: Page, place: Place) -> None:
    """Save hours that somebody else changed."""
    place.run("INSERT INTO flag VALUES ('opening', '7')")
    with page.expect_navigation():
        page.locator("form[action$='/week'] button.primary").click()


def _asks(name: str, shows: str, act: Act) -> State:
    """The page on which a chat begins, in one of the states of availability."""
    return State("chat.begin", "filled", "/chat", shows, act, name, who=NEW_HERE)


def _room(name: str, shows: str, statement: str) -> State:
    """One's own chat as it stands."""
    return State("chat.show", "filled", "/chat/{chat_own}", shows, _with(statement + _OWN), name, who=ASKER)


CHAT: tuple[State, ...] = (
    _asks("busy", "button:has-text('Stuur als vraag')", _with("UPDATE chat_advisor SET capacity = 1")),
    _asks("away", ".availability:has-text('niemand')", _with("UPDATE chat_advisor SET state = 'away'")),
    _asks("outside", ".availability:has-text('op werkdagen')", _with(*_HOURS)),
    _asks(
        "closed",
        ".availability:has-text('Studiedag')",
        _with(*_HOURS, _CLOSED + "('2026-11-22', '2026-11-22', 0, 'Studiedag', 'Study day')"),
    ),
    _asks("disturbed", ".availability:has-text('werkt nu niet goed')", _disturbed),
    _room("waiting", "#stand button", "UPDATE chat SET state = 'waiting', account_id = NULL, ended_by = NULL"),
    _room(
        "silent", "#stand .box-warn button", "UPDATE chat SET state = 'active', warned_at = quiet_since, account_id = 1"
    ),
    _room("idle", "#stand:has-text('We sluiten de chat')", "UPDATE chat SET ended_by = 'idle'"),
    of(None, "guests.form", "filled", "/chat/gast", "#veld-name", fields(text="Wanneer begint het?", name="Bo")),
    State("guests.form", "empty", "/chat/gast", "a.primary", who=None, full=False),
    of(None, "guests.form", "error", "/chat/gast", ".wrong", submit("/gast", text="Hallo", email="geen adres"), 422),
    of(GUEST, "guests.who", "filled", "/chat/koppelen", "#veld-email"),
    State("guests.who", "empty", "/chat/koppelen", ".availability", who=NEW_HERE),
    of(GUEST, "guests.who", "error", "/chat/koppelen", ".wrong", submit("/inloggen", email="geen adres"), 422),
    State("chat.show", "filled", "/chat/{chat_guest}", "#stand a", name="guest", who=GUEST),
    _s("chat_desk.show", "filled", "/werk/chat/{chat_guest}", "#stand .box-warn", name="guest"),
    of(
        FENNA,
        "opening.show",
        "filled",
        HOURS,
        "#dicht ~ .with-buttons li",
        submit("/dicht", first="24-12-2026", last="31-12-2026", reason_nl="Wintersluiting", reason_en="Winter break"),
    ),
    nothing("opening.show", HOURS, "#dicht ~ .empty", FENNA),
    of(FENNA, "opening.show", "error", HOURS, ".wrong", submit("/dicht", first="31-12"), 422),
    State("opening.show", "error", HOURS, "#fout-1-0", _wrong_hours, "hours", who=FENNA, status=422),
    of(FENNA, "opening.show", "open", HOURS, "#weergaven", rail),
    of(FENNA, "opening.show", "conflict", HOURS, ".box-danger", _hours_meanwhile, 409),
    _s("chat_desk.start", "filled", "/werk/chat", "#rij li"),
    nothing("chat_desk.start", "/werk/chat", "#rij"),
    down("chat_desk.start", "/werk/chat", "chat_advisor"),
    _s("chat_desk.start", "open", "/werk/chat", "#weergaven", rail),
    _s("chat_desk.show", "filled", "/werk/chat/{chat}", "#regels li"),
    _s("chat_desk.show", "filled", "/werk/chat/{chat_waiting}", "button:has-text('Neem deze chat')", name="waiting"),
    _s("chat_desk.show", "open", "/werk/chat/{chat}", "#aan", fold(".menu-like")),
    _s("chat_desk.show", "filled", "/werk/chat/{chat}?naast={chat_own}", "#regels li", name="beside"),
    _s("chat_desk.pane", "filled", "/werk/chat/{chat}/paneel", "#regels li"),
    _s("chat_desk.pane", "open", "/werk/chat/{chat}/paneel", "#aan", fold(".menu-like")),
    _s("chat_desk.pane", "error", "/werk/chat/1999-00001/paneel", "h1", status=404),
    of(ASKER, "chat.begin", "filled", "/chat", "a:has-text('Verder met je gesprek')"),
    nothing("chat.begin", "/chat", ".availability", NEW_HERE),
    of(ASKER, "chat.begin", "error", "/chat", ".wrong", submit("/chat", text=" "), 422),
    of(ASKER, "chat.show", "filled", "/chat/{chat_own}", "#regels li >> nth=2"),
    of(ASKER, "chat.show", "open", "/chat/{chat_own}", ".menu-like button", fold(".menu-like")),
    of(ASKER, "chat.show", "error", "/chat/2026-99999", "h1", status=404),
    State("widget.frame", "filled", FRAME, ".availability", who=None),
    State("widget.frame", "empty", FRAME, ".availability", who=None, full=False),
    State("widget.frame", "error", FRAME, ".box-warn", _refused, who=None, status=409),
    _s("chat_desk.show", "error", "/werk/chat/1999-00001", "h1:has-text('Deze pagina is er niet')", status=404),
)
"""Screens of the desk."""
CHAT_ABSENT = {
    ("chat_desk.show", "empty"): "a chat has a line from its beginning",
    ("chat.show", "empty"): "a chat has a line from its beginning",
    ("chat_desk.pane", "empty"): "a chat has a line from its beginning",
    ("chat_desk.pane", "conflict"): "what is refused is said above the form, as an error is",
    **dict.fromkeys(
        (("chat.begin", "open"), ("widget.frame", "open"), ("guests.form", "open"), ("guests.who", "open")),
        "nothing on it opens",
    ),
    ("widget.frame", "conflict"): "what the site could not say stands above the ways in, as an error does",
    **dict.fromkeys(
        (
            (name, "conflict")
            for name in ("chat_desk.show", "chat_desk.start", "chat.begin", "chat.show", "guests.form", "guests.who")
        ),
        "what is refused is said above the form, as an error is",
    ),
}
