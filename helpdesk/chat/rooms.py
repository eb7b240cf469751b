"""Finds the chat of a ticket for who may be there, and locks it; looking up and checking are one step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache

from sqlalchemy import Select, bindparam, select, text

from helpdesk.errors import NotFound
from helpdesk.models import Chat, Ticket, TicketPerson
from helpdesk.models.ticket import SHOWN
from helpdesk.people.access import anybody, named, own_seat, requester_of, ticket_for
from helpdesk.unit import Unit

RETURNS_WITHIN = dt.timedelta(hours=24)
OPEN = ("waiting", "active")
_FRESH = {"populate_existing": True}
_CHAT = select(Chat).where(Chat.ticket_id == bindparam("ticket"))
_LOCKED = (
    select(Ticket)
    .where(Ticket.id == bindparam("ticket"), Ticket.retention_state != "destroying")
    .with_for_update(key_share=True)
    .execution_options(**_FRESH)
)
_LOCKED_CHAT = _CHAT.execution_options(**_FRESH)
"""Written once: writing a statement takes longer than answering it, and a line goes by many."""


@dataclass(frozen=True, slots=True)
class Room:
    """A ticket and how its chat stands."""

    ticket: Ticket
    chat: Chat


def own_room(unit: Unit, number: str) -> Room:
    """The chat of this number, for the actor who began it; else NotFound. A unit that only reads looks once."""
    return unit.once(("chat", number), lambda: _own_room(unit, number))


@cache
def _own(shared: bool) -> Select[Ticket, Chat]:
    asked = select(TicketPerson.ticket_id).where(own_seat(anybody(shared=shared)), TicketPerson.role == "requester")
    found = select(Ticket, Chat).join(Chat, Chat.ticket_id == Ticket.id)
    return found.where(
        Ticket.number == bindparam("number"),
        Ticket.id.in_(asked),
        Ticket.restricted.is_(False),
        Ticket.retention_state != "destroying",
    )


def _own_room(unit: Unit, number: str) -> Room:
    who = requester_of(unit)
    row = unit.session.execute(_own(who.shared), named(who) | {"number": number}).first()
    if row is None:
        raise NotFound("There is no such conversation.")
    return Room(row[0], row[1])


def latest_room(unit: Unit) -> Room | None:
    """The chat to go on with: the actor's newest one, when somebody said something in it within a day."""
    seats = select(TicketPerson.ticket_id).where(own_seat(requester_of(unit)), TicketPerson.role == "requester")
    recent = (
        select(Ticket, Chat)
        .join(Chat, Chat.ticket_id == Ticket.id)
        .where(Ticket.id.in_(seats), text(SHOWN), Ticket.merged_into_id.is_(None))
        .where(Chat.quiet_since > unit.now - RETURNS_WITHIN)
    )
    row = unit.session.execute(recent.order_by(Ticket.id.desc()).limit(1)).first()
    return None if row is None else Room(row.Ticket, row.Chat)


def staff_room(unit: Unit, number: str | int) -> Room:
    """The chat of this number (or id of a ticket), for an advisor; else NotFound."""
    ticket = ticket_for(unit, number, "chat.answer")
    chat = unit.session.scalar(_CHAT, {"ticket": ticket.id})
    if chat is None:
        raise NotFound("There is no such conversation.")
    return Room(ticket, chat)


def locked(unit: Unit, ticket_id: int) -> Room:
    """The ticket and its chat as they are now, locked: mail that joins it waits, so ids of entries rise with time.

    Raises NotFound when it is gone, or going.
    """
    ticket = unit.session.scalar(_LOCKED, {"ticket": ticket_id})
    chat = unit.session.scalar(_LOCKED_CHAT, {"ticket": ticket_id})
    if ticket is None or chat is None:
        raise NotFound("There is no such conversation.")
    return Room(ticket, chat)
