"""How chats stand, for the page of the person who asks and for the desks of advisors. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, or_, select

from helpdesk.chat.availability import capacity_of, place_in_queue, places
from helpdesk.chat.ending import given_by_guest
from helpdesk.chat.presence import ASKER_GONE, asker_name, seen_at, signs
from helpdesk.chat.rooms import Room, latest_room, own_room, staff_room
from helpdesk.errors import Unavailable
from helpdesk.models import Account, Chat, ChatAdvisor, Content, Entry, Ticket, TicketPerson
from helpdesk.people.access import requester_of, require
from helpdesk.people.requester_sessions import GUEST_DOMAIN
from helpdesk.text.rendering import preview
from helpdesk.unit import Unit

_NAME = select(Account.name).where(Account.id == bindparam("account"))
_LATE, _TOO_LATE = dt.timedelta(seconds=60), dt.timedelta(seconds=180)


@dataclass(frozen=True, slots=True)
class Standing:
    """How one chat stands for the person who asks; `position` is 0 for who does not wait in a queue, and `waits_for` is
    what `place_in_queue` says of who does.

    `read` is the newest line of theirs that an advisor had on the screen, with the time, as far as that is known. For a
    guest `address` is the one they gave for answers, if any.
    """

    ticket_id: int
    number: str
    state: str
    position: int
    advisor: str
    typing: bool
    warned: bool
    ended_by: str | None
    address: str
    receipts: bool
    said_at: dt.datetime
    read: tuple[int, dt.datetime] | None = None
    guest: bool = False
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class DeskChat:
    """One chat in the rail of a desk; `late` is 0, 1 from a minute of waiting on, 2 from three on.

    Who a `guest` is nobody knows.
    """

    ticket_id: int
    number: str
    name: str
    state: str
    preview: str
    waits_since: dt.datetime | None
    late: int
    typing: bool
    away: bool
    newest: int
    handed_over: bool
    mine: bool
    ended_by: str | None
    read: tuple[int, dt.datetime] | None = None
    guest: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of one advisor: own chats, waiting first, and the queue."""

    state: str
    capacity: int
    chats: list[DeskChat]
    queue: list[DeskChat]


def standing_for(unit: Unit, number: str, *, here: bool = False) -> Standing:
    """How the chat of this number stands, for the person who began it; else NotFound. `here`: that person is there."""
    return _standing(unit, own_room(unit, number), here=here)


def _standing(unit: Unit, room: Room, *, here: bool = False) -> Standing:
    chat, ticket, who = room.chat, room.ticket, requester_of(unit)
    given = given_by_guest(unit, ticket.id) if who.guest else None
    address = (given.address if given else "") if who.guest else who.address
    advisor = unit.session.scalar(_NAME, {"account": chat.account_id}) if chat.account_id else ""
    try:
        types, upto = signs(unit, [ticket.id], "advisor", asker_name(ticket.id) if here else "")
    except Unavailable:
        types, upto = set(), {}
    position, waits_for = place_in_queue(unit, chat) if chat.state == "waiting" else (0, "")
    silent = chat.state == "active" and chat.warned_at is not None
    return Standing(
        *(ticket.id, ticket.number, chat.state, position, advisor or ""),
        *(ticket.id in types, silent, chat.ended_by, address),
        receipts=chat.receipts,
        said_at=chat.quiet_since,
        read=upto.get(ticket.id) if chat.receipts else None,
        guest=who.guest,
        waits_for=waits_for,
    )


def desk(unit: Unit) -> Desk:
    """The actor's chat desk."""
    require(unit.actor, "chat.answer")
    me = unit.actor.account_id
    advisor = unit.session.get(ChatAdvisor, me) if me is not None else None
    mine = select(Chat, Ticket).join(Ticket, Ticket.id == Chat.ticket_id).order_by(Chat.queued_at, Chat.id)
    queue = mine.where(Chat.state == "waiting", or_(Chat.for_account_id.is_(None), Chat.for_account_id == me))
    if unit.actor.desks is not None:
        queue = queue.where(Ticket.desk_key.in_(unit.actor.desks))
    own = _rows(unit, unit.session.execute(mine.where(Chat.state == "active", Chat.account_id == me)).all())
    own.sort(key=lambda one: (one.waits_since is None, one.waits_since or unit.now))
    return Desk(
        state=advisor.state if advisor is not None else "away",
        capacity=capacity_of(unit, advisor) if advisor is not None else unit.ports.settings.chat_capacity,
        chats=own,
        queue=_rows(unit, unit.session.execute(queue).all()),
    )


def going_on(unit: Unit) -> Standing | None:
    """The actor's chat to go on with, if there is one."""
    room = latest_room(unit)
    return None if room is None else _standing(unit, room)


def desk_chat(unit: Unit, number: str) -> DeskChat:
    """One chat as the desk shows it, for any advisor who may see its ticket."""
    room = staff_room(unit, number)
    return _rows(unit, [(room.chat, room.ticket)])[0]


def colleagues(unit: Unit, desk_key: str) -> list[tuple[int, str, bool]]:
    """Who is there to take a chat over: account, name, and whether a place is free; none when nobody can say."""
    require(unit.actor, "chat.answer")
    try:
        here = places(unit)
    except Unavailable:
        return []
    return [
        (place.account_id, place.name, place.free > 0)
        for place in here
        if place.works_for(desk_key) and place.account_id != unit.actor.account_id
    ]


def _rows(unit: Unit, rows: Sequence[tuple[Chat, Ticket]]) -> list[DeskChat]:
    ids = [ticket.id for _chat, ticket in rows]
    names, guests, newest = *_names(unit, ids), _newest(unit, ids)
    typing, away, read = _signs(unit, ids)
    return [
        DeskChat(
            ticket_id=ticket.id,
            number=ticket.number,
            name=names.get(ticket.id, ""),
            state=chat.state,
            preview=newest[ticket.id].text if ticket.id in newest else "",
            waits_since=newest[ticket.id].waits_since if ticket.id in newest else None,
            late=_late(unit.now, newest[ticket.id].waits_since if ticket.id in newest else None),
            typing=ticket.id in typing,
            away=ticket.id in away or chat.away_since is not None,
            newest=newest[ticket.id].id if ticket.id in newest else 0,
            handed_over=chat.for_account_id is not None,
            mine=chat.account_id == unit.actor.account_id and chat.state == "active",
            ended_by=chat.ended_by,
            read=read.get(ticket.id) if chat.receipts else None,
            guest=ticket.id in guests,
        )
        for chat, ticket in rows
    ]


def _signs(unit: Unit, ids: list[int]) -> tuple[set[int], set[int], dict[int, tuple[int, dt.datetime]]]:
    """Where the person types, where the person is gone, and how far the person read."""
    try:
        seen = seen_at(unit, [asker_name(ticket_id) for ticket_id in ids])
        typing, read = signs(unit, ids, "asker")
    except Unavailable:
        return set(), set(), {}
    away = {
        ticket_id for ticket_id, at in zip(ids, seen, strict=True) if at is not None and unit.now - at >= ASKER_GONE
    }
    return typing, away, read


def _late(now: dt.datetime, since: dt.datetime | None) -> int:
    return 0 if since is None else (now - since >= _LATE) + (now - since >= _TOO_LATE)


@dataclass(frozen=True, slots=True)
class _Newest:
    id: int
    text: str
    waits_since: dt.datetime | None


def _newest(unit: Unit, ids: list[int]) -> dict[int, _Newest]:
    """The newest line of each chat, and since when an answer is waited for: the first line after our last one."""
    found: dict[int, _Newest] = {}
    ours = (
        select(Entry.ticket_id, func.max(Entry.id).label("id"))
        .where(Entry.ticket_id.in_(ids), Entry.account_id.is_not(None), Entry.kind.in_(("chat", "answer")))
        .group_by(Entry.ticket_id)
    )
    last = {row.ticket_id: row.id for row in unit.session.execute(ours)}
    said = (
        select(Entry.ticket_id, func.max(Entry.id).label("id"))
        .where(Entry.ticket_id.in_(ids), Entry.kind.in_(("chat", "mail", "answer")))
        .group_by(Entry.ticket_id)
    )
    newest = {row.ticket_id: row.id for row in unit.session.execute(said)}
    texts = _texts(unit, newest)
    for ticket_id, entry_id in newest.items():
        after = last.get(ticket_id, 0)
        first = select(func.min(Entry.at)).where(
            Entry.ticket_id == ticket_id, Entry.id > after, Entry.kind.in_(("chat", "mail"))
        )
        waits = unit.session.scalar(first) if entry_id > after else None
        found[ticket_id] = _Newest(entry_id, preview(texts.get(entry_id, ""), 80), waits)
    return found


def _texts(unit: Unit, newest: dict[int, int]) -> dict[int, str]:
    """What each line says; of one without words the name of a file that goes with it."""
    rows = unit.session.execute(
        select(Content.entry_id, Content.kind, Content.text).where(
            Content.ticket_id.in_(newest),
            Content.entry_id.in_(newest.values()),
            Content.kind.in_(("body", "reply", "markdown", "filename")),
        )
    ).all()
    found = {row.entry_id: row.text for row in rows if row.kind == "filename" and row.entry_id is not None}
    return found | {row.entry_id: row.text for row in rows if row.kind != "filename" and row.entry_id and row.text}


def _names(unit: Unit, ids: list[int]) -> tuple[dict[int, str], set[int]]:
    """Who asked each ticket, and in which of them that is a guest."""
    asked = unit.session.execute(
        select(TicketPerson.ticket_id, TicketPerson.name, TicketPerson.address).where(
            TicketPerson.ticket_id.in_(ids), TicketPerson.role == "requester"
        )
    )
    rows = asked.all()
    guests = {row.ticket_id for row in rows if row.address.endswith(f"@{GUEST_DOMAIN}")}
    return {row.ticket_id: row.name or row.address for row in rows}, guests
