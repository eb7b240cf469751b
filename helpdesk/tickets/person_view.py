"""One person as administrators and privacy officers see them: details, addresses, dates, and until when what is kept.

Subjects are shown only to who may read tickets. Changes nothing.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select, true

from helpdesk.errors import NotFound
from helpdesk.facts.history import FactView, history
from helpdesk.models import Address, Person, Ticket, TicketPerson
from helpdesk.people.access import can, require
from helpdesk.retention.why import Kept, kept
from helpdesk.tickets.lists import subjects_of
from helpdesk.unit import Unit

PAGE = 20
"""Tickets on one page: each is reckoned anew to say why it is kept."""


@dataclass(frozen=True, slots=True)
class AddressView:
    """One address; an unproven one only wrote to us."""

    value: str
    shared: bool
    proven: bool
    source: str


@dataclass(frozen=True, slots=True)
class PersonTicket:
    """A ticket the person asked, with until when it is kept and why."""

    number: str
    subject: str
    status: str
    opened_at: dt.datetime
    kept: Kept


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody; `facts` are in the order of recording, newest first, `total` counts all their tickets."""

    id: int
    name: str
    number: str
    kind: str
    department: str
    account_status: str
    processing: str
    addresses: list[AddressView]
    facts: list[FactView]
    tickets: list[PersonTicket]
    total: int


def person_view(unit: Unit, person_id: int, skip: int = 0) -> PersonView:
    """One person, with their newest tickets behind the first `skip`. Raises NotFound."""
    require(unit.actor, "fact.read")
    person = unit.session.get(Person, person_id)
    if person is None:
        raise NotFound("There is no such person.")
    addresses = unit.session.scalars(select(Address).where(Address.person_id == person_id).order_by(Address.id))
    tickets, total = _tickets(unit, person_id, skip)
    return PersonView(
        id=person.id,
        name=person.display_name or "",
        number=person.personnel_no or "",
        kind=person.kind,
        department=person.dept_code or "",
        account_status=person.account_status or "",
        processing=person.processing,
        addresses=[AddressView(one.value, one.shared, one.verified_at is not None, one.source) for one in addresses],
        facts=history(unit, person_id)[::-1],
        tickets=tickets,
        total=total,
    )


def _tickets(unit: Unit, person_id: int, skip: int) -> tuple[list[PersonTicket], int]:
    reads_restricted = can(unit.actor, "request.read")
    asked = (
        select(Ticket)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .where(TicketPerson.person_id == person_id, TicketPerson.role == "requester")
        .where(Ticket.retention_state != "destroying", true() if reads_restricted else Ticket.restricted.is_(False))
        .distinct()
    )
    total = unit.session.scalar(select(func.count()).select_from(asked.subquery())) or 0
    rows = unit.session.scalars(asked.order_by(Ticket.id.desc()).limit(PAGE).offset(skip)).all()
    subjects = subjects_of(unit, [row.id for row in rows]) if rows and can(unit.actor, "ticket.read") else {}
    found = [
        PersonTicket(
            row.number, subjects.get(row.id, ""), row.status, row.opened_at, kept(unit, row, unit.actor.language)
        )
        for row in rows
    ]
    return found, total
