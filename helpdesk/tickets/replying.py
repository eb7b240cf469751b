"""Answers and notes: written once, sent through the outbox, taken back while it can be."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import select

from helpdesk import notices
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.mail import outbox
from helpdesk.mail.incoming import Sender
from helpdesk.models import Attachment, Content, Entry, OutgoingMail, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.people.requester_sessions import GUEST_DOMAIN
from helpdesk.search import forget_entry
from helpdesk.text.placeholders import left_in
from helpdesk.text.rendering import render_answer
from helpdesk.tickets import drafts
from helpdesk.tickets.writing import EntryDraft, FileDraft, sent_before, write_entry
from helpdesk.timeline import record
from helpdesk.unit import Unit

AFTER = ("waiting_for_asker", "done", "open")
_RECIPIENTS = 20
MOST_BYTES = 25_000_000
"""Bytes of files that go with one answer; relays commonly refuse mail above 25 to 30 MB."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the form gives it; `version` is the ticket's when the form was made, `client_id` names the form.

    `kept` are ids of files that were kept with the draft and go along, `uploads` those of files sent ahead of the form.
    """

    markdown: str
    to: tuple[str, ...]
    status_after: str
    version: int
    client_id: str
    cc: tuple[str, ...] = ()
    files: tuple[FileDraft, ...] = ()
    kept: tuple[int, ...] = ()
    uploads: tuple[str, ...] = ()


def _recipients(addresses: tuple[str, ...], field: str) -> list[Sender]:
    given = [address.strip() for address in addresses if address.strip()]
    for address in given:
        local, at, domain = address.rpartition("@")
        if not (local and at and domain) or any(char.isspace() or char in '<>,;"' for char in address):
            raise Invalid("'{address}' is not an e-mail address.", field=field, address=address[:100])
        if domain.lower() == GUEST_DOMAIN:
            raise Invalid("No mail reaches a guest. Answer in the chat, or write another address.", field=field)
    return [Sender(address) for address in dict.fromkeys(given)]


def _repeated(unit: Unit, client_id: str) -> int | None:
    return unit.session.scalar(select(Entry.id).where(Entry.client_id == client_id)) if client_id else None


def _checked(answer: Answer) -> tuple[list[Sender], list[Sender]]:
    if not answer.markdown.strip():
        raise Invalid("Write an answer first.", field="text")
    if left := left_in(answer.markdown):
        raise Invalid(
            "Fill in first, or take out: {names}. Nothing was sent.",
            field="text",
            code="unfilled",
            names=", ".join(left)[:200],
        )
    if answer.status_after not in AFTER:
        raise Invalid("Choose what becomes of the ticket.", field="status")
    to, cc = _recipients(answer.to, "to"), _recipients(answer.cc, "cc")
    if not to:
        raise Invalid("Say to whom the answer goes.", field="to")
    if len(to) + len(cc) > _RECIPIENTS:
        raise Invalid("An answer goes to at most {count} people.", field="to", count=_RECIPIENTS)
    return to, cc


def reply(unit: Unit, number: str, answer: Answer) -> int:
    """Answer the requester: the entry and its mail in one transaction. Returns the entry's id.

    Raises Conflict when the ticket changed since the form was made (nothing is sent), Invalid for input that can't be
    sent. The same client_id again returns the first entry.
    """
    ticket = ticket_for(unit, number, "ticket.reply")
    if (again := _repeated(unit, answer.client_id)) is not None:
        return again
    to, cc = _checked(answer)
    render_answer(answer.markdown)
    unit.claim(Ticket, ticket.id, answer.version)
    unit.session.refresh(ticket)
    draft = EntryDraft(
        "answer",
        unit.now,
        {"markdown": answer.markdown},
        files=_files(unit, ticket.id, answer),
        account_id=unit.actor.account_id,
        client_id=answer.client_id or None,
        index=answer.markdown,
    )
    entry = write_entry(unit, ticket.id, draft)
    mail = outbox.queue_answer(unit, ticket, entry, to, cc, _parent(unit, ticket.id))
    entry.message_id_digest = unit.ports.keys.word_digest("message-id", mail.message_id)
    record(unit, ticket.id, "replied", entry_id=entry.id)
    _after(unit, ticket, answer.status_after)
    drafts.sent(unit, ticket.id, "answer")
    notices.seen(unit, ticket.id)
    return entry.id


def _files(unit: Unit, ticket_id: int, answer: Answer) -> list[FileDraft]:
    """All that goes along. Raises Invalid for more than relays take."""
    files = [
        *drafts.files_to_send(unit, ticket_id, answer.kept),
        *answer.files,
        *sent_before(unit, answer.uploads),
    ]
    if len(files) > drafts.MOST_FILES:
        raise Invalid("An answer holds at most {count} files.", field="files", count=drafts.MOST_FILES)
    if sum(file.size for file in files) > MOST_BYTES:
        raise Invalid("The files are larger than 25 MB together; no mail takes that. Leave some out.", field="files")
    return files


def _parent(unit: Unit, ticket_id: int) -> int | None:
    """The newest mail of a person: what the answer answers."""
    newest = select(Entry.id).where(Entry.ticket_id == ticket_id, Entry.kind == "mail").order_by(Entry.at.desc())
    return unit.session.scalar(newest.limit(1))


def _after(unit: Unit, ticket: Ticket, status: str) -> None:
    if ticket.status != status:
        record(unit, ticket.id, "status", before=ticket.status, after=status)
    ticket.status = status
    ticket.done_at = unit.now if status == "done" else None
    ticket.snoozed_until = None
    ticket.changed_at = unit.now
    if ticket.assignee_id is None:
        ticket.assignee_id = unit.actor.account_id
        record(unit, ticket.id, "assigned", after=unit.actor.account_id)


def add_note(unit: Unit, number: str, markdown: str, client_id: str) -> int:
    """Write an internal note, never mailed to anyone. Returns its id; the same client_id again returns the first."""
    ticket = ticket_for(unit, number, "ticket.note")
    if (again := _repeated(unit, client_id)) is not None:
        return again
    if not markdown.strip():
        raise Invalid("Write a note first.", field="note")
    render_answer(markdown)
    draft = EntryDraft(
        "note",
        unit.now,
        {"markdown": markdown},
        account_id=unit.actor.account_id,
        client_id=client_id or None,
        index=markdown,
    )
    entry = write_entry(unit, ticket.id, draft)
    ticket.changed_at = unit.now
    unit.stale(ticket)
    record(unit, ticket.id, "noted", entry_id=entry.id)
    drafts.sent(unit, ticket.id, "note")
    notices.seen(unit, ticket.id)
    return entry.id


def _outgoing(unit: Unit, outgoing_id: int) -> OutgoingMail:
    found = unit.session.get(OutgoingMail, outgoing_id)
    if found is None or found.ticket_id is None:
        raise NotFound("There is no such mail.")
    ticket_for(unit, found.ticket_id, "ticket.reply")
    return found


def undo_send(unit: Unit, entry_id: int) -> str:
    """Take an answer back before it is sent; it is the actor's draft again. Returns its text.

    Raises Conflict when it is too late.
    """
    mail = unit.session.scalar(
        select(OutgoingMail).where(OutgoingMail.entry_id == entry_id, OutgoingMail.kind == "answer")
    )
    if mail is None:
        raise NotFound("There is no such mail.")
    mail = _outgoing(unit, mail.id)
    if mail.state != "queued" or mail.attempts or unit.now >= mail.send_after:
        raise Conflict("It is too late: the answer has been sent.", code="sent")
    unit.claim(OutgoingMail, mail.id, mail.version)
    outbox.cancel(unit, mail)
    entry = unit.session.get_one(Entry, entry_id)
    entry.undone_at = unit.now
    ticket = unit.session.get_one(Ticket, entry.ticket_id)
    record(unit, ticket.id, "undone", entry_id=entry_id)
    form = _form_of(unit, ticket, entry_id, mail.id)
    if ticket.status != "open":
        record(unit, ticket.id, "status", before=ticket.status, after="open")
        ticket.status, ticket.done_at = "open", None
    ticket.changed_at = unit.now
    forget_entry(unit, ticket.id, entry_id)
    drafts.take_back(unit, ticket, replace(form, version=ticket.version), _files_of(unit, ticket.id, entry_id))
    return form.text


def _form_of(unit: Unit, ticket: Ticket, entry_id: int, outgoing_id: int) -> drafts.DraftForm:
    """The form of an answer, as far as its rows tell it."""
    text = unit.session.scalar(
        select(Content.text).where(
            Content.ticket_id == ticket.id, Content.entry_id == entry_id, Content.kind == "markdown"
        )
    )
    people = outbox.recipients_of(unit, outgoing_id)
    return drafts.DraftForm(
        text=text or "",
        to=", ".join(person.address for person in people if person.role == "to"),
        cc=tuple(person.address for person in people if person.role == "cc"),
        status_after=ticket.status if ticket.status in AFTER else AFTER[0],
        seen=entry_id,
    )


def _files_of(unit: Unit, ticket_id: int, entry_id: int) -> list[FileDraft]:
    """The files of an answer, as copies: its entry keeps its own."""
    rows = unit.session.execute(
        select(Attachment.blob, Attachment.content_type, Content.text)
        .join(Content, (Content.attachment_id == Attachment.id) & (Content.ticket_id == ticket_id))
        .where(Attachment.entry_id == entry_id, Content.kind == "filename")
        .order_by(Attachment.id)
    )
    return [FileDraft(row.text, row.content_type, unit.ports.blobs.read(row.blob)) for row in rows]


def resend(unit: Unit, outgoing_id: int) -> None:
    """Try a failed or bounced mail once more, as the same mail; Conflict when a part of it was destroyed since."""
    mail = _outgoing(unit, outgoing_id)
    entry = unit.session.get(Entry, mail.entry_id) if mail.entry_id is not None else None
    if entry is not None and (entry.redacted or entry.files_redacted):
        raise Conflict("A part of this answer was destroyed: write a new one.", code="redacted")
    outbox.requeue(unit, mail.id)
    if mail.ticket_id is not None:
        record(unit, mail.ticket_id, "resent", entry_id=mail.entry_id)
