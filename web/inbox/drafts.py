"""Keeping and discarding what is written and not sent yet: for scripts while one types, for forms by a button."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request, url_for

from helpdesk.tickets import drafts
from helpdesk.tickets.writing import sent_before
from web.errors import shown_again
from web.filters import _, minute_time
from web.fragments import HEADER
from web.guards import needs
from web.inbox import pages
from web.inbox.actions import TICKET
from web.inbox.forms import sent_draft, sent_files
from web.notices import then
from web.sent_files import uploads
from web.unit import writing

blueprint = Blueprint("drafts", __name__)
PLACES = {"answer": "antwoord", "note": "notitie"}


def _back(view: str, number: str, notice: str, kind: str = "") -> Response:
    place = PLACES.get(kind)
    return then(
        url_for("inbox.show_ticket", view=view, number=number, schrijf=place, _anchor=place, **pages.kept()), notice
    )


@blueprint.post(TICKET + "/concept/<kind>")
@needs("ticket.read")
@shown_again(pages.draft_again)
def save(view: str, number: str, kind: str) -> Response:
    """Keep the form as it stands; for a script only the sentence to show."""
    with writing() as unit:
        saved = drafts.save_draft(unit, number, kind, sent_draft())
        if kind == "answer" and (files := (*sent_files(), *sent_before(unit, uploads()))):
            drafts.keep_files(unit, number, files)
    if request.headers.get(HEADER):
        said = _("Draft saved at {time}", time=minute_time(saved)) if saved else ""
        return jsonify(saved=bool(saved), said=said)
    return _back(view, number, "draft_saved", kind)


@blueprint.post(TICKET + "/concept/<kind>/mee")
@needs("ticket.read")
def bring(view: str, number: str, kind: str) -> Response:
    """Take what one wrote on a merged ticket along to the ticket it was merged into."""
    with writing() as unit:
        there = drafts.bring_along(unit, number, kind)
    return _back(view, there, "draft_brought", kind)


@blueprint.post(TICKET + "/concept/<kind>/weg")
@needs("ticket.read")
@shown_again(pages.draft_again)
def discard(view: str, number: str, kind: str) -> Response:
    """Throw the draft away."""
    with writing() as unit:
        drafts.discard_draft(unit, number, kind)
    return _back(view, number, "draft_discarded")
