"""Puts mails into the demonstration's mailbox by IMAP APPEND, as a mail server would deliver them."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import EmailMessage
from email.policy import SMTP as CRLF

from imapclient import IMAPClient  # type: ignore[import-untyped] # the library has no types

from helpdesk.settings import MailboxSettings

_SECONDS = 15


def deliver(box: MailboxSettings, password: str, mails: Sequence[EmailMessage]) -> None:
    """Append all of them to the mailbox's folder. Raises OSError or IMAPClientError."""
    with IMAPClient(box.host, box.port, ssl=False, timeout=_SECONDS) as server:
        server.login(box.user, password)
        for one in mails:
            server.append(box.folder, one.as_bytes(policy=CRLF))
