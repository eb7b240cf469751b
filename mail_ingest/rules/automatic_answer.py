"""Mail that a machine sent (RFC 3834): filed, never answered."""

from __future__ import annotations

from helpdesk.mail.incoming import IncomingMail
from mail_ingest.verdict import Machine, Verdict, World


def judge(mail: IncomingMail, world: World) -> Verdict | None:
    """Machine for bounces, automatic answers, and whatever came with the null envelope sender (RFC 5321 4.5.5)."""
    if mail.is_bounce:
        return Machine("bounce")
    if mail.is_auto_reply:
        return Machine("automatic")
    if world.envelope_null or mail.return_path == "":
        return Machine("null_sender")
    return None
