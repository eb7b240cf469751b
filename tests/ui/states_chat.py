"""The chat desk of advisors in its states; `states.py` lists them with all others."""

from __future__ import annotations

from tests.ui.acts import fold, rail
from tests.ui.state import at as _s
from tests.ui.state import down, nothing

CHAT = (
    _s("chat_desk.start", "filled", "/werk/chat", "#rij li"),
    nothing("chat_desk.start", "/werk/chat", "#rij"),
    down("chat_desk.start", "/werk/chat", "chat_advisor"),
    _s("chat_desk.start", "open", "/werk/chat", "#weergaven", rail),
    _s("chat_desk.show", "filled", "/werk/chat/{chat}", "#regels li"),
    _s("chat_desk.show", "filled", "/werk/chat/{chat_waiting}", "button:has-text('Neem deze chat')", name="waiting"),
    _s("chat_desk.show", "open", "/werk/chat/{chat}", "#aan", fold(".menu-like")),
    _s("chat_desk.show", "error", "/werk/chat/1999-00001", "h1:has-text('Deze pagina is er niet')", status=404),
)
"""Screens of the desk."""
CHAT_ABSENT = {
    ("chat_desk.show", "empty"): "a chat has a line from its beginning",
    **dict.fromkeys(
        (("chat_desk.show", "conflict"), ("chat_desk.start", "conflict")),
        "what is refused is said above the form, as an error is",
    ),
}
