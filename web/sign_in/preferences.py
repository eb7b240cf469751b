"""What a person chooses for his own screen: with the account, and the width of the list with this browser."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from helpdesk.people.preferences import Preferences, set_preferences
from web.errors import shown_again
from web.guards import SIGNED_IN, needs
from web.notices import then
from web.sign_in.views import settings_page
from web.unit import ports, writing

blueprint = Blueprint("preferences", __name__)
WIDTH_COOKIE = "lijstbreedte"
NARROWEST, WIDEST = 17, 28
"""Widths of the list in rem."""
_USUAL = (20, 24)
_YEAR = 31_536_000


def list_width() -> int | None:
    """How wide the list is in this browser, in rem; none as usual. A script may have written it."""
    said = request.cookies.get(WIDTH_COOKIE, "")
    width = int(said) if said.isascii() and said.isdigit() and len(said) == 2 else 0
    return width if NARROWEST <= width <= WIDEST else None


def width_choices() -> dict[str, int | None]:
    """The widths to choose from; one's own stands for the one it is closest to, so that saving changes nothing."""
    own = list_width()
    low, high = _USUAL
    return {
        "narrow": own if own and own < low else NARROWEST,
        "normal": own if own and low <= own <= high else None,
        "wide": own if own and own > high else WIDEST,
    }


@blueprint.app_context_processor
def _width() -> dict[str, object]:
    return {"list_width": list_width, "width_choices": width_choices}


def _whole(value: str, otherwise: int) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else otherwise


@blueprint.post("/werk/instellingen/voorkeuren")
@needs(SIGNED_IN)
@shown_again(settings_page)
def save() -> Response:
    """Keep the choices with the account."""
    sent = request.form
    seconds = sent.get("undo_seconds", "")
    chosen = Preferences(
        theme=sent.get("theme") or None,
        shortcuts=sent.get("shortcuts", "on"),
        notify_mail=sent.get("notify_mail") == "1",
        undo_seconds=_whole(seconds, -1) if seconds else None,
        text_size=_whole(sent.get("text_size", "100"), -1),
        density=sent.get("density", "normal"),
    )
    with writing() as unit:
        set_preferences(unit, unit.actor.account_id or 0, chosen)
    answer = then(url_for("sign_in.settings"), "preferences_saved")
    if "list_width" in sent:
        width = sent["list_width"]
        secure, kept = ports().settings.secure_cookies, _YEAR if width else 0
        answer.set_cookie(WIDTH_COOKIE, width[:2], max_age=kept, secure=secure, samesite="Lax", path="/")
    return answer
