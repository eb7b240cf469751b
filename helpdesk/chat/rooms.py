"""Finds the chat of a ticket for who may be there, and locks it; looking up and checking are one step."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Select, select, text

from helpdesk.errors import NotFound
from helpdesk.models import Chat, Ticket, TicketPerson
from helpdesk.models.ticket import SHOWN
from helpdesk.people.access import ticket_for
from helpdesk.unit import Unit

RETURNS_WITHIN = dt.timedelta(hours=24)
OPEN = ("waiting", "active")


@dataclass(frozen=True, slots=True)
class Asker:
    """A person who proved to be who they are, and the address their answers go to."""

    person_id: int
    address: str
    name: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """A ticket and how its chat stands."""

    ticket: Ticket
    chat: Chat


def _theirs(asker: Asker) -> Select[tuple[Ticket, Chat]]:
    """Chats that this person began, as long as their ticket is there for them."""
    return (
        select(Ticket, Chat)
        .join(Chat, Chat.ticket_id == Ticket.id)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .where(TicketPerson.person_id == asker.person_id, TicketPerson.role == "requester", text(SHOWN))
    )


def own_room(unit: Unit, asker: Asker, number: str) -> Room:
    """The chat of this number, for the person who began it; else NotFound."""
    row = unit.session.execute(_theirs(asker).where(Ticket.number == number)).first()
    if row is None:
        raise NotFound("There is no such conversation.")
    return Room(*row)


def latest_room(unit: Unit, asker: Asker) -> Room | None:
    """The chat to go on with: the newest one, when somebody said something in it within a day."""
    recent = _theirs(asker).where(Chat.quiet_since > unit.now - RETURNS_WITHIN, Ticket.merged_into_id.is_(None))
    row = unit.session.execute(recent.order_by(Ticket.id.desc()).limit(1)).first()
    return None if row is None else Room(*row)


def staff_room(unit: Unit, number: str | int) -> Room:
    """The chat of this number (or id of a ticket), for an advisor; else NotFound."""
    ticket = ticket_for(unit, number, "chat.answer")
    chat = unit.session.scalar(select(Chat).where(Chat.ticket_id == ticket.id))
    if chat is None:
        raise NotFound("There is no such conversation.")
    return Room(ticket, chat)


def locked(unit: Unit, ticket_id: int) -> Room:
    """The ticket and its chat as they are now, locked: mail that joins it waits, so ids of entries rise with time.

    Raises NotFound when it is gone, or going.
    """
    here = select(Ticket).where(Ticket.id == ticket_id, Ticket.retention_state != "destroying")
    fresh = {"populate_existing": True}
    ticket = unit.session.scalar(here.with_for_update(key_share=True), execution_options=fresh)
    chat = unit.session.scalar(select(Chat).where(Chat.ticket_id == ticket_id), execution_options=fresh)
    if ticket is None or chat is None:
        raise NotFound("There is no such conversation.")
    return Room(ticket, chat)
