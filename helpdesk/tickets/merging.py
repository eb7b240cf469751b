"""Moving entries between tickets, merging two tickets, and undoing both."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import insert, select, update

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import (
    Attachment,
    Content,
    Entry,
    Event,
    InboundMail,
    OutgoingMail,
    Person,
    Redaction,
    RequestEntry,
    Ticket,
    TicketPerson,
)
from helpdesk.people.access import ticket_for
from helpdesk.retention import clock, holds
from helpdesk.search import move_entry as move_index
from helpdesk.tickets.opening import open_ticket
from helpdesk.timeline import record
from helpdesk.unit import Unit


def _move(unit: Unit, entry: Entry, to_id: int) -> None:
    """Let an entry, its words, files, index, bytes and mails go to another ticket; `content` is found by partition."""
    from_id = entry.ticket_id
    unit.session.execute(
        update(Entry).where(Entry.id == entry.id).values(ticket_id=to_id).execution_options(synchronize_session=False)
    )
    for model in (Attachment, Content, OutgoingMail, Redaction, RequestEntry):
        unit.session.execute(
            update(model)
            .where(model.ticket_id == from_id, model.entry_id == entry.id)
            .values(ticket_id=to_id)
            .execution_options(synchronize_session=False)
        )
    # Its bytes go with it: they are destroyed with the ticket it is in, and with no other.
    unit.session.execute(
        update(InboundMail)
        .where(InboundMail.id == entry.inbound_id, InboundMail.ticket_id == from_id)
        .values(ticket_id=to_id)
        .execution_options(synchronize_session=False)
    )
    move_index(unit, from_id, entry.id, to_id)
    unit.session.expire_all()


def _entries(unit: Unit, ticket_id: int) -> list[Entry]:
    return list(unit.session.scalars(select(Entry).where(Entry.ticket_id == ticket_id).order_by(Entry.id)))


def _bump(unit: Unit, *ticket_ids: int) -> None:
    unit.session.flush()
    unit.session.execute(
        update(Ticket)
        .where(Ticket.id.in_(ticket_ids))
        .values(version=Ticket.version + 1, changed_at=unit.now)
        .execution_options(synchronize_session=False)
    )
    for ticket_id in ticket_ids:
        clock.touch(unit, ticket_id)
    unit.session.expire_all()


def merge(unit: Unit, number: str, into_number: str) -> None:
    """Let every entry of one ticket go to another; its people become participants there. Can be undone.

    Raises Invalid for tickets that were merged, Conflict for one that a hold keeps (RD-30).
    """
    source = ticket_for(unit, number, "ticket.handle")
    target = ticket_for(unit, into_number, "ticket.handle")
    if source.id == target.id or source.merged_into_id is not None or target.merged_into_id is not None:
        raise Invalid("These two tickets can't be merged.", code="merge")
    target_id, source_id = target.id, source.id
    holds.refuse_held(unit, holds.MERGE, source_id, target_id)
    unit.claim(Ticket, source_id, source.version)
    moved = _entries(unit, source_id)
    for entry in moved:
        _move(unit, entry, target_id)
        record(unit, source_id, "entry_merged", entry_id=entry.id, after=target_id)
    source = unit.session.get_one(Ticket, source_id)
    target = unit.session.get_one(Ticket, target_id)
    record(unit, source_id, "merged_into", before=_state(source), after=target_id)
    record(unit, target_id, "merged_from", before=_state(target), after=source_id)
    _share_people(unit, source_id, target_id)
    source.merged_into_id, source.status, source.done_at = target_id, "done", source.done_at or unit.now
    if target.status in ("done", "waiting_for_asker"):
        target.status, target.done_at = "open", None
    _bump(unit, source_id, target_id)


def _state(ticket: Ticket) -> str:
    """The state of the work as an event keeps it, so that an undo can give it back."""
    return f"{ticket.status} {ticket.done_at.isoformat() if ticket.done_at else ''}".strip()


def _restore(ticket: Ticket, event: Event | None) -> None:
    status, _space, done_at = ((event.before if event else None) or "open").partition(" ")
    ticket.status = status
    ticket.done_at = dt.datetime.fromisoformat(done_at) if done_at else None


def _share_people(unit: Unit, source_id: int, target_id: int) -> None:
    """The requester of the merged ticket takes part in the other one from now on."""
    there = set(unit.session.scalars(select(TicketPerson.address).where(TicketPerson.ticket_id == target_id)))
    for row in unit.session.scalars(
        select(TicketPerson).where(TicketPerson.ticket_id == source_id, TicketPerson.role == "requester")
    ):
        if row.address and row.address not in there:
            values = {
                "person_id": row.person_id,
                "role": "participant",
                "name": row.name,
                "address": row.address,
                "known_name_id": row.known_name_id,
            }
            unit.session.execute(insert(TicketPerson).values(ticket_id=target_id, **values))
            record(unit, target_id, "merge_participant", before=source_id, after=row.person_id)


def undo_merge(unit: Unit, number: str) -> None:
    """Give a merged ticket its entries, state and people back, as they were.

    Merges into one ticket are undone in any order; the last of them gives that ticket its own state back. Raises
    Conflict when there is no merge, or the ticket that holds the entries was itself merged since or is kept by a hold.
    """
    source = ticket_for(unit, number, "ticket.handle")
    if source.merged_into_id is None:
        raise Conflict("This ticket is not merged.", code="not_merged")
    source_id, target_id = source.id, source.merged_into_id
    if ticket_for(unit, target_id, "ticket.handle").merged_into_id is not None:
        raise Conflict("The other ticket was merged as well. Undo that merge first.", code="merged_on")
    holds.refuse_held(unit, holds.UNDO_MERGE, target_id, source_id)
    _entries_back(unit, source_id, target_id)
    merged_from = _last_event(unit, target_id, "merged_from", after=source_id)
    _unshare_people(unit, source_id, target_id, merged_from.id if merged_from else 0)
    source, target = unit.session.get_one(Ticket, source_id), unit.session.get_one(Ticket, target_id)
    source.merged_into_id = None
    _restore(source, _last_event(unit, source_id, "merged_into"))
    unit.session.flush()
    others = unit.session.scalars(select(Ticket.id).where(Ticket.merged_into_id == target_id)).all()
    for other_id in others:
        _share_people(unit, other_id, target_id)
    if not others and target.status == "open":
        _restore(target, _first_merge(unit, target_id))
    record(unit, source_id, "merge_undone", before=target_id)
    record(unit, target_id, "merge_undone", before=source_id)
    _bump(unit, source_id, target_id)


def _entries_back(unit: Unit, source_id: int, target_id: int) -> None:
    entry_ids = unit.session.scalars(
        select(Event.entry_id).where(
            Event.ticket_id == source_id, Event.kind == "entry_merged", Event.after == str(target_id)
        )
    )
    for entry_id in set(entry_ids):
        entry = unit.session.get(Entry, entry_id)
        if entry is not None and entry.ticket_id == target_id:
            _move(unit, entry, source_id)


def _last_event(unit: Unit, ticket_id: int, kind: str, *, after: int | None = None) -> Event | None:
    found = select(Event).where(Event.ticket_id == ticket_id, Event.kind == kind)
    if after is not None:
        found = found.where(Event.after == str(after))
    return unit.session.scalar(found.order_by(Event.id.desc()).limit(1))


def _first_merge(unit: Unit, target_id: int) -> Event | None:
    """The merge since which there was always a ticket merged into this one: it knows the state from before."""
    events = unit.session.scalars(
        select(Event)
        .where(Event.ticket_id == target_id, Event.kind.in_(("merged_from", "merge_undone")))
        .order_by(Event.id)
    )
    first, merged = None, set[str | None]()
    for event in events:
        if event.kind == "merge_undone":
            merged.discard(event.before)
        else:
            first = first if merged else event
            merged.add(event.after)
    return first


def _unshare_people(unit: Unit, source_id: int, target_id: int, since: int) -> None:
    """Take off who came along with this merge, known by an event after the merge's own; never who was there before."""
    people = unit.session.scalars(
        select(Event.after).where(
            Event.ticket_id == target_id,
            Event.kind == "merge_participant",
            Event.before == str(source_id),
            Event.id > since,
        )
    )
    for row in unit.session.scalars(
        select(TicketPerson).where(
            TicketPerson.ticket_id == target_id,
            TicketPerson.role == "participant",
            TicketPerson.person_id.in_({int(person or 0) for person in people}),
        )
    ):
        unit.session.delete(row)
    unit.session.flush()


def move_entry(unit: Unit, entry_id: int, to_number: str | None) -> str:
    """Move one entry to another ticket, or to a new one of the same requester. Returns the number it is in now.

    Raises Conflict where a hold keeps the ticket it is in (RD-30).
    """
    entry = unit.session.get(Entry, entry_id)
    if entry is None:
        raise NotFound("There is no such message.")
    source = ticket_for(unit, entry.ticket_id, "ticket.handle")
    source_id, number = source.id, source.number
    fresh = to_number is None
    target = _new_ticket(unit, source, entry) if fresh else ticket_for(unit, str(to_number), "ticket.handle")
    if target.id == source_id:
        return number
    if target.merged_into_id is not None:
        raise Invalid("That ticket was merged into another one: choose that one.", field="into", code="merged_on")
    target_id, target_number = target.id, target.number
    holds.refuse_held(unit, holds.MOVE, source_id, target_id)
    _move(unit, entry, target_id)
    record(unit, source_id, "entry_moved_away", entry_id=entry_id, after=target_id)
    record(unit, target_id, "entry_moved_here", entry_id=entry_id, before=source_id)
    _bump(unit, source_id, target_id)
    return target_number


def _new_ticket(unit: Unit, source: Ticket, entry: Entry) -> Ticket:
    subject = unit.session.scalar(
        select(Content.text).where(Content.ticket_id == source.id, Content.kind == "subject").limit(1)
    )
    row = unit.session.scalar(
        select(TicketPerson).where(TicketPerson.ticket_id == source.id, TicketPerson.role == "requester")
    )
    person_id = entry.person_id or (row.person_id if row else None)
    if person_id is None:
        raise Invalid("It is not known who wrote this message.", code="no_person")
    own = unit.session.scalar(
        select(TicketPerson).where(TicketPerson.ticket_id == source.id, TicketPerson.person_id == person_id)
    )
    shown = own or row
    return open_ticket(
        unit,
        unit.session.get_one(Person, person_id),
        desk_key=source.desk_key,
        subject=subject or "",
        at=entry.at,
        address=shown.address if shown else "",
        name=shown.name if shown else "",
        channel=source.channel,
        status="open",
        language=source.language,
    )


def dismiss_hint(unit: Unit, number: str) -> None:
    """Take the hint away that a ticket looks like a follow-up."""
    ticket = ticket_for(unit, number, "ticket.handle")
    if ticket.hint_ticket_id is not None:
        record(unit, ticket.id, "hint_dismissed", before=ticket.hint_ticket_id)
        ticket.hint_ticket_id = ticket.hint_reason = None
