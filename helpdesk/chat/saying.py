"""Beginning a chat and saying lines in it. A line is an entry of the ticket; sent again it stays the same line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select, update

from helpdesk import notices
from helpdesk.chat.availability import CHATS, availability
from helpdesk.chat.presence import note_said
from helpdesk.chat.rooms import OPEN, Room, latest_room, locked, own_room
from helpdesk.errors import Conflict, Invalid
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import queue_receipt
from helpdesk.models import Chat, Entry, Person, Ticket
from helpdesk.models.base import UtcTime
from helpdesk.people.access import requester_of, ticket_for
from helpdesk.rows import table_of
from helpdesk.text.placeholders import left_in
from helpdesk.tickets.asking import checked_files
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.writing import EntryDraft, FileDraft, sent_before, write_entry
from helpdesk.timeline import record
from helpdesk.unit import Requester, Unit

LONGEST = 20_000
_SAID = (
    select(Ticket.number, Entry.id, Chat.state)
    .join(Entry, Entry.ticket_id == Ticket.id)
    .join(Chat, Chat.ticket_id == Ticket.id)
    .where(Entry.client_id == bindparam("mark"))
)
_SUBJECT = 80

_NOW = bindparam("now", type_=UtcTime)
_ANSWERED = (
    update(table_of(Chat))
    .where(Chat.ticket_id == bindparam("ticket"))
    .values(quiet_since=_NOW, warned_at=None, unmailed_id=func.coalesce(Chat.unmailed_id, bindparam("entry")))
)
_CHANGED = update(table_of(Ticket)).where(Ticket.id == bindparam("ticket")).values(changed_at=_NOW)
"""What an answer changes besides its rows; by the objects each of their forty columns would be compared first."""


@dataclass(frozen=True, slots=True)
class Said:
    """A line that is kept: in which ticket, and how the chat stands since. `state` is that of the chat."""

    number: str
    entry_id: int
    state: str


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What goes with a line: files of the form itself, and ids of files that were sent ahead of it."""

    files: Sequence[FileDraft] = ()
    uploads: Sequence[str] = ()

    def __bool__(self) -> bool:
        return bool(self.files or self.uploads)


NOTHING = Enclosed()


def start(
    unit: Unit, desk_key: str, text: str, client_id: str, enclosed: Enclosed = NOTHING, *, by_mail: bool = False
) -> Said:
    """Say the first line: a ticket with a number at once, and a place in the queue when somebody is there.

    Whether somebody is, is looked at now, whatever the page said; otherwise, or `by_mail` for who won't wait, the line
    is a question that is answered by mail. Who has an open chat says the line there. The same client_id again gives the
    first answer again.
    """
    words, who = _words(text, NOTHING), _asker(unit, enclosed)
    person = unit.session.scalars(select(Person).where(Person.id == who.person_id).with_for_update()).one()
    mark = _mark(unit, "start", who.person_id, client_id)
    if (again := _again(unit, mark)) is not None:
        return again
    here = latest_room(unit)
    if here is not None and here.chat.state in OPEN:
        return _say(unit, locked(unit, here.ticket.id), words, mark, enclosed)
    found = availability(unit, desk_key)
    if who.guest and (by_mail or found.state not in CHATS):
        raise Conflict("Nobody is there to chat now. Sign in to ask your question by e-mail.", code="guest")
    ticket = open_ticket(
        unit,
        person,
        desk_key=desk_key,
        subject=_subject(words),
        at=unit.now,
        address=who.address,
        name="" if who.shared and not who.guest else person.display_name or "",
        channel="chat",
        language=unit.actor.language,
    )
    state = "waiting" if found.state in CHATS and not by_mail else "mail"
    offered = unit.now if found.state == "available" else None
    chat = {"ticket_id": ticket.id, "state": state, "queued_at": unit.now, "offered_at": offered}
    unit.rows.add(Chat, chat | {"quiet_since": unit.now})
    entry = _line(unit, ticket, words, mark, enclosed, person_id=who.person_id)
    if state == "mail":
        queue_receipt(unit, ticket, entry, Sender(who.address), ticket.language)
    unit.after_commit(lambda: note_said(unit, ticket.id, "asker"))
    return Said(ticket.number, entry.id, state)


def say(unit: Unit, number: str, text: str, client_id: str, enclosed: Enclosed = NOTHING) -> Said:
    """Say a line as the person who began the chat; one with files needs no words.

    A chat that ended or goes on by mail begins anew when somebody is there now. Raises Conflict where the ticket went
    into another one, and keeps nothing then.
    """
    words = _words(text, enclosed)
    _asker(unit, enclosed)
    room = locked(unit, own_room(unit, number).ticket.id)
    mark = _mark(unit, "asker", room.ticket.id, client_id)
    if (again := _again(unit, mark)) is not None:
        return again
    return _say(unit, room, words, mark, enclosed)


def _say(unit: Unit, room: Room, words: str, mark: str, enclosed: Enclosed) -> Said:
    ticket, chat = room.ticket, room.chat
    if ticket.merged_into_id is not None:
        raise Conflict("This conversation went on in another question.", code="merged")
    entry = _line(unit, ticket, words, mark, enclosed, person_id=requester_of(unit).person_id)
    if chat.state not in OPEN and (found := availability(unit, ticket.desk_key)).state in CHATS:
        chat.state, chat.account_id, chat.for_account_id = "waiting", None, None
        chat.queued_at, chat.offered_at = unit.now, unit.now if found.state == "available" else None
        chat.ended_at = chat.ended_by = None
        record(unit, ticket.id, "chat_again")
    _heard(unit, chat)
    _wake(unit, ticket, told=chat.state != "active")
    unit.after_commit(lambda: note_said(unit, ticket.id, "asker"))
    return Said(ticket.number, entry.id, chat.state)


def answer(unit: Unit, number: str, text: str, client_id: str, enclosed: Enclosed = NOTHING) -> Said:
    """Say a line as the advisor who chats; in a chat that ended or goes on by mail as any advisor, and it is mailed.

    Raises Conflict when somebody else has the chat, or nobody has picked it up; Invalid while a place of a canned reply
    is not filled in.
    """
    words = _words(text, enclosed)
    if left := left_in(words):
        raise Invalid(
            "Fill in first, or take out: {names}. Nothing was sent.",
            field="text",
            code="unfilled",
            names=", ".join(left)[:200],
        )
    room = locked(unit, ticket_for(unit, number, "chat.answer").id)
    mark = _mark(unit, f"advisor {unit.actor.account_id}", room.ticket.id, client_id)
    if (again := _again(unit, mark)) is not None:
        return again
    chat, ticket = room.chat, room.ticket
    if chat.state in OPEN and chat.account_id != unit.actor.account_id:
        raise Conflict("Somebody else has this chat. Pick it up first.", code="not_yours")
    entry = _line(unit, ticket, words, mark, enclosed, account_id=unit.actor.account_id)
    said = {"ticket": ticket.id, "entry": entry.id, "now": unit.now}
    unit.session.execute(_ANSWERED, said)
    unit.session.execute(_CHANGED, said)
    unit.after_commit(lambda: note_said(unit, ticket.id, "advisor"))
    return Said(ticket.number, entry.id, chat.state)


def stay(unit: Unit, number: str) -> None:
    """The person is still there: the silence is counted anew."""
    room = locked(unit, own_room(unit, number).ticket.id)
    _heard(unit, room.chat)
    unit.hint(f"room:{room.ticket.id}", {"ticket": room.ticket.id, "kind": "stays"})


def let_see(unit: Unit, number: str, *, receipts: bool) -> None:
    """Let both sides see what the other has read, or no longer."""
    locked(unit, own_room(unit, number).ticket.id).chat.receipts = receipts


def _asker(unit: Unit, enclosed: Enclosed) -> Requester:
    """Who asks; a guest sends no files."""
    who = requester_of(unit)
    if who.guest and enclosed:
        raise Invalid("Sign in first to send files.", field="files")
    return who


def _heard(unit: Unit, chat: Chat) -> None:
    chat.quiet_since, chat.warned_at = unit.now, None


def _wake(unit: Unit, ticket: Ticket, *, told: bool) -> None:
    """Forms made before this line are refused from now on: the version counts, as with a mail."""
    ticket.changed_at = unit.now
    ticket.version += 1
    if told:
        notices.tell(unit, ticket.assignee_id, ticket.id, "asker_answered")
    if ticket.status in ("done", "waiting_for_asker", "snoozed"):
        record(unit, ticket.id, "status", before=ticket.status, after="open")
        ticket.status, ticket.waiting_since = "open", unit.now
        ticket.done_at = ticket.snoozed_until = None


def _line(
    unit: Unit,
    ticket: Ticket,
    words: str,
    mark: str,
    enclosed: Enclosed,
    *,
    person_id: int | None = None,
    account_id: int | None = None,
) -> Entry:
    draft = EntryDraft(
        "chat",
        unit.now,
        {"body": words},
        files=[*checked_files(enclosed.files, enclosed.uploads), *sent_before(unit, enclosed.uploads)],
        person_id=person_id,
        account_id=account_id,
        client_id=mark,
        index=words,
    )
    entry = write_entry(unit, ticket.id, draft)
    record(unit, ticket.id, "chat_line", entry_id=entry.id)
    return entry


def _words(text: str, enclosed: Enclosed) -> str:
    words = text.replace("\r\n", "\n").strip()
    if not words and not enclosed:
        raise Invalid("Write a message first.", field="text")
    if len(words) > LONGEST:
        raise Invalid("A message has at most {count} characters. Send it in parts.", field="text", count=LONGEST)
    return words


def _subject(words: str) -> str:
    line = words.partition("\n")[0].strip()
    return line if len(line) <= _SUBJECT else f"{line[: _SUBJECT - 1].rpartition(' ')[0] or line[: _SUBJECT - 1]}…"


def _mark(unit: Unit, side: str, where: int, client_id: str) -> str:
    """What is unique of a line: its ticket (or person, where there is none yet), who says it, and the id of the page.

    Nobody can meet a line of somebody else with an id of their own. Raises Invalid without an id.
    """
    if not 8 <= len(client_id) <= 64:
        raise Invalid("This page is too old to send from. Open it again.", code="no_client_id")
    return unit.ports.keys.word_digest("chat-line", f"{side}:{where}:{client_id}")


def _again(unit: Unit, mark: str) -> Said | None:
    """The line with this mark, if it was said before."""
    row = unit.session.execute(_SAID, {"mark": mark}).first()
    return None if row is None else Said(row.number, row.id, row.state)
