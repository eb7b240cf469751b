"""What an advisor does for somebody's privacy: records a request that came with a ticket, destroys a part of one.

Decides nothing itself; requests are handled elsewhere, by privacy officers.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid, NotFound
from helpdesk.privacy.rights import answering, codes, redacting
from helpdesk.privacy.rights.answering import Wish
from helpdesk.tickets.thread import entry_alone
from web.days import day_of_form
from web.errors import sentence, shown_again
from web.filters import now
from web.frame import frame
from web.guards import needs
from web.inbox.pages import known_view
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("rights", __name__)
REQUEST, PART = "/werk/w/<view>/<number>/verzoek", "/werk/bericht/<int:entry_id>/vernietigen"


def _request_page(fault: HelpdeskError | None = None, view: str = "", number: str = "") -> str:
    with reading() as unit:
        answering.require_ticket(unit, number)
        around = frame(unit, known_view(view))
    return render_template(
        "inbox/rights_request.html",
        view=view,
        number=number,
        codes=codes,
        today=now().date(),
        typed=request.form,
        problem=sentence(fault) if fault else "",
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        **around,
    )


@blueprint.get(REQUEST)
@needs("ticket.read")
def request_form(view: str, number: str) -> str:
    """The form to record a request that came with this ticket."""
    return _request_page(view=view, number=number)


@blueprint.post(REQUEST)
@needs("request.open")
@shown_again(_request_page)
def record(view: str, number: str) -> Response:
    """Record it; a privacy officer goes on from there. An objection takes the ticket out of the work at once."""
    with writing() as unit:
        wish = Wish(
            request.form.get("kind", ""), day_of_form("received_on"), request.form.get("wish", ""), number=number
        )
        answering.open_request(unit, wish)
    return then(url_for("inbox.show_list", view=view), "request_recorded")


def _part_page(fault: HelpdeskError | None = None, entry_id: int = 0) -> str:
    with reading() as unit:
        number, entry = entry_alone(unit, entry_id, "ticket.read")
        around = frame(unit)
    return render_template(
        "inbox/redact.html",
        number=number,
        entry=entry,
        codes=codes,
        problem=sentence(fault) if fault else "",
        **around,
    )


@blueprint.get(PART)
@needs("ticket.read")
def part_form(entry_id: int) -> str:
    """What would be destroyed, and the form that does it."""
    return _part_page(entry_id=entry_id)


@blueprint.post(PART)
@needs("ticket.redact")
@shown_again(_part_page)
def destroy(entry_id: int) -> Response:
    """Destroy the words of a message, or one of its files."""
    reason, said = request.form.get("reason", ""), request.form.get("file", "")
    with writing() as unit:
        number, entry = entry_alone(unit, entry_id, "ticket.read")
        if said:
            file_id = int(said) if said.isascii() and said.isdigit() else 0
            if file_id not in {file.id for file in entry.attachments}:
                raise NotFound("There is no such file.")
            redacting.redact_file(unit, file_id, reason)
        else:
            redacting.redact_message(unit, entry_id, reason, subject=request.form.get("subject") == "1")
    return then(url_for("inbox.show_ticket", view="alle", number=number, _anchor=f"b-{entry_id}"), "redacted")
