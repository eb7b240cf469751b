"""Who asked: unknown senders as a worklist, and saying by hand who one is, with undo. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid, NotFound
from helpdesk.facts.words import KIND
from helpdesk.people.access import ticket_for
from helpdesk.people.finding import find_people
from helpdesk.tickets import requesters
from helpdesk.tickets.finding import keep_query, query_of
from helpdesk.tickets.standing import standing
from helpdesk.tickets.thread import read_thread
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.inbox import pages
from web.inbox.actions import to_ticket
from web.inbox.forms import whole
from web.notices import then
from web.unit import me, reading, writing

blueprint = Blueprint("askers", __name__)
WHO = "/werk/w/<view>/<number>/wie"
_MOST, _ROWS = 20, 50
"""People found, and tickets on the worklist: who worked these off sees the next."""


def _session_id() -> int:
    who = me()
    return who.session_id if who else 0


def _list_page(fault: HelpdeskError | None = None, number: str = "") -> str:
    with reading() as unit:
        rows = requesters.unmatched(unit, _ROWS + 1)
        around = frame(unit)
    problem = sentence(fault) if fault else ""
    return render_template(
        "inbox/unmatched.html",
        rows=rows[:_ROWS],
        more=len(rows) > _ROWS,
        problem=problem,
        wrong=number,
        typed=request.form.get("wie", ""),
        **around,
    )


@blueprint.get("/werk/onbekend")
@needs("person.match")
def show_list() -> str:
    """Tickets of unknown senders, the most urgent first."""
    return _list_page()


@blueprint.post("/werk/onbekend/<number>")
@needs("person.match")
@shown_again(_list_page)
def match_named(number: str) -> Response:
    """Say who it is by a personnel number or a verified address."""
    try:
        with writing() as unit:
            requesters.match_requester(unit, number, request.form.get("wie", ""))
    except NotFound as fault:
        if fault.code != "no_person":
            raise
        raise Invalid(fault.message, field="wie", code=fault.code) from fault  # a slip of the pen, not of the address
    return then(url_for("askers.show_list"), "matched")


def _who_page(fault: HelpdeskError | None = None, view: str = "alle", number: str = "", query_id: str = "") -> str:
    with reading() as unit:
        words = query_of(unit, _session_id(), query_id) if query_id else ""
        thread = read_thread(unit, number, "page")
        asker = thread.requester
        stands = standing(unit, thread.ticket, asker.person_id, asker.address) if asker else None
        people = find_people(unit, words, _MOST + 1, known=True)
        around = frame(unit, pages.known_view(view))
    return render_template(
        "inbox/who.html",
        view=view,
        thread=thread,
        stands=stands,
        sought=words,
        people=people[:_MOST],
        more=len(people) > _MOST,
        kinds=KIND,
        callable_kinds=requesters.KINDS,
        problem=sentence(fault) if fault else "",
        **around,
    )


@blueprint.get(WHO)
@needs("ticket.read")
def ask(view: str, number: str) -> str:
    """The page on which somebody says who asked."""
    return _who_page(view=view, number=number)


@blueprint.get(WHO + "/<query_id>")
@needs("ticket.read")
def found(view: str, number: str, query_id: str) -> str:
    """The same with the people who fit a kept search."""
    return _who_page(view=view, number=number, query_id=query_id)


@blueprint.post(WHO)
@needs("person.match")
def look_for(view: str, number: str) -> Response:
    """Keep the words with the session and show who fits."""
    with writing() as unit:
        ticket_for(unit, number, "person.match")
        query_id = keep_query(unit, _session_id(), request.form.get("wie", ""))
    return then(url_for("askers.found", view=view, number=number, query_id=query_id))


@blueprint.post(WHO + "/is")
@needs("person.match")
@shown_again(_who_page)
def match(view: str, number: str) -> Response:
    """This asker is that person."""
    with writing() as unit:
        requesters.match_requester(unit, number, whole("person"))
    return to_ticket(view, number, "matched")


@blueprint.post(WHO + "/ongedaan")
@needs("person.match")
@shown_again(pages.ticket_again)
def undo(view: str, number: str) -> Response:
    """Take back what was said by hand."""
    with writing() as unit:
        requesters.undo_match(unit, number)
    return to_ticket(view, number, "match_undone")


@blueprint.post(WHO + "/soort")
@needs("person.match")
@shown_again(_who_page)
def call(view: str, number: str) -> Response:
    """Say what kind of person a sender without a personnel number is."""
    with writing() as unit:
        requesters.call_requester(unit, number, request.form.get("kind", ""))
    return to_ticket(view, number, "kind_said")


@blueprint.post(WHO + "/gedeeld")
@needs("person.match")
@shown_again(_who_page)
def share(view: str, number: str) -> Response:
    """Say that several people use the asker's address, or that this is not so after all."""
    with writing() as unit:
        requesters.share_address_of(unit, number, shared=request.form.get("shared") == "1")
    return to_ticket(view, number, "address_said")
