"""What a person chooses for his own screen. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from helpdesk.people.preferences import Preferences, set_preferences
from web.errors import shown_again
from web.guards import SIGNED_IN, needs
from web.notices import then
from web.sign_in.views import settings_page
from web.unit import writing

blueprint = Blueprint("preferences", __name__)


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
        undo_seconds=int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 4 else None,
    )
    with writing() as unit:
        set_preferences(unit, unit.actor.account_id or 0, chosen)
    return then(url_for("sign_in.settings"), "preferences_saved")
