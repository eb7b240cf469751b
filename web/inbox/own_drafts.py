"""The list of one's own drafts, from which one goes on writing or throws one away. Changes nothing."""

from __future__ import annotations

from flask import Blueprint, render_template

from helpdesk.tickets import drafts
from web.frame import frame
from web.guards import needs
from web.unit import reading

blueprint = Blueprint("own_drafts", __name__)
PLACES = {"answer": "antwoord", "note": "notitie"}


@blueprint.get("/werk/concepten")
@needs("ticket.read")
def show() -> str:
    """One's own drafts on all tickets, newest first."""
    with reading() as unit:
        rows = drafts.list_drafts(unit)
        around = frame(unit)
    return render_template("inbox/drafts.html", drafts=rows, places=PLACES, **around)
