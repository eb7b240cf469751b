"""Opens tickets: gives the number, writes the requester and the first state."""

from __future__ import annotations

import datetime as dt
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Executable, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import Invalid
from helpdesk.models import Counter, Entry, Person, Ticket, TicketPerson
from helpdesk.people.access import require
from helpdesk.people.addresses import normal, person_for
from helpdesk.retention import clock
from helpdesk.tickets.known_names import know
from helpdesk.tickets.writing import EntryDraft, storable, write_entry, write_subject
from helpdesk.timeline import record
from helpdesk.unit import Unit


def _add(unit: Unit, name: str, count: int) -> int:
    """Move a counter; the row lock makes its numbers unique. Returns where it stands now."""
    connection = unit.session.connection()
    return int(connection.execute(_moving(connection.dialect.name), {"counter": name, "count": count}).scalar_one())


@cache
def _moving(dialect: str) -> Executable:
    insert, count = (
        postgresql.insert if dialect == "postgresql" else sqlite.insert,
        bindparam("count", type_=BigInteger),
    )
    fresh = insert(Counter).values(name=bindparam("counter"), value=count)
    moved = fresh.on_conflict_do_update(index_elements=[Counter.name], set_={"value": Counter.value + count})
    return moved.returning(Counter.value)


class Numbers:
    """Ticket numbers of one unit: up to `most` are drawn at once, and what is left over is given back, without a gap.

    Whoever makes it calls `close` before the commit; the counter is locked for others from the first number on.
    """

    def __init__(self, unit: Unit, most: int = 1) -> None:
        self._unit, self._most, self._left, self._last, self._opened = unit, most, 0, 0, 0
        self._year = unit.now.astimezone(ZoneInfo(unit.ports.settings.timezone)).year

    def next(self) -> str:
        """The number of one more ticket."""
        if not self._left:
            self._last = _add(self._unit, f"number:{self._year}", self._most)
            self._left = self._most
        self._left -= 1
        self._opened += 1
        return f"{self._year}-{self._last - self._left:05}"

    def close(self) -> None:
        """Give back what was not needed, and count the tickets ever created."""
        if self._left:
            _add(self._unit, f"number:{self._year}", -self._left)
        if self._opened:
            _add(self._unit, "tickets_created", self._opened)
        self._left = self._opened = 0


def add_person(unit: Unit, ticket_id: int, person: Person, role: str, address: str, name: str) -> None:
    """Put a person on a ticket in a role, with the name and address as they were given."""
    value = storable(normal(address), 320)
    shown = storable(name, 300)
    said = {"ticket_id": ticket_id, "person_id": person.id, "role": role, "name": shown, "address": value}
    name_id = None if role == "cc" else know(unit, person.id, shown, value)
    unit.rows.put(TicketPerson, said | {"known_name_id": name_id})


def open_ticket(
    unit: Unit,
    person: Person,
    *,
    desk_key: str,
    subject: str,
    at: dt.datetime,
    address: str = "",
    name: str = "",
    channel: str = "mail",
    status: str = "new",
    language: str | None = None,
    numbers: Numbers | None = None,
) -> Ticket:
    """A new ticket of this person, with its subject and timeline; its first entry is written by the caller."""
    drawn = numbers or Numbers(unit)
    ticket = unit.rows.add(
        Ticket,
        {
            "number": drawn.next(),
            "desk_key": desk_key,
            "channel": channel,
            "status": status,
            "language": language or person.language,
            "opened_at": at,
            "waiting_since": at,
            "changed_at": unit.now,
            "done_at": unit.now if status == "done" else None,
        },
    )
    clock.touch(unit, ticket.id)
    if numbers is None:
        drawn.close()
    write_subject(unit, ticket.id, subject)
    add_person(unit, ticket.id, person, "requester", address, name)
    record(unit, ticket.id, "opened", after=channel)
    return ticket


def open_by_hand(
    unit: Unit, channel: str, name: str, address: str, subject: str, markdown: str, desk_key: str, client_id: str
) -> str:
    """A ticket made by an advisor for a phone call or a visit; its first entry is a note. Returns the number."""
    require(unit.actor, "ticket.open")
    repeated = select(Ticket.number).join(Entry, Entry.ticket_id == Ticket.id).where(Entry.client_id == client_id)
    if client_id and (again := unit.session.scalar(repeated)) is not None:
        return again
    if channel not in ("phone", "desk"):
        raise Invalid("Choose telephone or visit.", field="channel")
    if not markdown.strip() or not subject.strip():
        raise Invalid("Write a subject and what was asked.", field="text")
    if "@" not in address:
        raise Invalid("An e-mail address is needed, or the answer can't be sent.", field="address")
    person = person_for(unit, address, name)
    ticket = open_ticket(
        unit,
        person,
        desk_key=desk_key,
        subject=subject,
        at=unit.now,
        address=address,
        name=name,
        channel=channel,
        status="open",
    )
    ticket.assignee_id = unit.actor.account_id
    record(unit, ticket.id, "assigned", after=unit.actor.account_id)
    draft = EntryDraft(
        "note",
        unit.now,
        {"markdown": markdown},
        account_id=unit.actor.account_id,
        client_id=client_id,
        index=f"{subject} {markdown}",
    )
    entry = write_entry(unit, ticket.id, draft)
    record(unit, ticket.id, "noted", entry_id=entry.id)
    return ticket.number
