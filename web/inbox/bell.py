"""What an advisor is told: the page behind the bell, and marking it as read. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.tickets import notices
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("bell", __name__)


@blueprint.get("/werk/meldingen")
@needs("ticket.read")
def show() -> str:
    """One's own notices, unread first."""
    with reading() as unit:
        lines = notices.notices_page(unit)
        around = frame(unit)
    return render_template("inbox/bell.html", lines=lines, **around)


@blueprint.post("/werk/meldingen/gelezen")
@needs("ticket.read")
def seen() -> Response:
    """Mark the notices of one ticket as read and go there, or all of them and stay."""
    number = request.form.get("number", "")
    with writing() as unit:
        notices.mark_seen(unit, number or None)
    if number:
        return then(url_for("inbox.show_ticket", view="alle", number=number))
    return then(url_for("bell.show"), "notices_seen")
