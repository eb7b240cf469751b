"""What people who ask do themselves: ask, add something, call it solved. The rules are those of a mail of theirs.

An entry of the portal is of kind `mail`, for to everybody but who wrote it it is one: what it says of its way stands in
its headers, and its Message-ID makes receipt and answer one conversation in the asker's mail program.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import queue_receipt
from helpdesk.models import Address, Entry, Person, Ticket
from helpdesk.people.access import own_ticket_for, requester_of
from helpdesk.ports import DELIVER_WAITING
from helpdesk.text.rendering import preview
from helpdesk.tickets.lists import subjects_of
from helpdesk.tickets.opening import open_ticket
from helpdesk.tickets.own_questions import asked_by_me, place_of
from helpdesk.tickets.waking import follow, too_old, wake
from helpdesk.tickets.writing import EntryDraft, FileDraft, sent_before, write_entry
from helpdesk.timeline import record
from helpdesk.unit import Unit
from helpdesk.uploads import kinds
from helpdesk.uploads.sending import LARGEST_FILE

PORTAL = "portal"
LONGEST_TEXT, LONGEST_SUBJECT = 20_000, 200
MOST_FILES, LARGEST_TOGETHER = 10, 25_000_000
_SHOWN_SUBJECT = 80


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the form gives it; `client_id` names the form, so that sending it twice asks once.

    `uploads` are the ids of files that were sent ahead of the form.
    """

    subject: str
    text: str
    client_id: str
    desk_key: str = ""
    language: str | None = None
    files: Sequence[FileDraft] = ()
    uploads: Sequence[str] = ()


def ask(unit: Unit, question: Question) -> str:
    """Ask: a ticket of channel portal, with its receipt. Returns its number; the same form again, the first one's.

    Raises Invalid for a question without words, one that is too long, and files that are too many, too large or of a
    kind that may not come.
    """
    person = _one_at_a_time(unit)
    if (before := _repeated(unit, question.client_id)) is not None:
        return before
    files = _checked(unit, question.text, question.files, question.uploads, subject=question.subject)
    desks = {desk.key for desk in unit.ports.settings.desks}
    desk_key = question.desk_key if question.desk_key in desks else unit.ports.settings.desks[0].key
    subject = question.subject.strip() or preview(question.text, _SHOWN_SUBJECT)
    ticket = _opened(unit, person, desk_key, subject, question.language)
    entry = _said(unit, ticket, person, question.text, files, question.client_id, subject)
    wake(unit, ticket, unit.now, opened=True)
    _receipt(unit, ticket, entry, person)
    return ticket.number


def add(
    unit: Unit,
    number: str,
    text: str,
    client_id: str,
    files: Sequence[FileDraft] = (),
    uploads: Sequence[str] = (),
) -> str:
    """Add something to one's own question, which wakes it; one done long ago is followed by a new one.

    Returns the number of the question in which it stands. Raises what `ask` raises, NotFound for what is not theirs,
    and Conflict while nobody may work on it.
    """
    person = _one_at_a_time(unit)
    ticket = own_ticket_for(unit, number)
    if _repeated(unit, client_id) is not None:
        return ticket.number
    place = _locked(unit, place_of(unit, ticket))
    files = _checked(unit, text, files, uploads)
    if not too_old(unit, place):
        _said(unit, place, person, text, files, client_id)
        wake(unit, place, unit.now, opened=False)
        return ticket.number
    subject = _subject(unit, ticket)
    fresh = _opened(unit, person, place.desk_key, subject, place.language)
    follow(fresh, place)
    entry = _said(unit, fresh, person, text, files, client_id, subject)
    wake(unit, fresh, unit.now, opened=True)
    _receipt(unit, fresh, entry, person)
    return fresh.number


def solve(unit: Unit, number: str) -> None:
    """Say that one's own question is solved: it is done, and a message wakes it again. Nothing is sent.

    Raises NotFound for what is not theirs, and Conflict while nobody may work on it.
    """
    _one_at_a_time(unit)
    place = _locked(unit, place_of(unit, own_ticket_for(unit, number)))
    if not asked_by_me(unit, place):
        raise Conflict("Somebody else asked this too, so it is not only yours to close. Write it below.", code="shared")
    if place.status == "done":
        return
    record(unit, place.id, "solved_by_asker")
    record(unit, place.id, "status", before=place.status, after="done")
    place.status, place.done_at, place.snoozed_until = "done", unit.now, None
    place.changed_at = unit.now
    unit.stale(place)


def _one_at_a_time(unit: Unit) -> Person:
    """The person who asks; what comes at once by one address is done one after the other."""
    who = requester_of(unit)
    unit.session.execute(select(Address.id).where(Address.value == who.address).with_for_update())
    return unit.session.get_one(Person, who.person_id)


def _form(unit: Unit, client_id: str) -> str | None:
    """The name of a form as the entry keeps it: apart for each address, for a browser may send what it likes."""
    said = f"{requester_of(unit).address}:{client_id}"
    return unit.ports.keys.word_digest("form", said) if client_id else None


def _repeated(unit: Unit, client_id: str) -> str | None:
    """The number of the ticket in which this form's words stand already."""
    found = select(Ticket.number).join(Entry, Entry.ticket_id == Ticket.id)
    form = _form(unit, client_id)
    return unit.session.scalar(found.where(Entry.client_id == form)) if form else None


def _checked(
    unit: Unit, text: str, files: Sequence[FileDraft], uploads: Sequence[str], *, subject: str = ""
) -> list[FileDraft]:
    """All files of a form that is right; those of the form itself by what their bytes say they are."""
    if not text.strip():
        raise Invalid("Write your question first.", field="text")
    if len(text) > LONGEST_TEXT:
        raise Invalid(
            "Write at most {count} characters, or send the long part as a file.", field="text", count=LONGEST_TEXT
        )
    if len(subject.strip()) > LONGEST_SUBJECT:
        raise Invalid("Write at most {count} characters here.", field="subject", count=LONGEST_SUBJECT)
    return [*checked_files(files, uploads), *sent_before(unit, uploads)]


def checked_files(files: Sequence[FileDraft], uploads: Sequence[str] = ()) -> list[FileDraft]:
    """Files of a form, each called what its bytes are. Raises Invalid for too many, and for one that may not come.

    Those of the form itself may not be larger together than a mail may be.
    """
    if len(files) + len(uploads) > MOST_FILES:
        raise Invalid("Send at most {count} files at once.", field="files", count=MOST_FILES)
    for file in files:
        if file.size > LARGEST_FILE:
            raise Invalid("The file {name} is larger than 20 MB. Send a smaller one.", field="files", name=file.name)
    if sum(file.size for file in files) > LARGEST_TOGETHER:
        raise Invalid("The files are together larger than 25 MB. Send fewer or smaller files.", field="files")
    return [replace(file, content_type=kinds.check(file.name, file.content)) for file in files]


def _locked(unit: Unit, ticket: Ticket) -> Ticket:
    locked = select(Ticket).where(Ticket.id == ticket.id).with_for_update(key_share=True)
    found = unit.session.scalars(locked.execution_options(populate_existing=True)).one()
    if found.restricted:
        raise Conflict("Nobody may work on this question while your request about it is handled.", code="restricted")
    return found


def _subject(unit: Unit, ticket: Ticket) -> str:
    return subjects_of(unit, [ticket.id]).get(ticket.id, "")


def _name(unit: Unit, person: Person) -> str:
    return "" if requester_of(unit).shared else person.display_name or ""


def _opened(unit: Unit, person: Person, desk_key: str, subject: str, language: str | None) -> Ticket:
    return open_ticket(
        unit,
        person,
        desk_key=desk_key,
        subject=subject,
        at=unit.now,
        address=requester_of(unit).address,
        name=_name(unit, person),
        channel=PORTAL,
        language=language or unit.actor.language,
    )


def _said(
    unit: Unit,
    ticket: Ticket,
    person: Person,
    text: str,
    files: Sequence[FileDraft],
    client_id: str,
    subject: str = "",
) -> Entry:
    who, message_id = requester_of(unit), f"hd.{secrets.token_hex(16)}@{unit.ports.settings.mail_domain}"
    words = text.replace("\r\n", "\n").strip()
    draft = EntryDraft(
        "mail",
        unit.now,
        {"body": words},
        headers={
            "via": PORTAL,
            "subject": subject,
            "from": {"address": who.address, "name": _name(unit, person)},
            "date": unit.now.isoformat(),
            "message_id": message_id,
        },
        files=files,
        person_id=person.id,
        client_id=_form(unit, client_id),
        message_id_digest=unit.ports.keys.word_digest("message-id", message_id),
        index=f"{subject} {words}",
    )
    entry = write_entry(unit, ticket.id, draft)
    record(unit, ticket.id, "asked_in_portal", entry_id=entry.id)
    return entry


def _receipt(unit: Unit, ticket: Ticket, entry: Entry, person: Person) -> None:
    if person.receipts is False:
        return
    sender = Sender(requester_of(unit).address, _name(unit, person))
    if queue_receipt(unit, ticket, entry, sender, ticket.language) is not None:
        unit.nudge(DELIVER_WAITING)
