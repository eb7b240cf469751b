"""Puts a name or address right (AVG art. 16), keeps what stood there for privacy officers, and says so in the tickets.

Messages are not rewritten: what is right stands beside them, as a dated note (RD-85).
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import Address, Person, Rectification, RequestTicket, RightsRequest, Ticket, TicketPerson
from helpdesk.people.addresses import folded, normal
from helpdesk.privacy.rights import about
from helpdesk.privacy.rights.answering import claimed
from helpdesk.retention import holds
from helpdesk.security_log import note
from helpdesk.text.rendering import render_answer
from helpdesk.tickets.known_names import know
from helpdesk.tickets.writing import EntryDraft, write_entry
from helpdesk.timeline import record
from helpdesk.unit import Unit

_NAME_LIMIT = 300


def rename(unit: Unit, request_id: int, name: str) -> None:
    """Write a person's name as it is right, with the person and on their tickets. Raises Conflict on a hold."""
    found, person = _of(unit, request_id)
    right = name.strip()
    if not 0 < len(right) <= 300:
        raise Invalid("Write the name as it is right.", field="name")
    rows = _seats(unit, person.id)
    before, person.display_name, person.folded = person.display_name or "", right, folded(right)
    for row in rows:
        if row.name:
            row.name = right
            row.known_name_id = know(unit, person.id, right, row.address) if row.known_name_id is not None else None
    _kept(unit, found, "name", before, right, {row.ticket_id for row in rows})


def readdress(unit: Unit, request_id: int, wrong: str, right: str) -> None:
    """Put the right address in the place of a wrong one. Raises Conflict on a hold, or when it is somebody else's."""
    found, person = _of(unit, request_id)
    old, new = normal(wrong), normal(right)
    local, at, domain = new.rpartition("@")
    if not (local and at and domain) or any(char.isspace() for char in new):
        raise Invalid("'{address}' is not an e-mail address.", field="right", address=new[:100])
    row = unit.session.scalar(select(Address).where(Address.person_id == person.id, Address.value == old))
    if row is None:
        raise NotFound("This person has no such address.")
    if unit.session.scalar(select(Address.id).where(Address.value == new)) is not None:
        raise Conflict("This address belongs to somebody already.", code="address_taken")
    seats = [one for one in _seats(unit, person.id) if normal(one.address) == old]
    row.value, row.verified_at, row.source = new, unit.now, "advisor"
    for one in seats:
        one.address = new
        one.known_name_id = know(unit, person.id, one.name, new) if one.known_name_id is not None else None
    _kept(unit, found, "address", old, new, {one.ticket_id for one in seats})


def _of(unit: Unit, request_id: int) -> tuple[RightsRequest, Person]:
    found = claimed(unit, request_id, "collecting")
    if found.kind != "rectification" or found.person_id is None:
        raise Conflict("Only a request for rectification changes a name or address.", code="kind")
    return found, unit.session.get_one(Person, found.person_id)


def _seats(unit: Unit, person_id: int) -> list[TicketPerson]:
    """The person on their tickets, none of which a hold keeps as it is (RD-30)."""
    on = select(TicketPerson).where(TicketPerson.person_id == person_id, TicketPerson.masked.is_(False))
    rows = list(unit.session.scalars(on.order_by(TicketPerson.ticket_id, TicketPerson.id)))
    ids = sorted({row.ticket_id for row in rows})
    if ids:
        kept = holds.catch(unit, ids)
        holds.refuse_held(unit, holds.REWRITE, min(kept, default=ids[0]))
    return rows


def _kept(unit: Unit, found: RightsRequest, field: str, before: str, after: str, ids: Collection[int]) -> None:
    row = Rectification(
        request_id=found.id, field=field, before=before, after=after, at=unit.now, account_id=unit.actor.account_id
    )
    unit.session.add(row)
    unit.session.flush()
    found.notify = "\n".join(about.recipients_of(unit, ids, found.person_id or 0)) or None
    for ticket_id in sorted(ids):
        record(unit, ticket_id, "rectified")
    note(unit, "request.rectify", "request", found.id)


def remark(unit: Unit, request_id: int, number: str, words: str) -> int:
    """Let what is right be said beside the messages of a ticket, as a dated internal note; returns its id."""
    claimed(unit, request_id, "collecting")
    if not words.strip():
        raise Invalid("Write a note first.", field="note")
    render_answer(words)
    ticket_id = unit.session.scalar(
        select(Ticket.id)
        .join(RequestTicket, RequestTicket.ticket_id == Ticket.id)
        .where(RequestTicket.request_id == request_id, Ticket.number == number)
    )
    if ticket_id is None:
        raise NotFound("There is no such ticket in this request.")
    draft = EntryDraft("note", unit.now, {"markdown": words}, account_id=unit.actor.account_id, index=words)
    entry = write_entry(unit, ticket_id, draft)
    record(unit, ticket_id, "noted", entry_id=entry.id)
    return entry.id


def history(unit: Unit, request_id: int) -> list[Rectification]:
    """What was put right for a request, what stood there before included: for those who handle requests."""
    claimed_by = select(Rectification).where(Rectification.request_id == request_id).order_by(Rectification.id)
    return list(unit.session.scalars(claimed_by))
