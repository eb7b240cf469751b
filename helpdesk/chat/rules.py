"""What time alone does to chats: missed, silent, left, mailed. Run by a worker, by the clock of the ports, for itself.

Each change is a transaction of its own that looks again at the locked chat; so it may run twice, or be killed anywhere.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from sqlalchemy import or_, select, update

from helpdesk.chat.availability import Place, places, taking, waiting_in
from helpdesk.chat.ending import finish, mail_lines
from helpdesk.chat.presence import ADVISOR_GONE, ASKER_GONE, advisor_name, asker_name, seen_at
from helpdesk.chat.rooms import OPEN, Room, locked
from helpdesk.errors import NotFound, Unavailable
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import queue_receipt
from helpdesk.models import Chat, ChatAdvisor, Entry, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.timeline import record
from helpdesk.unit import SYSTEM, Unit, unit_of_work

MISSED = dt.timedelta(minutes=3)
WARNED = dt.timedelta(minutes=25)
SILENT = dt.timedelta(minutes=30)
BUNDLED = dt.timedelta(minutes=2)

Change = Callable[[Unit], None]


def tick(ports: Ports) -> int:
    """Do everything whose time has come; returns how many changes were looked at. Finding nothing is cheap."""
    done = 0
    for look in (_advisors, _queue, _silence, _presence, _mails):
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            changes = list(look(unit))
        for change in changes:
            with unit_of_work(ports, SYSTEM) as writing:
                change(writing)
            done += 1
    return done


def _advisors(unit: Unit) -> Iterator[Change]:
    """Whoever was not connected for two minutes is away, and their chats wait for a colleague."""
    there = list(unit.session.scalars(select(ChatAdvisor).where(ChatAdvisor.state != "away")))
    seen = _seen(unit, [advisor_name(one.account_id) for one in there])
    if seen is None:
        return
    for advisor, at in zip(there, seen, strict=True):
        gone = unit.now - at >= ADVISOR_GONE if at is not None else False
        waited = advisor.missing_since is not None and unit.now - advisor.missing_since >= ADVISOR_GONE
        if gone or (at is None and waited):
            yield partial(_gone, account_id=advisor.account_id)
        elif (at is None) != (advisor.missing_since is not None):
            yield partial(_missing, account_id=advisor.account_id, since=unit.now if at is None else None)


def _missing(unit: Unit, account_id: int, since: dt.datetime | None) -> None:
    unit.session.execute(update(ChatAdvisor).where(ChatAdvisor.account_id == account_id).values(missing_since=since))


def _gone(unit: Unit, account_id: int) -> None:
    mine = select(Chat.ticket_id).where(Chat.state == "active", Chat.account_id == account_id)
    for ticket_id in unit.session.scalars(mine.order_by(Chat.queued_at, Chat.id)).all():
        room = locked(unit, ticket_id)
        if room.chat.state == "active" and room.chat.account_id == account_id:
            room.chat.state, room.chat.account_id, room.chat.offered_at = "waiting", None, None
            record(unit, ticket_id, "chat_queued", before=account_id)
    _set_advisors(unit, [account_id], "away")


def _set_advisors(unit: Unit, account_ids: Iterable[int], state: str) -> None:
    for account_id in account_ids:
        said = {"state": state, "version": ChatAdvisor.version + 1, "missing_since": None}
        unit.session.execute(update(ChatAdvisor).where(ChatAdvisor.account_id == account_id).values(**said))
        unit.hint(f"account:{account_id}", {"kind": "chat_state"})


def _queue(unit: Unit) -> Iterator[Change]:
    """Count the minutes in which somebody could have picked a chat up, and no others."""
    waits = select(Ticket.desk_key).join(Chat, Chat.ticket_id == Ticket.id).where(Chat.state == "waiting")
    desks = list(unit.session.scalars(waits.distinct()))
    try:
        here = places(unit) if desks else []
    except Unavailable:
        return
    for desk_key in desks:
        ours = taking(here, desk_key)
        free = sum(place.free for place in ours)
        for position, chat in enumerate(waiting_in(unit, desk_key), 1):
            yield from _waits(unit, chat, offered=position <= free or not ours, could=ours)
    for_one = select(Chat).where(Chat.state == "waiting", Chat.for_account_id.is_not(None))
    for chat in unit.session.scalars(for_one):
        if chat.offered_at is None or unit.now - chat.offered_at >= MISSED:
            yield partial(_to_all, ticket_id=chat.ticket_id)


def _waits(unit: Unit, chat: Chat, *, offered: bool, could: list[Place]) -> Iterator[Change]:
    if not offered and chat.offered_at is not None:
        yield partial(_offer, ticket_id=chat.ticket_id, at=None)
    elif offered and chat.offered_at is None:
        yield partial(_offer, ticket_id=chat.ticket_id, at=unit.now)
    elif chat.offered_at is not None and unit.now - chat.offered_at >= MISSED:
        free = [place.account_id for place in could if place.free]
        yield partial(_missed, ticket_id=chat.ticket_id, advisors=free)


def _waiting(unit: Unit, ticket_id: int) -> Room | None:
    room = _room(unit, ticket_id)
    return room if room is not None and room.chat.state == "waiting" else None


def _room(unit: Unit, ticket_id: int) -> Room | None:
    try:
        return locked(unit, ticket_id)
    except NotFound:
        return None


def _offer(unit: Unit, ticket_id: int, at: dt.datetime | None) -> None:
    if (room := _waiting(unit, ticket_id)) is not None:
        room.chat.offered_at = at


def _to_all(unit: Unit, ticket_id: int) -> None:
    """Who was to have it did not come: it stands in the queue at its old place."""
    if (room := _waiting(unit, ticket_id)) is not None and room.chat.for_account_id is not None:
        record(unit, ticket_id, "chat_queued", before=room.chat.for_account_id)
        room.chat.for_account_id = room.chat.offered_at = None


def _missed(unit: Unit, ticket_id: int, advisors: list[int]) -> None:
    """Nobody came in three minutes: it is answered by mail, and who could have come takes only what is handed over."""
    room = _waiting(unit, ticket_id)
    if room is None or room.chat.offered_at is None or unit.now - room.chat.offered_at < MISSED:
        return
    room.chat.state, room.chat.offered_at, room.chat.account_id = "mail", None, None
    record(unit, ticket_id, "chat_missed")
    _set_advisors(unit, advisors, "handover")
    said = select(Entry).where(Entry.ticket_id == ticket_id, Entry.kind == "chat").order_by(Entry.id.desc())
    asker = select(TicketPerson).where(TicketPerson.ticket_id == ticket_id, TicketPerson.role == "requester")
    entry, person = unit.session.scalars(said.limit(1)).first(), unit.session.scalars(asker).first()
    if entry is not None and person is not None:
        queue_receipt(unit, room.ticket, entry, Sender(person.address, person.name), room.ticket.language)


def _silence(unit: Unit) -> Iterator[Change]:
    """After 25 minutes without a line it is said, after 30 the chat ends."""
    quiet = select(Chat.ticket_id).where(Chat.state == "active", Chat.quiet_since <= unit.now - WARNED)
    news = or_(Chat.warned_at.is_(None), Chat.quiet_since <= unit.now - SILENT)
    for ticket_id in unit.session.scalars(quiet.where(news)):
        yield partial(_silent, ticket_id=ticket_id)


def _silent(unit: Unit, ticket_id: int) -> None:
    room = _room(unit, ticket_id)
    if room is None or room.chat.state != "active":
        return
    quiet = unit.now - room.chat.quiet_since
    if quiet >= SILENT:
        finish(unit, room, "idle", _owed(unit, room), transcript=True)
    elif quiet >= WARNED and room.chat.warned_at is None:
        room.chat.warned_at = unit.now
        record(unit, ticket_id, "chat_silent")


def _owed(unit: Unit, room: Room) -> str:
    """The ticket waits for whoever did not say the last line."""
    said = select(Entry.account_id).where(Entry.ticket_id == room.ticket.id, Entry.kind == "chat")
    newest = unit.session.execute(said.order_by(Entry.id.desc()).limit(1)).first()
    return "waiting_for_asker" if newest is not None and newest.account_id is not None else "open"


def _presence(unit: Unit) -> Iterator[Change]:
    """The person who asked left, or came back."""
    chats = list(unit.session.scalars(select(Chat).where(Chat.state.in_(OPEN))))
    seen = _seen(unit, [asker_name(chat.ticket_id) for chat in chats]) or []
    for chat, at in zip(chats, seen, strict=False):
        gone = at is not None and unit.now - at >= ASKER_GONE
        if gone != (chat.away_since is not None) and at is not None:
            yield partial(_left, ticket_id=chat.ticket_id, gone=gone)


def _left(unit: Unit, ticket_id: int, *, gone: bool) -> None:
    room = _room(unit, ticket_id)
    if room is not None and room.chat.state in OPEN and gone != (room.chat.away_since is not None):
        room.chat.away_since = unit.now if gone else None
        record(unit, ticket_id, "chat_left" if gone else "chat_returned")


def _mails(unit: Unit) -> Iterator[Change]:
    """Lines of ours that were not seen go out by mail, several as one."""
    chats = list(unit.session.scalars(select(Chat).where(Chat.unmailed_id.is_not(None))))
    if not chats:
        return
    # Nobody can say who is there: what is shown stands in the ticket anyway, and a mail too many hurts nobody.
    seen = _seen(unit, [asker_name(chat.ticket_id) for chat in chats]) or [None] * len(chats)
    given = {chat.ticket_id: at for chat, at in zip(chats, seen, strict=True)}
    for ticket_id, lines in _unmailed(unit, chats).items():
        if _seen_upto(lines, given[ticket_id]) or _due(unit, lines, given[ticket_id]):
            yield partial(_mail, ticket_id=ticket_id, seen=given[ticket_id])


def _unmailed(unit: Unit, chats: list[Chat]) -> dict[int, list[Entry]]:
    ours = (
        select(Entry)
        .join(Chat, Chat.ticket_id == Entry.ticket_id)
        .where(Chat.id.in_([chat.id for chat in chats]), Entry.kind == "chat", Entry.account_id.is_not(None))
        .where(Entry.id >= Chat.unmailed_id)
    )
    found: dict[int, list[Entry]] = defaultdict(list)
    for entry in unit.session.scalars(ours.order_by(Entry.id)):
        found[entry.ticket_id].append(entry)
    return found


def _seen_upto(lines: list[Entry], seen: dt.datetime | None) -> bool:
    return seen is not None and bool(lines) and lines[0].at <= seen


def _due(unit: Unit, lines: list[Entry], seen: dt.datetime | None) -> bool:
    """Gone for a minute, and nothing new for a minute; or two minutes' worth of lines."""
    gone = seen is None or unit.now - seen >= ASKER_GONE
    still = unit.now - lines[-1].at >= ASKER_GONE or unit.now - lines[0].at >= BUNDLED
    return gone and still


def _mail(unit: Unit, ticket_id: int, seen: dt.datetime | None) -> None:
    room = _room(unit, ticket_id)
    if room is None or room.chat.unmailed_id is None:
        return
    lines = _unmailed(unit, [room.chat]).get(ticket_id, [])
    unseen = [line for line in lines if seen is None or line.at > seen]
    room.chat.unmailed_id = unseen[0].id if unseen else None
    if not unseen or not _due(unit, unseen, seen):
        return
    mail_lines(unit, room, unseen)
    if room.chat.state not in OPEN or room.ticket.status not in ("new", "open"):
        return
    if _owed(unit, room) == "waiting_for_asker":
        record(unit, ticket_id, "status", before=room.ticket.status, after="waiting_for_asker")
        room.ticket.status = "waiting_for_asker"


def _seen(unit: Unit, names: list[str]) -> list[dt.datetime | None] | None:
    try:
        return seen_at(unit, names)
    except Unavailable:
        return None
