"""Mail of our own that came back: never answered, or two helpdesks talk for ever."""

from __future__ import annotations

from helpdesk.mail.incoming import IncomingMail
from helpdesk.people.addresses import normal
from mail_ingest.verdict import Machine, Verdict, World


def judge(mail: IncomingMail, world: World) -> Verdict | None:
    """Machine when the sender is a desk of ours, or the Message-ID is one that we made."""
    if mail.sender and normal(mail.sender.address) in world.own_addresses:
        return Machine("loop")
    if mail.message_id.startswith("hd.") and mail.message_id.endswith(f"@{world.mail_domain}"):
        return Machine("loop")
    return None
