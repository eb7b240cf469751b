"""Finds the mail of ours that a bounce speaks of, and marks whom it did not reach.

Must not: answer a bounce, or believe it about another mail than the one it names.
"""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.mail.authors import tell_author
from helpdesk.mail.incoming import Bounce, IncomingMail
from helpdesk.mail.outbox import recipients_of
from helpdesk.mail.references import tokens_in
from helpdesk.models import Entry, OutgoingMail
from helpdesk.people.addresses import normal
from helpdesk.timeline import record
from helpdesk.unit import Unit


def mark_bounce(unit: Unit, mail: IncomingMail, token_address: str = "") -> OutgoingMail | None:
    """Mark the recipients that a bounce names (all of them when it names none of ours) and tell the ticket.

    `token_address` is the envelope's recipient, which carries a token where the server delivers plus addresses.
    A report of mere delay marks nobody. Returns the mail of ours, None when the bounce speaks of none.
    """
    bounce = mail.bounce or Bounce()
    outgoing = _by_message_id(unit, bounce) or _by_token(unit, mail, token_address)
    if outgoing is None or bounce.delayed:
        return outgoing
    recipients = recipients_of(unit, outgoing.id)
    names = {normal(address) for address in (*bounce.recipient, *bounce.original_recipient)}
    meant = [each for each in recipients if each.address in names] or [
        each for each in recipients if each.state == "accepted"
    ]
    changed = [each for each in meant if each.state != "bounced"]
    for recipient in changed:
        recipient.state, recipient.status_code = "bounced", bounce.status or None
        recipient.changed_at = unit.now
    ticket_id = unit.session.scalar(select(Entry.ticket_id).where(Entry.id == outgoing.entry_id)) or outgoing.ticket_id
    if changed and ticket_id is not None:
        record(unit, ticket_id, "bounced", entry_id=outgoing.entry_id, after=bounce.status or None)
        tell_author(unit, outgoing, ticket_id, "bounced")
    return outgoing


def _by_message_id(unit: Unit, bounce: Bounce) -> OutgoingMail | None:
    message_id = bounce.original_message_id.strip("<> ")
    if not message_id:
        return None
    return unit.session.scalar(select(OutgoingMail).where(OutgoingMail.message_id == message_id))


def _by_token(unit: Unit, mail: IncomingMail, token_address: str) -> OutgoingMail | None:
    addresses = [token_address, *(recipient.address for recipient in mail.recipients)]
    message_ids = [*mail.in_reply_to, *reversed(mail.references)]
    for reference in tokens_in(unit.ports.keys, addresses, message_ids):
        found = unit.session.scalar(
            select(OutgoingMail)
            .where(OutgoingMail.entry_id == reference.entry_id)
            .order_by(OutgoingMail.kind, OutgoingMail.id.desc())
            .limit(1)
        )
        if found is not None:
            return found
    return None
