"""The end of a chat, and the mails that carry its lines: those that were not seen, and the whole of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import exists, select

from helpdesk.chat.rooms import Room, locked, own_room
from helpdesk.errors import Conflict, TooMany
from helpdesk.mail import outbox
from helpdesk.mail.header_fields import sendable
from helpdesk.mail.incoming import Sender
from helpdesk.models import Entry, OutgoingMail, Ticket, TicketPerson
from helpdesk.people.access import requester_of
from helpdesk.people.requester_sessions import GUEST_DOMAIN
from helpdesk.timeline import record
from helpdesk.unit import Unit

_BETWEEN = dt.timedelta(minutes=1)


def finish(unit: Unit, room: Room, by: str, status: str, *, transcript: bool) -> None:
    """End a chat: the ticket gets this status; what was said goes out by mail if asked for.

    A ticket that went into another one keeps its status and has nothing to tell any more.
    """
    ticket, chat = room.ticket, room.chat
    chat.state, chat.ended_at, chat.ended_by = "ended", unit.now, by
    chat.for_account_id = chat.offered_at = chat.warned_at = None
    record(unit, ticket.id, "chat_ended", after=by)
    if ticket.merged_into_id is not None:
        return
    if ticket.status != status:
        record(unit, ticket.id, "status", before=ticket.status, after=status)
        ticket.status, ticket.done_at = status, unit.now if status == "done" else None
    ticket.changed_at = unit.now
    unit.stale(ticket)
    if transcript:
        queue_transcript(unit, ticket)


def ask_transcript(unit: Unit, number: str) -> None:
    """Have the whole conversation mailed to the person who began it, at most once a minute."""
    if requester_of(unit).guest:
        raise Conflict("Sign in first; then the conversation can be mailed to you.", code="guest")
    room = locked(unit, own_room(unit, number).ticket.id)
    recent = select(OutgoingMail.id).where(
        OutgoingMail.ticket_id == room.ticket.id,
        OutgoingMail.kind == "transcript",
        OutgoingMail.date > unit.now - _BETWEEN,
    )
    if unit.session.scalar(recent.limit(1)) is not None:
        raise TooMany("It is on its way already. Look in your mail.", code="transcript")
    queue_transcript(unit, room.ticket)


def queue_transcript(unit: Unit, ticket: Ticket) -> None:
    """Queue everything that was said, without notes."""
    said = select(Entry).where(Entry.ticket_id == ticket.id, Entry.kind == "chat").order_by(Entry.id)
    lines = unit.session.scalars(said).all()
    recipient = _requester(unit, ticket.id)
    if lines and recipient is not None:
        outbox.queue_lines(unit, ticket, "transcript", lines[0].id, lines[-1].id, recipient)
        record(unit, ticket.id, "chat_transcript")


def mail_lines(unit: Unit, room: Room, lines: Sequence[Entry]) -> None:
    """Queue lines that the person has not seen as one mail; an answer to it comes back into the ticket."""
    ticket, last = room.ticket, lines[-1]
    room.chat.unmailed_id = None
    recipient = _requester(unit, ticket.id) or given_by_guest(unit, ticket.id)
    if recipient is None:
        return
    mail = outbox.queue_lines(unit, ticket, "chat", lines[0].id, last.id, recipient)
    if last.message_id_digest is None:
        last.message_id_digest = unit.ports.keys.word_digest("message-id", mail.message_id)
    record(unit, ticket.id, "chat_mailed", entry_id=last.id)


def _requester(unit: Unit, ticket_id: int) -> Sender | None:
    """Where answers go; nobody when we can't send there, or the ticket went."""
    found = select(TicketPerson.address, TicketPerson.name).where(
        TicketPerson.ticket_id == ticket_id, TicketPerson.role == "requester"
    )
    row = unit.session.execute(found).first()
    if row is None or sendable(row.address) is None:
        return None
    return Sender(row.address, row.name)


def given_by_guest(unit: Unit, ticket_id: int) -> Sender | None:
    """The address that a guest gave for answers, if they gave one; nobody proved that it is theirs."""
    here = TicketPerson.ticket_id == ticket_id
    guest = select(TicketPerson.id).where(
        here, TicketPerson.role == "requester", TicketPerson.address.endswith(f"@{GUEST_DOMAIN}")
    )
    given = select(TicketPerson.address).where(here, TicketPerson.role == "cc", exists(guest))
    address = unit.session.scalar(given.order_by(TicketPerson.id).limit(1))
    return None if address is None else Sender(address, "")
