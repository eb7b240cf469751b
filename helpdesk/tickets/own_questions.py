"""Somebody's own questions, as the pages for people who ask show them. Reads only.

Of a ticket only what is theirs is given: messages they wrote, and answers that went to one of their addresses. So
neither notes nor what others wrote or were told, in this ticket or in one merged with it, ever comes here. Reading
one's own leaves no line in the log of reads: that one is about those who read what others wrote.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, literal_column, or_, select

from helpdesk.errors import NotFound
from helpdesk.models import (
    Address,
    Attachment,
    Content,
    Entry,
    Event,
    OutgoingMail,
    OutgoingRecipient,
    Ticket,
    TicketPerson,
)
from helpdesk.people.access import own_seat, own_ticket_for, own_tickets, requester_of
from helpdesk.people.accounts import account_names
from helpdesk.retention.why import kept
from helpdesk.tickets.files import FileBytes
from helpdesk.tickets.lists import subjects_of
from helpdesk.tickets.thread import entry_views
from helpdesk.tickets.views import EntryView
from helpdesk.unit import Requester, Unit
from helpdesk.uploads.scanning import require_open

MOST, ALL = 200, 5_000
"""Questions in the list, and messages on a page to print, at most."""
_PAGE = 20
_MERGES = 20
_RUNNING = ("received", "busy", "we_wait", "later", "restricted")
STATE = {
    "new": "received",
    "open": "busy",
    "waiting_for_asker": "we_wait",
    "snoozed": "later",
    "done": "done",
}
"""The states of the work as somebody who asks is told of them."""


@dataclass(frozen=True, slots=True)
class OwnRow:
    """A question in the list; `at` is when something was said last, `advisor` who has it."""

    number: str
    subject: str
    state: str
    advisor: str
    at: dt.datetime

    @property
    def running(self) -> bool:
        """Whether it is not done."""
        return self.state in _RUNNING


@dataclass(frozen=True, slots=True)
class OwnQuestion:
    """A question with what is theirs of it, oldest first; `earlier` is the cursor of what was said before.

    `kept` is the sentence of `retention why`; `merged_into` the number of the own question it went on in.
    """

    number: str
    subject: str
    state: str
    advisor: str
    channel: str
    desk_key: str
    opened_at: dt.datetime
    entries: list[EntryView]
    earlier: int | None
    kept: str
    asked: bool
    merged_into: str | None = None

    @property
    def writable(self) -> bool:
        """Whether something can be added."""
        return self.state != "restricted"

    @property
    def solvable(self) -> bool:
        """Whether they may call it solved: what somebody else asked as well is not only theirs."""
        return self.asked and self.state not in ("restricted", "done")


def question(unit: Unit, number: str, before: int | None = None, size: int = _PAGE) -> OwnQuestion:
    """One's own question; NotFound for any other. `before` pages backwards."""
    ticket = own_ticket_for(unit, number)
    place = place_of(unit, ticket)
    shown = select(Entry).where(Entry.ticket_id == place.id, mine(unit, {ticket.id, place.id}))
    if before is not None:
        shown = shown.where(Entry.id < before)
    newest = list(unit.session.scalars(shown.order_by(Entry.id.desc()).limit(size + 1)))
    entries = sorted(newest[:size], key=lambda entry: (entry.at, entry.id))
    names = account_names(unit)
    return OwnQuestion(
        number=ticket.number,
        subject=subjects_of(unit, [ticket.id]).get(ticket.id, ""),
        state=_state(place),
        advisor=names.get(place.assignee_id, "") if place.assignee_id else "",
        channel=ticket.channel,
        desk_key=place.desk_key,
        opened_at=ticket.opened_at,
        entries=entry_views(unit, place.id, entries, names),
        earlier=min(entry.id for entry in entries) if len(newest) > size else None,
        kept=kept(unit, place, unit.actor.language).sentence,
        asked=asked_by_me(unit, place),
        merged_into=_goes_on_in(unit, ticket, place),
    )


def _state(place: Ticket) -> str:
    return "restricted" if place.restricted else STATE[place.status]


def place_of(unit: Unit, ticket: Ticket) -> Ticket:
    """The ticket in which this one goes on: itself, or the one it was merged into. NotFound when that is going."""
    found = ticket
    for _ in range(_MERGES):
        if found.merged_into_id is None:
            break
        found = unit.session.get_one(Ticket, found.merged_into_id)
    if found.retention_state == "destroying":
        raise NotFound("There is no such ticket, or you may not see it.")
    return found


def _goes_on_in(unit: Unit, ticket: Ticket, place: Ticket) -> str | None:
    """The question to show instead: where two of one's own were merged the one that stays, else one's own of the two.

    Whose question was merged into somebody else's goes on under their own number and subject.
    """
    who = requester_of(unit)
    if place.id != ticket.id:
        return place.number if asked_by_me(unit, place) else None
    if asked_by_me(unit, ticket):
        return None
    own = select(Ticket.number).where(Ticket.merged_into_id == ticket.id, own_tickets(who)).order_by(Ticket.id)
    return unit.session.scalar(own.limit(1))


def asked_by_me(unit: Unit, ticket: Ticket) -> bool:
    """Whether the actor asked this very ticket, and does not only take part in it."""
    seats = select(TicketPerson.id).where(TicketPerson.ticket_id == ticket.id, TicketPerson.role == "requester")
    return unit.session.scalar(seats.where(own_seat(requester_of(unit))).limit(1)) is not None


def _own_addresses(who: Requester, ticket_ids: Collection[int] | None) -> ColumnElement[bool]:
    """Recipients who are this person: the proven address, the person's others, and how they stand on these tickets."""
    fits = OutgoingRecipient.address == who.address
    if who.shared:
        return fits
    others = select(Address.value).where(Address.person_id == who.person_id, Address.shared.is_(False))
    seats = select(TicketPerson.address).where(own_seat(who), TicketPerson.address != "")
    if ticket_ids is not None:
        seats = seats.where(TicketPerson.ticket_id.in_(ticket_ids))
    return or_(fits, OutgoingRecipient.address.in_(others), OutgoingRecipient.address.in_(seats))


def mine(unit: Unit, ticket_ids: Collection[int] | None = None) -> ColumnElement[bool]:
    """The entries that are the actor's own, who asks."""
    return theirs(requester_of(unit), unit.now, ticket_ids)


def theirs(who: Requester, now: dt.datetime, ticket_ids: Collection[int] | None = None) -> ColumnElement[bool]:
    """The entries that are theirs. An answer is, once it can't be taken back any more.

    What an advisor said in a chat is as well, to whoever asked the ticket in which it was said.
    """
    to_me = (
        select(OutgoingMail.entry_id)
        .join(OutgoingRecipient, OutgoingRecipient.outgoing_id == OutgoingMail.id)
        .where(
            OutgoingMail.entry_id == Entry.id,
            OutgoingMail.kind == "answer",
            OutgoingMail.state != "cancelled",
            OutgoingMail.send_after <= now,
            _own_addresses(who, ticket_ids),
        )
        .exists()
    )
    by_me = Entry.kind.in_(("mail", "chat")) & (Entry.person_id == who.person_id)
    asked = select(TicketPerson.ticket_id).where(own_seat(who), TicketPerson.role == "requester")
    # Written out, and no parameters: only so is it known beforehand that the index of such events will do.
    went = exists().where(Event.entry_id == Entry.id, Event.kind == literal_column("'entry_merged'"))
    moved = exists().where(Event.entry_id == Entry.id, Event.kind == literal_column("'entry_moved_here'"))
    theirs = or_(went.where(Event.ticket_id.in_(asked)), Entry.ticket_id.in_(asked) & ~went & ~moved)
    chatted = (Entry.kind == "chat") & Entry.account_id.is_not(None) & theirs
    return and_(Entry.undone_at.is_(None), or_(by_me, chatted, (Entry.kind == "answer") & to_me))


def own_list(unit: Unit) -> list[OwnRow]:
    """One's own questions, what was said last first; of two that were merged only the one in which they go on."""
    who = requester_of(unit)
    found = select(Ticket).where(own_tickets(who)).order_by(Ticket.id.desc()).limit(MOST)
    tickets = unit.session.scalars(found).all()
    if not tickets:
        return []
    seats = select(TicketPerson.ticket_id).where(own_seat(who), TicketPerson.role == "requester")
    asked = set(unit.session.scalars(seats))
    places = {ticket.id: ticket if ticket.merged_into_id is None else _place(unit, ticket) for ticket in tickets}
    sources = {ticket.merged_into_id for ticket in tickets}
    shown = {
        ticket: place
        for ticket in tickets
        if (place := places[ticket.id]) is not None
        and (
            ticket.id in asked if place is ticket and ticket.id in sources else place is ticket or place.id not in asked
        )
    }
    return _rows(unit, shown)


def _place(unit: Unit, ticket: Ticket) -> Ticket | None:
    try:
        return place_of(unit, ticket)
    except NotFound:
        return None


def _rows(unit: Unit, shown: Mapping[Ticket, Ticket]) -> list[OwnRow]:
    subjects = subjects_of(unit, [ticket.id for ticket in shown]) if shown else {}
    names = account_names(unit)
    given = unit.given({place.id for place in shown.values()})
    said = select(Entry.ticket_id, func.max(Entry.at)).join(given, given.c.id == Entry.ticket_id).where(mine(unit))
    last = dict(unit.session.execute(said.group_by(Entry.ticket_id)).all())
    rows = [
        OwnRow(
            number=ticket.number,
            subject=subjects.get(ticket.id, ""),
            state=_state(place),
            advisor=names.get(place.assignee_id, "") if place.assignee_id else "",
            at=last.get(place.id, ticket.opened_at),
        )
        for ticket, place in shown.items()
    ]
    return sorted(rows, key=lambda row: (row.at, row.number), reverse=True)


def own_file(unit: Unit, attachment_id: int) -> FileBytes:
    """A file of a message that is theirs; NotFound for any other, Invalid for one that is given to nobody."""
    found = (
        select(Attachment, Content.text)
        .join(Entry, Entry.id == Attachment.entry_id)
        .outerjoin(Content, (Content.ticket_id == Attachment.ticket_id) & (Content.attachment_id == Attachment.id))
        .join(Ticket, Ticket.id == Attachment.ticket_id)
        .where(Attachment.id == attachment_id, mine(unit), Ticket.retention_state != "destroying")
        .where(or_(Ticket.restricted.is_(False), own_tickets(requester_of(unit))))
    )
    row = unit.session.execute(found).first()
    if row is None:
        raise NotFound("There is no such file.")
    file, name = row
    require_open(unit.ports.settings, file.scan)
    return FileBytes(name or "file", file.content_type, file.size, unit.ports.blobs.open(file.blob))
