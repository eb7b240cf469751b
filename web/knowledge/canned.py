"""Replies to use again: one's own and those of one's desks, with their form. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.knowledge import canned
from helpdesk.text.placeholders import FIELDS, typed_by_hand
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.knowledge.forms import sent_canned, shown_canned, whole
from web.knowledge.written import desks
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("canned", __name__)
ALL = "/werk/standaardantwoorden"
ONE = ALL + "/<int:reply_id>"


@blueprint.get(ALL)
@needs("canned.write")
def show_list() -> str:
    """One's own and those of one's desks."""
    with reading() as unit:
        found = canned.canned_replies(unit)
        around = frame(unit)
    blanks = {one.id: typed_by_hand(f"{one.text_nl} {one.text_en}") for one in found}
    return render_template("knowledge/canned.html", replies=found, blanks=blanks, desks=desks(), **around)


def _form(fault: HelpdeskError | None = None, reply_id: int = 0) -> str:
    with reading() as unit:
        view = canned.canned_for(unit, reply_id) if reply_id else None
        mine = canned.desks_of_actor(unit)
        around = frame(unit)
    names = desks()
    return render_template(
        "knowledge/canned_form.html",
        reply=view,
        typed=shown_canned(view),
        version=view.version if view and (fault is None or isinstance(fault, Conflict)) else whole("version"),
        conflict=isinstance(fault, Conflict),
        places=list(FIELDS),
        desks={key: names[key] for key in mine},
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", None) or "",
        **around,
    )


@blueprint.get(ALL + "/nieuw")
@needs("canned.write")
def new_form() -> str:
    """The empty form."""
    return _form()


@blueprint.post(ALL + "/nieuw")
@needs("canned.write")
@shown_again(_form)
def add() -> Response:
    """Keep a new one."""
    with writing() as unit:
        canned.add_canned(unit, sent_canned())
    return then(url_for("canned.show_list"), "canned_kept")


@blueprint.get(ONE)
@needs("canned.write")
def show(reply_id: int) -> str:
    """The form of one."""
    return _form(reply_id=reply_id)


@blueprint.post(ONE)
@needs("canned.write")
@shown_again(_form)
def save(reply_id: int) -> Response:
    """Replace it."""
    with writing() as unit:
        canned.save_canned(unit, reply_id, whole("version"), sent_canned())
    return then(url_for("canned.show_list"), "canned_kept")


@blueprint.post(ONE + "/weg")
@needs("canned.write")
def remove(reply_id: int) -> Response:
    """Throw it away."""
    with writing() as unit:
        canned.remove_canned(unit, reply_id)
    return then(url_for("canned.show_list"), "canned_gone")
