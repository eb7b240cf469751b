"""Who asks, for the panel beside a ticket: what the directory knows and what else this person asked. Reads only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy import Select, func, select, text

from helpdesk.models import Person, Ticket, TicketPerson
from helpdesk.models.ticket import SHOWN
from helpdesk.people.access import require
from helpdesk.tickets.lists import subjects_of
from helpdesk.unit import Unit

COUNTED_TO = 100


@dataclass(frozen=True, slots=True)
class EarlierTicket:
    """Another ticket of the same person."""

    number: str
    subject: str
    status: str
    opened_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AskerView:
    """A person; `count` is how many tickets they asked that the reader may see, counted to a hundred and one."""

    department: str = ""
    language: str | None = None
    count: int = 0
    earlier: list[EarlierTicket] = field(default_factory=list)


def asker_of(unit: Unit, person_id: int, ticket_id: int, size: int = 5) -> AskerView:
    """The person, and their newest other tickets; merged ones stand for nothing of their own and are left out."""
    require(unit.actor, "ticket.read")
    person = unit.session.get_one(Person, person_id)
    mine = _asked_by(unit, person_id)
    counted = mine.limit(COUNTED_TO + 1).subquery()
    newest = mine.where(TicketPerson.ticket_id != ticket_id).order_by(TicketPerson.ticket_id.desc()).limit(size)
    rows = list(unit.session.scalars(newest.with_only_columns(Ticket)))
    subjects = subjects_of(unit, [row.id for row in rows]) if rows else {}
    return AskerView(
        department=person.dept_code or "",
        language=person.language,
        count=unit.session.scalar(select(func.count()).select_from(counted)) or 0,
        earlier=[EarlierTicket(row.number, subjects.get(row.id, ""), row.status, row.opened_at) for row in rows],
    )


def _asked_by(unit: Unit, person_id: int) -> Select[int]:
    statement = (
        select(Ticket.id)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .where(TicketPerson.person_id == person_id, TicketPerson.role == "requester")
        .where(text(SHOWN), Ticket.merged_into_id.is_(None))
    )
    if unit.actor.desks is not None:
        statement = statement.where(Ticket.desk_key.in_(unit.actor.desks))
    return statement
