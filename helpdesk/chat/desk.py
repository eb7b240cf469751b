"""What advisors do with chats besides writing: being there, picking up, handing over, ending."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import notices
from helpdesk.chat.availability import Place, capacity_of, chats_of, places, waiting_in
from helpdesk.chat.ending import finish
from helpdesk.chat.presence import advisor_name, note_here
from helpdesk.chat.rooms import OPEN, Room, locked, own_room, staff_room
from helpdesk.errors import Conflict, Invalid
from helpdesk.models import Chat, ChatAdvisor
from helpdesk.models.chat import ADVISOR_STATES
from helpdesk.people.access import require
from helpdesk.tickets.writing import EntryDraft, write_entry
from helpdesk.timeline import record
from helpdesk.unit import Unit

MOST = 10


def be(unit: Unit, state: str, capacity: int | None = None) -> None:
    """Say how one is there: available, handover or away; and how many chats at once, where given."""
    require(unit.actor, "chat.answer")
    if state not in ADVISOR_STATES:
        raise Invalid("Choose whether you are there to chat.", field="state")
    if capacity is not None and not 1 <= capacity <= MOST:
        raise Invalid("Choose a number from 1 to {count}.", field="capacity", count=MOST)
    said = {"state": state, "missing_since": None} | ({} if capacity is None else {"capacity": capacity})
    dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(ChatAdvisor).values(account_id=unit.actor.account_id, version=1, **said)
    kept = fresh.on_conflict_do_update(
        index_elements=[ChatAdvisor.account_id], set_={**said, "version": ChatAdvisor.version + 1}
    )
    unit.session.connection().execute(kept)
    if unit.actor.account_id is not None:
        name = advisor_name(unit.actor.account_id)
        unit.after_commit(lambda: note_here(unit, name))
        unit.hint(f"account:{unit.actor.account_id}", {"kind": "chat_state"})


def _own_places(unit: Unit) -> int:
    """How many more chats fit at the actor's desk; locks it, so that two pages don't pick up one too many."""
    mine = update(ChatAdvisor).where(ChatAdvisor.account_id == unit.actor.account_id)
    found = unit.session.execute(
        mine.values(version=ChatAdvisor.version + 1).returning(ChatAdvisor.account_id),
        execution_options={"synchronize_session": False},
    ).first()
    if found is None:
        be(unit, "handover")
    advisor = unit.session.get_one(ChatAdvisor, unit.actor.account_id, populate_existing=True)
    return capacity_of(unit, advisor) - chats_of(unit, [advisor.account_id]).get(advisor.account_id, 0)


def pick_up(unit: Unit, number: str) -> None:
    """Take a chat that waits. Raises Conflict when somebody was quicker, or one's places are taken."""
    room = locked(unit, staff_room(unit, number).ticket.id)
    if room.chat.state == "active" and room.chat.account_id == unit.actor.account_id:
        return
    if room.chat.state != "waiting":
        raise Conflict("This chat no longer waits.", code="not_waiting")
    if _own_places(unit) < 1:
        raise Conflict("You have as many chats as fit. End one first.", code="no_place")
    _take(unit, room, unit.actor.account_id)


def pick_up_next(unit: Unit, desk_keys: list[str]) -> str | None:
    """Take the chat that waits longest at these desks; its number, or none when nobody waits."""
    require(unit.actor, "chat.answer")
    mine = select(Chat).where(Chat.state == "waiting", Chat.for_account_id == unit.actor.account_id)
    waiting = list(unit.session.scalars(mine.order_by(Chat.queued_at, Chat.id)))
    own = [key for key in desk_keys if unit.actor.desks is None or key in unit.actor.desks]
    queue = sorted((one for key in own for one in waiting_in(unit, key)), key=lambda one: (one.queued_at, one.id))
    for chat in [*waiting, *queue]:
        number = staff_room(unit, chat.ticket_id).ticket.number
        try:
            pick_up(unit, number)
        except Conflict as fault:
            if fault.code == "not_waiting":
                continue
            raise
        return number
    return None


def _take(unit: Unit, room: Room, account_id: int | None) -> None:
    ticket, chat = room.ticket, room.chat
    chat.state, chat.account_id, chat.for_account_id, chat.offered_at = "active", account_id, None, None
    chat.quiet_since, chat.warned_at = unit.now, None
    if ticket.assignee_id != account_id:
        record(unit, ticket.id, "assigned", before=ticket.assignee_id, after=account_id)
        ticket.assignee_id = account_id
    if ticket.status != "open":
        record(unit, ticket.id, "status", before=ticket.status, after="open")
        ticket.status, ticket.done_at, ticket.snoozed_until = "open", None, None
    ticket.changed_at = unit.now
    unit.stale(ticket)
    record(unit, ticket.id, "chat_picked_up", after=account_id)


def hand_over(unit: Unit, number: str, to_account_id: int | None, note: str = "") -> None:
    """Give one's chat to a colleague, or back to the queue of its desk where it stands in front; with a note.

    A colleague with a free place has it at once. Whose places are taken has it waiting; after three minutes it goes to
    the queue. Raises Invalid for somebody who is not there.
    """
    room = locked(unit, staff_room(unit, number).ticket.id)
    ticket, chat = room.ticket, room.chat
    if chat.state != "active" or chat.account_id != unit.actor.account_id:
        raise Conflict("Somebody else has this chat. Pick it up first.", code="not_yours")
    place = _colleague(unit, room, to_account_id) if to_account_id is not None else None
    if note.strip():
        draft = EntryDraft("note", unit.now, {"markdown": note}, account_id=unit.actor.account_id, index=note)
        entry = write_entry(unit, ticket.id, draft)
        record(unit, ticket.id, "noted", entry_id=entry.id)
    record(unit, ticket.id, "chat_handed_over", before=chat.account_id, after=to_account_id)
    if place is not None and place.free:
        _take(unit, room, place.account_id)
    else:
        chat.state, chat.account_id, chat.for_account_id = "waiting", None, to_account_id
        chat.offered_at = unit.now
        ticket.changed_at = unit.now
    if to_account_id is not None:
        notices.tell(unit, to_account_id, ticket.id, "assigned")


def _colleague(unit: Unit, room: Room, account_id: int) -> Place:
    for place in places(unit):
        if place.account_id == account_id and place.works_for(room.ticket.desk_key):
            return place
    raise Invalid("This colleague is not there now. Choose somebody else.", field="account", code="not_there")


def end(unit: Unit, number: str, status_after: str = "done", *, transcript: bool = True) -> None:
    """End one's chat; the ticket gets this status, and the person what was said, by mail, where they want it."""
    room = locked(unit, staff_room(unit, number).ticket.id)
    if room.chat.state not in OPEN:
        return
    if room.chat.account_id != unit.actor.account_id:
        raise Conflict("Somebody else has this chat. Pick it up first.", code="not_yours")
    if status_after not in ("done", "open", "waiting_for_asker"):
        raise Invalid("Choose what becomes of the ticket.", field="status")
    finish(unit, room, "advisor", status_after, transcript=transcript)


def go_on_by_mail(unit: Unit, number: str) -> None:
    """Leave the chat: from now on this is answered by mail."""
    room = locked(unit, staff_room(unit, number).ticket.id)
    if room.chat.state in OPEN:
        room.chat.state, room.chat.account_id, room.chat.for_account_id = "mail", None, None
        record(unit, room.ticket.id, "chat_by_mail")


def leave(unit: Unit, number: str, *, by_mail: bool = False, transcript: bool = True) -> None:
    """End the chat as the person who began it, or have it answered by mail; out of the queue in both cases."""
    room = locked(unit, own_room(unit, number).ticket.id)
    if room.chat.state not in OPEN:
        return
    if by_mail:
        room.chat.state, room.chat.account_id, room.chat.for_account_id = "mail", None, None
        record(unit, room.ticket.id, "chat_by_mail")
        return
    answered = room.chat.state == "active"
    finish(unit, room, "asker", "done" if answered else "open", transcript=transcript and answered)
