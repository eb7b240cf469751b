"""A ticket of a request, for who handles it: as it is, restricted or not, and as who asks gets it. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.models import Attachment, Entry, RequestEntry, RequestTicket, RightsRequest, Ticket
from helpdesk.people.access import require
from helpdesk.privacy.rights import parts
from helpdesk.privacy.rights.others import directory
from helpdesk.privacy.rights.parts import EntryPart, TicketPart
from helpdesk.tickets import files
from helpdesk.tickets.files import FileBytes
from helpdesk.tickets.thread import read_thread
from helpdesk.tickets.views import Thread
from helpdesk.unit import Unit

PAGE = 20
"""Messages on one page: each is masked as it is shown."""


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A ticket beside what goes of it: `given` by the id of the message, `left_out` those that a person left out."""

    thread: Thread
    part: TicketPart
    given: dict[int, EntryPart]
    left_out: dict[int, str]
    state: str


def reviewed(unit: Unit, request_id: int, number: str, before: int | None = None) -> Reviewed:
    """The newest messages of a ticket of a request, and what of each goes along. Raises NotFound."""
    found, item = _item(unit, request_id, number)
    thread = read_thread(unit, number, "page", before=before, size=PAGE, verb="request.handle")
    part = parts.ticket_part(unit, found, item.ticket_id, directory(unit), [unit.actor.language])
    first = min((entry.id for entry in thread.entries), default=1)
    given: dict[int, EntryPart] = {}
    after = first - 1
    while len(given) < len(thread.entries) and (some := parts.entries_of(unit, found, part, after)):
        given |= {one.id: one for one in some}
        after = some[-1].id
    out = select(RequestEntry.entry_id, RequestEntry.reason).where(
        RequestEntry.request_id == request_id, RequestEntry.ticket_id == item.ticket_id
    )
    return Reviewed(thread, part, given, dict(unit.session.execute(out).all()), item.state)


def _item(unit: Unit, request_id: int, number: str) -> tuple[RightsRequest, RequestTicket]:
    require(unit.actor, "request.handle")
    row = unit.session.execute(
        select(RightsRequest, RequestTicket)
        .join(RequestTicket, RequestTicket.request_id == RightsRequest.id)
        .join(Ticket, Ticket.id == RequestTicket.ticket_id)
        .where(RightsRequest.id == request_id, Ticket.number == number)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such ticket in this request.")
    return row[0], row[1]


def file_of(unit: Unit, request_id: int, attachment_id: int) -> FileBytes:
    """A file of a ticket of a request. Raises NotFound."""
    require(unit.actor, "request.handle")
    there = (
        select(Attachment.id)
        .join(Entry, Entry.id == Attachment.entry_id)
        .join(RequestTicket, RequestTicket.ticket_id == Entry.ticket_id)
        .where(Attachment.id == attachment_id, RequestTicket.request_id == request_id)
    )
    if unit.session.scalar(there) is None:
        raise NotFound("There is no such file.")
    return files.attachment(unit, attachment_id, "request.handle")


def require_within(unit: Unit, request_id: int, number: str, entry_id: int, attachment_id: int | None = None) -> None:
    """Raise NotFound unless this message, and this file of it, is in that ticket of that request."""
    _found, item = _item(unit, request_id, number)
    there = select(Entry.id).where(Entry.id == entry_id, Entry.ticket_id == item.ticket_id)
    if attachment_id is not None:
        there = there.join(Attachment, Attachment.entry_id == Entry.id).where(Attachment.id == attachment_id)
    if unit.session.scalar(there) is None:
        raise NotFound("There is no such message in this request.")
