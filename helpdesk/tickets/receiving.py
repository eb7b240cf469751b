"""The one entrance for any received mail: joins a ticket or opens one, and says what became of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from helpdesk.mail.bounces import mark_bounce
from helpdesk.mail.incoming import IncomingMail, Sender
from helpdesk.mail.known import Clues, Known, Trail, clues, read_known
from helpdesk.mail.matching import Match, find_ticket_for
from helpdesk.mail.outbox import queue_receipt
from helpdesk.models import Person, Ticket
from helpdesk.people.addresses import new_person, normal, person_for
from helpdesk.tickets.opening import Numbers, add_person, open_ticket
from helpdesk.tickets.waking import follow, too_old, wake
from helpdesk.tickets.writing import INDEX_LIMIT, EntryDraft, FileDraft, stage_files, write_entry
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


Received = tuple[IncomingMail, Arrival]


def receive_mails(unit: Unit, received: Sequence[Received]) -> list[Filed]:
    """File mails, in order: what the database knows of them is read in sets before, and their rows are written after.

    Believed bounces go on the mail they speak of, answers on their ticket, all else becomes a new ticket. Mail of a
    person wakes its ticket, machine mail never does and is never answered (RFC 3834). Raises what any one of them
    raises; whoever wants to spare its neighbours has them filed one by one then, each in a savepoint.
    """
    trails = [Trail(arrival.token_address, arrival.verdict) for _mail, arrival in received]
    found = [clues(unit, mail, trail) for (mail, _arrival), trail in zip(received, trails, strict=True)]
    unit.rows.expect(len(received))
    known = read_known(unit, [mail for mail, _arrival in received], found)
    filing = _Filing(unit, known, Numbers(unit, len(received)), _files(unit, received))
    filed = [filing.receive(*each) for each in zip(received, found, trails, strict=True)]
    filing.numbers.close()
    return filed


def _files(unit: Unit, received: Sequence[Received]) -> Iterator[FileDraft]:
    """The files of all mails, in order, staged with one round of syncs."""
    drafts = [
        FileDraft(part.filename, part.content_type, part.content, part.inline, part.content_id, part.laid)
        for mail, _arrival in received
        for part in mail.attachments
    ]
    return iter(stage_files(unit, drafts))


@dataclass(frozen=True, slots=True)
class _Filing:
    """What the mails of one batch share."""

    unit: Unit
    known: Known
    numbers: Numbers
    files: Iterator[FileDraft]

    def receive(self, received: Received, found: Clues, trail: Trail) -> Filed:
        """File one mail."""
        unit, (mail, arrival) = self.unit, received
        machine = mail.is_bounce or mail.is_auto_reply or arrival.machine is not None
        match = self._match(mail, found, trail)
        sender = mail.sender or Sender("")
        person = self._person(sender)
        ticket = self.known.ticket(match.ticket_id) if match.ticket_id else None
        previous = None
        if ticket is not None and not machine and too_old(unit, ticket):
            previous, ticket = ticket, None
        opened = ticket is None
        if ticket is None:
            ticket = self._open(mail, arrival, person, sender, machine=machine)
            _hint(ticket, match, previous)
        draft = _draft(mail, arrival, person, found, machine=machine, opened=opened)
        draft.files = [next(self.files) for _part in mail.attachments]
        if opened and not machine and match.ticket_id is None and match.hint_reason in _NOT_HERE:
            draft.parent_digest = _digest(unit, mail.in_reply_to or mail.references[-1:])
            draft.root_digest = _digest(unit, mail.references or mail.in_reply_to)
        entry = write_entry(unit, ticket.id, draft)
        record(unit, ticket.id, "machine_mail" if machine else "mail_received", entry_id=entry.id)
        if not machine:
            wake(unit, ticket, arrival.at, opened=opened)
            if opened and not mail.answer_unwanted and sender.address and person.receipts is not False:
                queue_receipt(unit, ticket, entry, sender, ticket.language, self.known.receipts)
        self.known.filed(found, ticket, entry, (found.sender, person.id) if opened else None)
        return Filed(ticket.id, entry.id, "machine" if machine else "filed", opened)

    def _match(self, mail: IncomingMail, found: Clues, trail: Trail) -> Match:
        """A believed report joins; any other bounce only hints, whoever it says it is from."""
        reported = mail.is_bounce and trail.verdict != "fail"
        report = mark_bounce(self.unit, mail, trail.token_address) if reported else None
        ticket = self.known.ticket(report.ticket_id) if report is not None and report.ticket_id is not None else None
        if ticket is not None and report is not None and report.believed:
            return Match(ticket.id)
        match = find_ticket_for(self.unit, self.known, mail, found, trail)
        if not mail.is_bounce:
            return match
        hinted = ticket.id if ticket is not None else match.ticket_id or match.hint_ticket_id
        return Match(None, hinted, (ticket is None and match.hint_reason) or "report") if hinted else Match()

    def _person(self, sender: Sender) -> Person:
        if "@" in sender.address:
            return person_for(self.unit, sender.address, sender.name, self.known.people)
        return new_person(self.unit)

    def _open(self, mail: IncomingMail, arrival: Arrival, person: Person, sender: Sender, *, machine: bool) -> Ticket:
        ticket = open_ticket(
            self.unit,
            person,
            desk_key=arrival.desk_key,
            subject=mail.subject,
            at=arrival.at,
            address=sender.address,
            name=sender.name,
            status="done" if machine else "new",
            language=mail.language,
            numbers=self.numbers,
        )
        own = {normal(sender.address)} | {normal(desk.address) for desk in self.unit.ports.settings.desks}
        for recipient in mail.recipients[:_CCS]:
            value = normal(recipient.address)
            if "@" in value and value not in own and "+" not in value:
                own.add(value)
                other = person_for(self.unit, value, recipient.name, self.known.people)
                add_person(self.unit, ticket.id, other, "cc", value, recipient.name)
        return ticket


def _hint(ticket: Ticket, match: Match, previous: Ticket | None) -> None:
    ticket.hint_ticket_id = match.hint_ticket_id
    ticket.hint_reason = match.hint_reason
    if previous is not None:
        follow(ticket, previous)


def _draft(
    mail: IncomingMail, arrival: Arrival, person: Person, found: Clues, *, machine: bool, opened: bool
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
        person_id=person.id,
        inbound_id=arrival.inbound_id,
        message_id_digest=found.own,
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
