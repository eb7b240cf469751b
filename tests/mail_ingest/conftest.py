"""A mailbox owner on a real Dovecot, and our mailbox on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpdesk.settings import MailboxSettings
from mail_ingest.imap_mailbox import ImapMailbox
from tests.services.dovecot import Account, Dovecot

Connect = Callable[..., ImapMailbox]


def settings_for(account: Account, **changes: Any) -> MailboxSettings:
    """Settings of a mailbox on this account; plain text unless changed."""
    said: dict[str, Any] = {
        "name": "academy-box",
        "host": account.host,
        "port": account.port,
        "user": account.user,
        "security": "plain",
        "password_env": "BOX_PASSWORD",
    }
    return MailboxSettings(**(said | changes))


@pytest.fixture
def account(dovecot: Dovecot) -> Account:
    return dovecot.account()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Connect]:
    """Makes our mailbox on an account and leaves it at the end."""
    made: list[ImapMailbox] = []

    def make(account: Account, *, silent_seconds: float = 10, **changes: Any) -> ImapMailbox:
        box = settings_for(account, **changes)
        mailbox = ImapMailbox(box, tmp_path, {"BOX_PASSWORD": account.password}, silent_seconds=silent_seconds)
        made.append(mailbox)
        return mailbox

    yield make
    for mailbox in made:
        mailbox.leave()
