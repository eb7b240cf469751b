"""The two areas of the web, pages of staff and pages for people who ask: which one a request belongs to."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import request

from web.embedding import embedded

PORTAL = frozenset(
    {"entrance", "questions", "own_data", "statements", "chat", "uploads", "own_work_account", "widget", "guests"}
)
"""The blueprints of the pages for people who ask."""
_PLACES = ("/mijn-", "/chat")


def is_portal() -> bool:
    """Whether the request is for a page for people who ask, also where there is no such page."""
    if request.endpoint is None:
        return request.path.startswith(_PLACES)
    return request.blueprint in PORTAL


def here() -> str:
    """The address of this page to come back to, with the numbers that it asks for and nothing else."""
    said = [(name, value) for name, value in request.args.items() if value.isascii() and value.isdecimal()]
    return f"{request.path}?{urlencode(said)}" if said and is_portal() else request.path


def template(name: str) -> str:
    """The template of this name as the area has it."""
    return f"portal/{name.rpartition('/')[2]}" if is_portal() else name


def door() -> str:
    """The endpoint where people of the area sign in."""
    if embedded():
        return "widget.frame"
    return "entrance.form" if is_portal() else "sign_in.form"
