"""Which ticket a mail belongs to: a proof and a participant join; anything less is a hint for a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import or_, select

from helpdesk.mail.incoming import IncomingMail
from helpdesk.mail.references import returned_to, tokens_in
from helpdesk.models import Address, Content, Entry, OutgoingMail, Ticket, TicketPerson
from helpdesk.people.addresses import normal
from helpdesk.unit import Unit

_NUMBER = re.compile(r"\bV-?((?:19|20)\d\d-\d{5,9})\b", re.IGNORECASE)
_PREFIX = re.compile(
    r"^\s*(?:(?:re|fw|fwd|aw|wg|antw|sv|vs|tr|rv|enc|res|odp|doorst|betr)\s*(?:\[\d+\])?\s*:\s*)+", re.I
)
_MERGES = 20
PARTICIPANTS = ("requester", "participant")


@dataclass(frozen=True, slots=True)
class Match:
    """`ticket_id` when the mail joins; else perhaps a hint: the ticket it seems to answer and a fixed reason."""

    ticket_id: int | None = None
    hint_ticket_id: int | None = None
    hint_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Trail:
    """What was read of where a mail leads, besides the mail itself: a token of the envelope, the verdict on the sender.

    `verdict` is pass, fail or none: the word of our own server's Authentication-Results (RFC 8601), none when no
    authserv-id is configured.
    """

    token_address: str = ""
    verdict: str = "none"


def base_subject(subject: str) -> str:
    """A subject without reply and forward prefixes (RFC 5322 3.6.5 and what clients make of it)."""
    return _PREFIX.sub("", subject).strip()


def is_participant(unit: Unit, ticket_id: int, address: str) -> bool:
    """Whether the address is the requester's, a verified one of theirs, or of a person an advisor put on the ticket."""
    value = normal(address)
    if not value:
        return False
    verified = select(Address.person_id).where(Address.value == value, Address.verified_at.is_not(None))
    found = unit.session.scalar(
        select(TicketPerson.id)
        .where(
            TicketPerson.ticket_id == ticket_id,
            TicketPerson.role.in_(PARTICIPANTS),
            or_(TicketPerson.address == value, TicketPerson.person_id.in_(verified)),
        )
        .limit(1)
    )
    return found is not None


def followed(unit: Unit, ticket_id: int) -> int | None:
    """The ticket's id, or that of the one it was merged into; None when it is gone. Reads only."""
    for _ in range(_MERGES):
        row = unit.session.execute(select(Ticket.id, Ticket.merged_into_id).where(Ticket.id == ticket_id)).first()
        if row is None:
            return None
        if row.merged_into_id is None:
            return int(row.id)
        ticket_id = row.merged_into_id
    return None


def _token_tickets(unit: Unit, mail: IncomingMail, trail: Trail) -> Iterator[tuple[int, str]]:
    addresses = [trail.token_address, *(recipient.address for recipient in mail.recipients)]
    for reference in tokens_in(unit.ports.keys, addresses, _ids_newest_first(mail)):
        entry = unit.session.execute(select(Entry.ticket_id).where(Entry.id == reference.entry_id)).first()
        yield (entry.ticket_id if entry else reference.ticket_id), "token"
    # Automatic answers come back to the return path (RFC 3834, 4), whose token is another one.
    for outgoing_id in returned_to(unit.ports.keys, addresses):
        for ticket_id in unit.session.scalars(select(OutgoingMail.ticket_id).where(OutgoingMail.id == outgoing_id)):
            if ticket_id is not None:
                yield ticket_id, "token"


def _ids_newest_first(mail: IncomingMail) -> list[str]:
    return list(dict.fromkeys([*mail.in_reply_to, *reversed(mail.references)]))


def _reference_tickets(unit: Unit, mail: IncomingMail) -> Iterator[tuple[int, str]]:
    digests = [unit.ports.keys.word_digest("message-id", item.strip("<> ")) for item in _ids_newest_first(mail)[:50]]
    if not digests:
        return
    rows = unit.session.execute(
        select(Entry.message_id_digest, Entry.ticket_id).where(Entry.message_id_digest.in_(digests))
    ).all()
    for row in sorted(rows, key=lambda row: digests.index(row.message_id_digest)):
        yield row.ticket_id, "reference"


def _answered_tickets(unit: Unit, mail: IncomingMail) -> Iterator[tuple[int, str]]:
    """Tickets opened by an answer to this very mail, or by a later mail of its thread, that came in before it."""
    ids = [mail.message_id] if mail.message_id else []
    own = [unit.ports.keys.word_digest("message-id", item) for item in ids]
    thread = own + [unit.ports.keys.word_digest("message-id", item) for item in _ids_newest_first(mail)[:50]]
    if thread:
        later = or_(Entry.parent_digest.in_(own), Entry.root_digest.in_(thread))
        for ticket_id in unit.session.scalars(select(Entry.ticket_id).where(later).order_by(Entry.id).limit(3)):
            yield ticket_id, "answered"


def _number_tickets(unit: Unit, mail: IncomingMail) -> Iterator[tuple[int, str]]:
    for number in dict.fromkeys(_NUMBER.findall(mail.subject)[:5]):
        found = unit.session.scalar(select(Ticket.id).where(Ticket.number == number))
        if found is not None:
            yield found, "number"


def _joins(unit: Unit, ticket_id: int, proof: str, sender: str, trail: Trail) -> bool:
    if trail.verdict == "fail" or (proof == "number" and trail.verdict != "pass"):
        return False
    return is_participant(unit, ticket_id, sender)


def find_ticket_for(unit: Unit, mail: IncomingMail, trail: Trail) -> Match:
    """The ticket a mail joins, else a hint, else nothing.

    Proofs in order: a signed token of ours, the stored Message-ID of a mail of the ticket, an answer to this mail that
    came in before it, the number in the subject; each joins only when the sender is a participant and our own server
    did not say fail, and the number only when it said pass. Reads only.
    """
    sender = mail.sender.address if mail.sender else ""
    hint: tuple[int, str] | None = None
    for candidate, proof in (
        *_token_tickets(unit, mail, trail),
        *_reference_tickets(unit, mail),
        *_answered_tickets(unit, mail),
        *_number_tickets(unit, mail),
    ):
        ticket_id = followed(unit, candidate)
        if ticket_id is None:
            continue
        if _joins(unit, ticket_id, proof, sender, trail):
            return Match(ticket_id)
        if hint is None:
            hint = (ticket_id, proof if trail.verdict != "fail" else "sender_failed")
    hint = hint or _same_subject(unit, mail, sender)
    return Match(None, *hint) if hint else Match()


def _same_subject(unit: Unit, mail: IncomingMail, sender: str) -> tuple[int, str] | None:
    """A ticket of the same requester that is not done and has the same subject: worth a hint, never a join."""
    subject = base_subject(mail.subject)
    if subject == mail.subject.strip() or not subject or not sender:
        return None
    found = unit.session.execute(
        select(Ticket.id, Content.text)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .join(Content, (Content.ticket_id == Ticket.id) & (Content.kind == "subject"))
        .where(
            TicketPerson.address == normal(sender),
            TicketPerson.role == "requester",
            Ticket.merged_into_id.is_(None),
        )
        .order_by(Ticket.id.desc())
        .limit(20)
    ).all()
    for row in found:
        if base_subject(row.text).casefold() == subject.casefold():
            return row.id, "subject"
    return None
