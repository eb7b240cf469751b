"""Pages of ours that may stand in a frame on pages of other sites: which, whose, and whether one stands there now."""

from __future__ import annotations

from flask import request

from web.unit import ports

_PAGES = frozenset(
    f"entrance.{name}" for name in ("form", "ask", "sent", "enter_code", "leave", "stay", "choose_language")
)
"""Beside the chat itself: its door, and what stands at the foot of its pages."""
_ROOMS = frozenset({"chat", "widget", "guests"})
_FRAMES = frozenset({"iframe", "frame", "object", "embed"})


def of_the_chat() -> bool:
    """Whether the request is for the chat or its door: the only pages in a frame, and all that a site vouches for."""
    return request.blueprint in _ROOMS or request.endpoint in _PAGES


def in_a_room() -> bool:
    """Whether the request is for the chat itself: all that somebody of whom nothing is known gets to."""
    return request.blueprint == "chat"


def sites() -> str:
    """The origins whose pages may show this page, as a policy names them (CSP 3, frame-ancestors)."""
    origins = " ".join(site.origin for site in ports().settings.sites)
    return origins if origins and of_the_chat() else "'none'"


def embedded() -> bool:
    """Whether this page stands in a frame, as the browser says (Fetch Metadata); only where one may."""
    there = request.headers.get("Sec-Fetch-Dest") in _FRAMES or request.blueprint == "widget"
    return there and sites() != "'none'"


def framed_by_us() -> bool:
    """Whether this is a chat at the desk that stands in a frame beside another one."""
    return request.blueprint == "chat_desk" and request.headers.get("Sec-Fetch-Dest") == "iframe"


def ancestors() -> str:
    """Whose pages may show this page in a frame: those of sites, and the desk a second chat of its own."""
    return "'self'" if framed_by_us() else sites()
