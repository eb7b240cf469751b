"""Mail of a sender whom an advisor blocked as spam: parked, for a person may have been wrong."""

from __future__ import annotations

from helpdesk.mail.incoming import IncomingMail
from helpdesk.people.addresses import normal
from mail_ingest.verdict import Park, Verdict, World


def judge(mail: IncomingMail, world: World) -> Verdict | None:
    """Park when the sender is blocked."""
    if mail.sender and normal(mail.sender.address) in world.blocked_senders:
        return Park("blocked_sender")
    return None
