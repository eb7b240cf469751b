"""The one entrance for any received mail: joins a ticket or opens one, and says what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from helpdesk import notices
from helpdesk.mail.bounces import Report, mark_bounce
from helpdesk.mail.incoming import IncomingMail, Sender
from helpdesk.mail.matching import Match, Trail, find_ticket_for, followed
from helpdesk.mail.outbox import queue_receipt
from helpdesk.models import Person, Ticket
from helpdesk.people.addresses import normal, person_for
from helpdesk.tickets.opening import add_person, open_ticket
from helpdesk.tickets.writing import INDEX_LIMIT, EntryDraft, FileDraft, write_entry
from helpdesk.timeline import record
from helpdesk.unit import Unit

_CCS = 50
DEFECTS_LIMIT = 300
_NOT_HERE = (None, "subject", "number")
"""Reasons of a hint (or none) that leave it open whether the mail answers one that has not come in yet."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """What is known of a mail besides what it says."""

    inbound_id: int
    desk_key: str
    at: dt.datetime
    token_address: str = ""
    verdict: str = "none"
    machine: str | None = None
    """A fixed reason when a rule judged that no person wrote it, or that it must not be answered."""


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a mail went; `state` is filed or machine."""

    ticket_id: int
    entry_id: int
    state: str
    opened: bool


def receive_mail(unit: Unit, mail: IncomingMail, arrival: Arrival) -> Filed:
    """File a mail: believed bounces on the mail they speak of, answers on their ticket, all else as a new ticket.

    Mail of a person wakes its ticket, machine mail never does and is never answered (RFC 3834).
    """
    machine = mail.is_bounce or mail.is_auto_reply or arrival.machine is not None
    trail = Trail(arrival.token_address, arrival.verdict)
    report = mark_bounce(unit, mail, arrival.token_address) if mail.is_bounce and arrival.verdict != "fail" else None
    match = _match(unit, mail, trail, report)
    sender = mail.sender or Sender("")
    person = _person(unit, sender)
    ticket = unit.session.get_one(Ticket, match.ticket_id) if match.ticket_id else None
    previous = None
    if ticket is not None and not machine and _too_old(unit, ticket):
        previous, ticket = ticket, None
    opened = ticket is None
    if ticket is None:
        ticket = _open(unit, mail, arrival, person, sender, machine=machine)
        _hint(ticket, match, previous)
    draft = _draft(unit, mail, arrival, person, machine=machine, opened=opened)
    if opened and not machine and match.ticket_id is None and match.hint_reason in _NOT_HERE:
        draft.parent_digest = _digest(unit, mail.in_reply_to or mail.references[-1:])
        draft.root_digest = _digest(unit, mail.references or mail.in_reply_to)
    entry = write_entry(unit, ticket.id, draft)
    record(unit, ticket.id, "machine_mail" if machine else "mail_received", entry_id=entry.id)
    if not machine:
        _wake(unit, ticket, arrival.at, opened=opened)
        if opened and not mail.answer_unwanted and sender.address:
            queue_receipt(unit, ticket, entry, sender, ticket.language)
    return Filed(ticket.id, entry.id, "machine" if machine else "filed", opened)


def _match(unit: Unit, mail: IncomingMail, trail: Trail, report: Report | None) -> Match:
    """A believed report joins; any other bounce only hints, whoever it says it is from."""
    told = followed(unit, report.ticket_id) if report is not None and report.ticket_id is not None else None
    if told is not None and report is not None and report.believed:
        return Match(told)
    found = find_ticket_for(unit, mail, trail)
    if not mail.is_bounce:
        return found
    hinted = told or found.ticket_id or found.hint_ticket_id
    return Match(None, hinted, (told is None and found.hint_reason) or "report") if hinted else Match()


def _person(unit: Unit, sender: Sender) -> Person:
    if "@" in sender.address:
        return person_for(unit, sender.address, sender.name)
    nobody = Person(kind="unknown", display_name=None, created_at=unit.now)
    unit.session.add(nobody)
    unit.session.flush()
    return nobody


def _too_old(unit: Unit, ticket: Ticket) -> bool:
    limit = unit.now - unit.ports.settings.reopen_within
    return ticket.status == "done" and ticket.done_at is not None and ticket.done_at < limit


def _open(unit: Unit, mail: IncomingMail, arrival: Arrival, person: Person, sender: Sender, *, machine: bool) -> Ticket:
    ticket = open_ticket(
        unit,
        person,
        desk_key=arrival.desk_key,
        subject=mail.subject,
        at=arrival.at,
        address=sender.address,
        name=sender.name,
        status="done" if machine else "new",
        language=mail.language,
    )
    own = {normal(sender.address)} | {normal(desk.address) for desk in unit.ports.settings.desks}
    for recipient in mail.recipients[:_CCS]:
        value = normal(recipient.address)
        if "@" in value and value not in own and "+" not in value:
            own.add(value)
            add_person(unit, ticket.id, person_for(unit, value, recipient.name), "cc", value, recipient.name)
    return ticket


def _hint(ticket: Ticket, match: Match, previous: Ticket | None) -> None:
    ticket.hint_ticket_id = match.hint_ticket_id
    ticket.hint_reason = match.hint_reason
    if previous is not None:
        ticket.previous_ticket_id = previous.id
        ticket.hint_ticket_id = previous.id
        ticket.hint_reason = "done_long_ago"


def _wake(unit: Unit, ticket: Ticket, at: dt.datetime, *, opened: bool) -> None:
    ticket.changed_at = unit.now
    if opened:
        return
    unit.stale(ticket)
    notices.tell(unit, ticket.assignee_id, ticket.id, "asker_answered")
    if ticket.status in ("done", "waiting_for_asker", "snoozed"):
        record(unit, ticket.id, "status", before=ticket.status, after="open")
        ticket.status = "open"
        ticket.waiting_since = at
        ticket.done_at = None
        ticket.snoozed_until = None


def _draft(
    unit: Unit, mail: IncomingMail, arrival: Arrival, person: Person, *, machine: bool, opened: bool
) -> EntryDraft:
    texts = {"body": mail.text}
    if mail.reply_text != mail.text:
        texts["reply"] = mail.reply_text
    subject = mail.subject if opened else ""
    index = f"{subject} {mail.reply_text or mail.text}"
    return EntryDraft(
        kind="machine" if machine else "mail",
        at=arrival.at,
        texts=texts,
        headers=_headers(mail, arrival),
        files=[
            FileDraft(part.filename, part.content_type, part.content, part.inline, part.content_id)
            for part in mail.attachments
        ],
        person_id=person.id,
        inbound_id=arrival.inbound_id,
        message_id_digest=unit.ports.keys.word_digest("message-id", mail.message_id) if mail.message_id else None,
        html=mail.html,
        verdict=arrival.verdict,
        defects=_defects(mail, index),
        index=index,
    )


def _defects(mail: IncomingMail, index: str) -> str | None:
    """What was wrong or left out, here and in reading, as whole codes."""
    codes = [*mail.defects]
    codes += ["search_cut"] if len(index) > INDEX_LIMIT else []
    codes += ["too_many_recipients"] if len(mail.recipients) > _CCS and "too_many_recipients" not in codes else []
    while len(" ".join(codes)) > DEFECTS_LIMIT:
        codes.pop()
    return " ".join(codes) or None


def _digest(unit: Unit, message_ids: tuple[str, ...]) -> str | None:
    """Of the first one: a mail this one answers, when it opened a ticket because that mail is not here (yet)."""
    return unit.ports.keys.word_digest("message-id", message_ids[0]) if message_ids else None


def _sender(sender: Sender) -> dict[str, str]:
    return {"address": sender.address, "name": sender.name}


def _headers(mail: IncomingMail, arrival: Arrival) -> dict[str, Any]:
    """What an answer, the thread and a re-check need of the header, as JSON."""
    bounce = mail.bounce
    return {
        "subject": mail.subject,
        "from": _sender(mail.sender) if mail.sender else None,
        "to": [_sender(item) for item in mail.to[:100]],
        "cc": [_sender(item) for item in mail.cc[:100]],
        "reply_to": [_sender(item) for item in mail.reply_to[:10]],
        "date": mail.date.isoformat() if mail.date else None,
        "message_id": mail.message_id,
        "in_reply_to": list(mail.in_reply_to),
        "references": list(mail.references),
        "is_auto_reply": mail.is_auto_reply,
        "is_bounce": mail.is_bounce,
        "bounce": {"recipient": list(bounce.recipient), "status": bounce.status} if bounce else None,
        "machine": arrival.machine,
    }
