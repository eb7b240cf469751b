"""Which ticket a mail belongs to: a proof and a participant join; anything less is a hint for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select, text

from helpdesk.mail.incoming import IncomingMail
from helpdesk.mail.known import Clues, Known, Trail
from helpdesk.models import Content, Ticket, TicketPerson
from helpdesk.models.ticket import SHOWN
from helpdesk.people.addresses import normal
from helpdesk.unit import Unit

_PREFIX = re.compile(
    r"^\s*(?:(?:re|fw|fwd|aw|wg|antw|sv|vs|tr|rv|enc|res|odp|doorst|betr)\s*(?:\[\d+\])?\s*:\s*)+", re.I
)
_NEWEST = 20
"""Of so many tickets of somebody the subjects are looked at."""


@dataclass(frozen=True, slots=True)
class Match:
    """`ticket_id` when the mail joins; else perhaps a hint: the ticket it seems to answer and a fixed reason."""

    ticket_id: int | None = None
    hint_ticket_id: int | None = None
    hint_reason: str | None = None


def base_subject(subject: str) -> str:
    """A subject without reply and forward prefixes (RFC 5322 3.6.5 and what clients make of it)."""
    return _PREFIX.sub("", subject).strip()


def _candidates(known: Known, found: Clues) -> Iterator[tuple[int, str]]:
    """Tickets that the mail may belong to, each with the proof that leads there, the strongest proof first."""
    for reference in found.tokens:
        yield known.token_ticket(reference), "token"
    # Automatic answers come back to the return path (RFC 3834, 4), whose token is another one.
    for returned in known.returned_tickets(found.returned):
        yield returned, "token"
    for digest in found.answers:
        for ticket_id in known.said_in(digest):
            yield ticket_id, "reference"
    thread = (found.own, *found.answers) if found.own else found.answers
    for ticket_id in known.awaiting(found.own, thread):
        yield ticket_id, "answered"
    for numbered in known.numbered(found.numbers):
        yield numbered, "number"


def _joins(known: Known, ticket_id: int, proof: str, sender: str, trail: Trail) -> bool:
    if trail.verdict == "fail" or (proof == "number" and trail.verdict != "pass"):
        return False
    return known.takes_part(ticket_id, sender)


def find_ticket_for(unit: Unit, known: Known, mail: IncomingMail, found: Clues, trail: Trail) -> Match:
    """The ticket a mail joins, else a hint, else nothing.

    Proofs in order: a signed token of ours, the stored Message-ID of a mail of the ticket, an answer to this mail that
    came in before it, the number in the subject; each joins only when the sender is a participant and our own server
    did not say fail, and the number only when it said pass. Reads only.
    """
    hint: tuple[int, str] | None = None
    for candidate, proof in _candidates(known, found):
        ticket = known.ticket(candidate)
        if ticket is None:
            continue
        if _joins(known, ticket.id, proof, found.sender, trail):
            return Match(ticket.id)
        if hint is None:
            hint = (ticket.id, proof if trail.verdict != "fail" else "sender_failed")
    hint = hint or _same_subject(unit, mail, mail.sender.address if mail.sender else "")
    return Match(None, *hint) if hint else Match()


def _same_subject(unit: Unit, mail: IncomingMail, sender: str) -> tuple[int, str] | None:
    """A ticket of the same requester that is not done and has the same subject: worth a hint, never a join."""
    subject = base_subject(mail.subject)
    if subject == mail.subject.strip() or not subject or not sender:
        return None
    # Apart, for PostgreSQL has no statistics of addresses: it would go through all tickets, newest first.
    asked = select(TicketPerson.ticket_id).where(
        TicketPerson.address == normal(sender), TicketPerson.role == "requester"
    )
    theirs = asked.cte("theirs").prefix_with("MATERIALIZED", dialect="postgresql")
    newest = select(theirs.c.ticket_id).order_by(theirs.c.ticket_id.desc()).limit(_NEWEST).subquery()
    found = unit.session.execute(
        select(Ticket.id, Content.text)
        .join(newest, newest.c.ticket_id == Ticket.id)
        .join(Content, (Content.ticket_id == Ticket.id) & (Content.kind == "subject"))
        .where(Ticket.merged_into_id.is_(None), text(SHOWN))
        .order_by(Ticket.id.desc())
    ).all()
    for row in found:
        if base_subject(row.text).casefold() == subject.casefold():
            return row.id, "subject"
    return None
