"""After a breach: who was concerned in the tickets that an account read (AVG art. 33, 34; RD-87). Only reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk.errors import Invalid
from helpdesk.models import AccessLog, Person, Ticket, TicketPerson
from helpdesk.people.access import require
from helpdesk.security_log import note
from helpdesk.unit import Unit


@dataclass(frozen=True, slots=True)
class Concerned:
    """A person, and how many tickets they are on that were read."""

    person_id: int
    name: str
    number: str
    address: str
    tickets: int


@dataclass(frozen=True, slots=True)
class Breach:
    """What an account read in a time: the numbers of the tickets, and who is on them."""

    tickets: tuple[str, ...]
    people: tuple[Concerned, ...]


def concerned(unit: Unit, account_id: int, since: dt.datetime, until: dt.datetime) -> Breach:
    """Whom a breach of this account concerned, from `since` on and before `until`; that it was asked is written down.

    Destroyed tickets are not among them: their log went with them. Raises Invalid for a time that is none.
    """
    require(unit.actor, "request.handle")
    if since >= until:
        raise Invalid("The end lies before the beginning.", field="until")
    read = (
        select(AccessLog.ticket_id)
        .where(AccessLog.account_id == account_id, AccessLog.at >= since, AccessLog.at < until)
        .distinct()
    )
    numbers = unit.session.scalars(select(Ticket.number).where(Ticket.id.in_(read)).order_by(Ticket.id)).all()
    on = (
        select(
            Person.id,
            Person.display_name,
            Person.personnel_no,
            func.min(TicketPerson.address),
            func.count(func.distinct(TicketPerson.ticket_id)),
        )
        .join(TicketPerson, TicketPerson.person_id == Person.id)
        .where(TicketPerson.ticket_id.in_(read))
        .group_by(Person.id, Person.display_name, Person.personnel_no)
        .order_by(Person.id)
    )
    people = (
        Concerned(person_id, name or "", number or "", address or "", many)
        for person_id, name, number, address, many in unit.session.execute(on)
    )
    found = Breach(tuple(numbers), tuple(people))
    note(unit, "breach.look", "account", account_id)
    return found
