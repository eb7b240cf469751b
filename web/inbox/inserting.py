"""Putting a reply or an answer into what is being written: a page of its own, and its part for a script."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request, url_for

from helpdesk.knowledge import inserting
from helpdesk.tickets import drafts
from web.errors import shown_again
from web.fragments import shown, wanted
from web.frame import frame
from web.guards import needs
from web.inbox import pages
from web.inbox.actions import TICKET
from web.inbox.forms import sent_draft, sent_files, whole
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("inserting", __name__)
PLACE = TICKET + "/invoegen"


def _page(view: str, number: str, words: str = "") -> Response:
    with reading() as unit:
        found = inserting.pieces(unit, number, words)
        around = {} if wanted() else frame(unit, pages.known_view(view))
    values = {"pieces": found, "sought": words, "view": view, "number": number, "kept": pages.kept()}
    return shown("inbox/insert.html", **values, **around)


@blueprint.get(PLACE)
@needs("ticket.reply")
def show(view: str, number: str) -> Response:
    """What there is to put in: what fits the subject of the ticket."""
    return _page(view, number)


@blueprint.post(PLACE)
@needs("ticket.reply")
@shown_again(pages.answer_again)
def begin(view: str, number: str) -> Response:
    """Keep what was written so far, then choose."""
    with writing() as unit:
        drafts.save_draft(unit, number, "answer", sent_draft())
        if files := sent_files():
            drafts.keep_files(unit, number, files)
    return then(url_for("inserting.show", view=view, number=number, **pages.kept()))


@blueprint.post(PLACE + "/zoeken")
@needs("ticket.reply")
def search(view: str, number: str) -> Response:
    """What fits the words; they are kept nowhere."""
    return _page(view, number, request.form.get("q", "")[:400])


@blueprint.post(PLACE + "/kies")
@needs("ticket.reply")
def choose(view: str, number: str) -> Response:
    """Put it below the draft; for a script only its words, which go where the caret is."""
    kind, piece_id = request.form.get("kind", ""), whole("piece")
    if wanted():
        with reading() as unit:
            return jsonify(text=inserting.words_of(unit, number, kind, piece_id))
    with writing() as unit:
        inserting.insert(unit, number, kind, piece_id)
    place = url_for(
        "inbox.show_ticket", view=view, number=number, schrijf="antwoord", _anchor="antwoord", **pages.kept()
    )
    return then(place, "inserted")
