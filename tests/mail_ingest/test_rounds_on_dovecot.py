"""The endless rounds on a real Dovecot: new mail is heard at once, and a server that dies is found again."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk.errors import HelpdeskError
from mail_ingest.imap_mailbox import ImapMailbox
from mail_ingest.poller import Intake, PollResult, Rounds, start
from tests.fakes_mailbox import Door
from tests.mail_ingest.conftest import Connect
from tests.services import dovecot as dovecot_service
from tests.services.dovecot import Dovecot
from tests.services.fixtures import need
from tests.services.process import wait_until

Told = list[PollResult | HelpdeskError | None]


@contextmanager
def polling(mailbox: ImapMailbox, door: Door, wait_seconds: float = 15) -> Iterator[Told]:
    """A poller at work on this mailbox, and what it reported so far."""
    told: Told = []
    stop = threading.Event()
    intake = Intake("academy-box", "academy", door.accept, lambda: dt.datetime.now(dt.UTC))
    threads = start([Rounds(mailbox, intake, told.append, wait_seconds)], stop)
    try:
        yield told
    finally:
        stop.set()
        for thread in threads:
            thread.join(10)
        assert not any(thread.is_alive() for thread in threads)


def test_mail_is_taken_in_within_two_seconds_by_idle(dovecot: Dovecot, connect: Connect) -> None:
    account, door = dovecot.account(), Door()
    with polling(connect(account), door) as told:
        assert wait_until(lambda: len(told) > 0, 5)
        time.sleep(0.3)
        for number in range(1, 4):
            began = time.monotonic()
            account.append(b"Subject: %d\r\n\r\n" % number)
            assert wait_until(lambda: len(door.kept) == number, 2)  # noqa: B023 - used before the next turn
            assert time.monotonic() - began < 2
        assert wait_until(lambda: account.count() == 0, 2)


def test_mail_is_taken_in_without_idle_and_after_the_server_was_killed(connect: Connect) -> None:
    need(dovecot_service.available())
    with Dovecot(hide={"IDLE"}) as server:
        account, door = server.account(), Door()
        account.append(b"Subject: 1\r\n\r\n")
        with polling(connect(account), door, wait_seconds=0.5) as told:
            assert wait_until(lambda: len(door.kept) == 1, 5)
            server.kill()
            assert wait_until(lambda: isinstance(told[-1], HelpdeskError), 10)
            server.start()
            account.append(b"Subject: 2\r\n\r\n")
            assert wait_until(lambda: set(door.raws) == {b"Subject: 1\r\n\r\n", b"Subject: 2\r\n\r\n"}, 10)
            assert wait_until(lambda: account.count() == 0, 5)
