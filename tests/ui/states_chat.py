"""The chat desk of advisors in its states; `states.py` lists them with all others."""

from __future__ import annotations

from playwright.sync_api import Page

from tests.letters import ASKER
from tests.ui.acts import fold, rail, submit
from tests.ui.place import NEW_HERE, Place
from tests.ui.state import State, down, nothing, of
from tests.ui.state import at as _s

FRAME = "/chat/venster"


def _refused(page: Page, _place: Place) -> None:
    """The site around the frame says something that is not to be believed."""
    with page.expect_navigation():
        page.evaluate("document.querySelector('form[data-challenge]').submit()")


CHAT: tuple[State, ...] = (
    _s("chat_desk.start", "filled", "/werk/chat", "#rij li"),
    nothing("chat_desk.start", "/werk/chat", "#rij"),
    down("chat_desk.start", "/werk/chat", "chat_advisor"),
    _s("chat_desk.start", "open", "/werk/chat", "#weergaven", rail),
    _s("chat_desk.show", "filled", "/werk/chat/{chat}", "#regels li"),
    _s("chat_desk.show", "filled", "/werk/chat/{chat_waiting}", "button:has-text('Neem deze chat')", name="waiting"),
    _s("chat_desk.show", "open", "/werk/chat/{chat}", "#aan", fold(".menu-like")),
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
    **dict.fromkeys((("chat.begin", "open"), ("widget.frame", "open")), "nothing on it opens"),
    ("widget.frame", "conflict"): "what the site could not say stands above the ways in, as an error does",
    **dict.fromkeys(
        ((name, "conflict") for name in ("chat_desk.show", "chat_desk.start", "chat.begin", "chat.show")),
        "what is refused is said above the form, as an error is",
    ),
}
