"""The order that the promise rests on: bytes, rows, commit, and only then the original and the nudge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from sqlalchemy import event, select

from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.memory import MemoryJobs
from helpdesk.errors import Unavailable
from helpdesk.models import Entry, InboundMail, OutgoingMail, Ticket
from helpdesk.ports import Ports
from helpdesk.tickets import replying
from helpdesk.tickets.replying import Answer
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.accept import accept
from mail_ingest.mailbox_port import MailId
from mail_ingest.poller import Intake, poll_once
from tests.fakes_mailbox import ListMailbox
from tests.letters import ASKER, envelope, letter, receive
from tests.mail_ingest.conftest import Connect
from tests.services.dovecot import Account
from tests.services.imap_proxy import ImapProxy


class WatchedBlobs(DiskBlobs):
    """Blobs on disk that write down when they are asked for what."""

    def __init__(self, root: Path, steps: list[str]) -> None:
        super().__init__(root)
        self.steps = steps

    def stage(self, items: Sequence[bytes | Path | BinaryIO]) -> list[str]:
        keys = super().stage(items)
        self.steps.append("bytes")
        return keys

    def settle(self, keys: Iterable[str]) -> None:
        self.steps.append("settled")
        super().settle(keys)


class WatchedJobs(MemoryJobs):
    """Jobs that write down when they are nudged."""

    def __init__(self, steps: list[str]) -> None:
        super().__init__()
        self.steps = steps

    def nudge(self, name: str) -> None:
        self.steps.append("nudge")
        super().nudge(name)


@pytest.fixture
def steps() -> list[str]:
    return []


@pytest.fixture
def watched(ports: Ports, steps: list[str], tmp_path: Path) -> Ports:
    """Ports whose blobs, commits and nudges write down when they happen."""
    event.listen(ports.engine, "commit", lambda _connection: steps.append("commit"))
    return replace(ports, blobs=WatchedBlobs(tmp_path / "blobs", steps), jobs=WatchedJobs(steps))


def kept_rows(ports: Ports) -> list[str | None]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(InboundMail.blob)))


def test_bytes_are_synced_before_the_row_and_the_row_before_the_nudge(watched: Ports, steps: list[str]) -> None:
    raw = letter()
    accept([(raw, envelope(watched, raw, uid=1))], watched)
    assert steps == ["bytes", "commit", "settled", "nudge"], f"the order of keeping a mail is wrong: {steps}"


def test_without_a_commit_nothing_is_nudged_and_nothing_kept(watched: Ports, steps: list[str]) -> None:
    def refuse(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "INTO mail_seen" in statement:
            raise Unavailable("the database went away after the row", code="database")

    event.listen(watched.engine, "before_cursor_execute", refuse)
    raw = letter()
    with pytest.raises(Unavailable):
        accept([(raw, envelope(watched, raw, uid=1))], watched)
    assert "nudge" not in steps, "a nudge went out without a row"
    assert kept_rows(watched) == []
    assert not list(watched.blobs.staged()), "bytes without a row stayed behind"


class Witness(ListMailbox):
    """A mailbox that asks, whenever mail is to be removed, how many rows another connection sees."""

    def __init__(self, rows: Callable[[], int]) -> None:
        super().__init__()
        self.rows, self.seen = rows, list[tuple[int, int]]()

    def done(self, ids: Sequence[MailId]) -> frozenset[int]:
        self.seen.append((len(ids), self.rows()))
        return super().done(ids)


def test_the_original_goes_only_after_the_commit(ports: Ports) -> None:
    mailbox = Witness(lambda: len(kept_rows(ports)))
    for number in range(3):
        mailbox.put(letter(f"vraag {number}", message_id=f"<{number}@minbz.example>"))
    poll_once(mailbox, Intake("academy", "academy", lambda mails: accept(mails, ports), ports.now))
    assert not mailbox.mails
    assert mailbox.seen == [(3, 3)], f"mail was removed before it was kept (asked to remove, rows kept): {mailbox.seen}"


def test_no_expunge_without_uids(account: Account, connect: Connect) -> None:
    for number in range(3):
        account.append(letter(f"vraag {number}"))
    with ImapProxy((account.host, account.port)) as proxy:
        mailbox = connect(account, port=proxy.port)
        mailbox.done([mail.id for mail in mailbox.fetch(mailbox.new_ids(10).ids[:2])])
        mailbox.leave()
        said = proxy.commands()
    assert not {"EXPUNGE", "CLOSE"} & set(said), f"a bare EXPUNGE or CLOSE removes what others flagged: {said}"
    assert "UID EXPUNGE" in said


def test_the_same_message_id_with_other_words_is_another_mail(ports: Ports) -> None:
    raws = [letter("eerste vraag"), letter("tweede vraag")]
    accept([(raw, envelope(ports, raw, uid=uid)) for uid, raw in enumerate(raws, 1)], ports)
    kept = sorted(ports.blobs.read(key) for key in kept_rows(ports) if key)
    assert kept == sorted(raws), "a Message-ID took the place of the content: a mail was lost"


def test_the_outbox_row_lives_and_dies_with_the_entry(ports: Ports) -> None:
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ticket = unit.session.scalars(select(Ticket)).one()
    before = _counts(ports)
    answer = Answer("Dat kan.", (ASKER,), "done", ticket.version, "form-1")

    def answer_and_fail() -> None:
        with unit_of_work(ports, SYSTEM) as unit:
            replying.reply(unit, ticket.number, answer)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        answer_and_fail()
    assert _counts(ports) == before, "a mail was queued although its entry was rolled back"
    with unit_of_work(ports, SYSTEM) as unit:
        replying.reply(unit, ticket.number, answer)
    assert _counts(ports) == (before[0] + 1, before[1] + 1)


def _counts(ports: Ports) -> tuple[int, int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return len(unit.session.scalars(select(Entry)).all()), len(unit.session.scalars(select(OutgoingMail)).all())
