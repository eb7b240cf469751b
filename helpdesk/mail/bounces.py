"""Finds the mail of ours that a report of delivery speaks of, and marks whom it did not reach.

Must not: answer a report, or believe one that anybody could have written who once saw a Message-ID of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.mail.authors import tell_author
from helpdesk.mail.incoming import Bounce, IncomingMail
from helpdesk.mail.outbox import recipients_of
from helpdesk.mail.references import returned_to, tokens_in
from helpdesk.models import Entry, OutgoingMail, OutgoingRecipient
from helpdesk.people.addresses import normal
from helpdesk.timeline import record
from helpdesk.unit import Unit


@dataclass(frozen=True, slots=True)
class Report:
    """The mail of ours that a report speaks of, the ticket it is in now, and whether the report is believed."""

    outgoing: OutgoingMail
    ticket_id: int | None
    believed: bool


def mark_bounce(unit: Unit, mail: IncomingMail, token_address: str = "") -> Report | None:
    """Mark the recipients that a believed report names and tell the ticket; None when it speaks of no mail of ours.

    Believed is a report that came back to the return path of that very mail (RFC 5321 4.4), which stands in no header
    of ours: it marks whom it names, and everybody when it names a stranger only (a recipient may have their mail
    forwarded). Any other report finds our mail by Message-ID or by the token of Reply-To, which everybody knows who was
    shown it; it is believed about the recipients it names, and about nothing when it names none of them. A report
    of mere delay marks nobody. `token_address` is the envelope's recipient.
    """
    bounce = mail.bounce or Bounce()
    addresses = [token_address, *(recipient.address for recipient in mail.recipients)]
    proven = _first(unit, OutgoingMail.id, returned_to(unit.ports.keys, addresses))
    outgoing = proven or _by_message_id(unit, bounce) or _by_token(unit, mail, addresses)
    if outgoing is None:
        return None
    recipients = recipients_of(unit, outgoing.id)
    names = {normal(address) for address in (*bounce.recipient, *bounce.original_recipient)}
    named = [each for each in recipients if each.address in names]
    believed = proven is not None or bool(named)
    ticket_id = unit.session.scalar(select(Entry.ticket_id).where(Entry.id == outgoing.entry_id)) or outgoing.ticket_id
    if believed and not bounce.delayed:
        meant = named or [each for each in recipients if each.state == "accepted"]
        _mark(unit, outgoing, ticket_id, meant, bounce.status)
    return Report(outgoing, ticket_id, believed)


def _mark(
    unit: Unit, outgoing: OutgoingMail, ticket_id: int | None, meant: list[OutgoingRecipient], status: str
) -> None:
    changed = [each for each in meant if each.state != "bounced"]
    for recipient in changed:
        recipient.state, recipient.status_code = "bounced", status or None
        recipient.changed_at = unit.now
    if changed and ticket_id is not None:
        record(unit, ticket_id, "bounced", entry_id=outgoing.entry_id, after=status or None)
        tell_author(unit, outgoing, ticket_id, "bounced")


def _by_message_id(unit: Unit, bounce: Bounce) -> OutgoingMail | None:
    message_id = bounce.original_message_id.strip("<> ")
    if not message_id:
        return None
    return unit.session.scalar(select(OutgoingMail).where(OutgoingMail.message_id == message_id))


def _by_token(unit: Unit, mail: IncomingMail, addresses: list[str]) -> OutgoingMail | None:
    message_ids = [*mail.in_reply_to, *reversed(mail.references)]
    found = tokens_in(unit.ports.keys, addresses, message_ids)
    return _first(unit, OutgoingMail.entry_id, [reference.entry_id for reference in found])


def _first(unit: Unit, column: InstrumentedAttribute[Any], values: list[int]) -> OutgoingMail | None:
    """The newest mail (answers first) for the first of these values that has one."""
    for value in values:
        newest = select(OutgoingMail).where(column == value).order_by(OutgoingMail.kind, OutgoingMail.id.desc())
        found = unit.session.scalar(newest.limit(1))
        if found is not None:
            return found
    return None
