"""Rounds over a mailbox in a list: nothing is removed before it is kept, and nothing stops the rest."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from helpdesk.errors import HelpdeskError, Unavailable
from mail_ingest.envelope import Envelope, Raw, Receipt
from mail_ingest.mailbox_port import MailId
from mail_ingest.poller import ALONE, FIRST_MAILS, LAST, Intake, Limits, PollResult, Rounds, batches, poll_once, start
from tests.fakes_mailbox import ARRIVED, Door, ListMailbox
from tests.services.process import wait_until

BROKEN = Unavailable("broken", code="mailbox.broken")
FULL = Unavailable("full", code="disk_full")


def intake_of(door: Door, *, hold: Callable[[], bool] = lambda: True, limits: Limits | None = None) -> Intake:
    now = ARRIVED + dt.timedelta(minutes=3)
    return Intake("academy-box", "academy", door.accept, lambda: now, hold, limits or Limits())


def mailbox_of(count: int, **more: object) -> ListMailbox:
    mailbox = ListMailbox(**more)  # type: ignore[arg-type] # each test names real fields
    for number in range(count):
        mailbox.put(b"Subject: %d\r\n\r\nhello\r\n" % number)
    return mailbox


def test_a_round_keeps_then_removes_and_counts() -> None:
    mailbox, door = mailbox_of(3), Door()
    result = poll_once(mailbox, intake_of(door))
    assert (result.lying, result.removed, result.left, result.more) == (3, 3, (), False)
    assert result.states == {"received": 3}
    assert result.longest_stay == dt.timedelta(minutes=3)
    assert not mailbox.mails
    envelope = door.kept[0][1]
    assert (envelope.source, envelope.mailbox, envelope.desk) == ("imap", "academy-box", "academy")
    assert (envelope.uidvalidity, envelope.uid, envelope.arrived_at) == (1, 1, ARRIVED)
    assert envelope.sender is None


@pytest.mark.parametrize("verb", ["new_ids", "fetch", "done"])
def test_a_fault_at_a_verb_loses_nothing(verb: str) -> None:
    mailbox, door = mailbox_of(3, failures={verb: [BROKEN]}), Door()
    intake = intake_of(door)
    with pytest.raises(Unavailable):
        poll_once(mailbox, intake)
    assert len(mailbox.mails) == 3
    poll_once(mailbox, intake)
    assert not mailbox.mails
    assert set(door.raws) == {b"Subject: %d\r\n\r\nhello\r\n" % number for number in range(3)}


@pytest.mark.parametrize("fault", [FULL, ZeroDivisionError()])
def test_what_cannot_be_kept_stays(fault: Exception) -> None:
    mailbox, door = mailbox_of(2), Door(failures=[fault])
    with pytest.raises(type(fault)):
        poll_once(mailbox, intake_of(door))
    assert len(mailbox.mails) == 2
    assert "done" not in mailbox.calls


def test_batches_are_bounded_by_count_and_bytes() -> None:
    ids = [MailId(1, uid, size) for uid, size in enumerate([10, 10, 90, 200, 5, 5, 5], 1)]
    made = [[mail.uid for mail in batch] for batch in batches(ids, Limits(100, 3), Counter())]
    assert made == [[1, 2], [3], [4], [5, 6, 7]]


def test_a_round_begins_with_a_small_batch_and_doubles_it() -> None:
    ids = [MailId(1, uid, 10) for uid in range(1, 501)]
    made = [len(batch) for batch in batches(ids, Limits(), Counter())]
    assert made == [FIRST_MAILS, 2 * FIRST_MAILS, 4 * FIRST_MAILS, 200, 125]


def test_a_mail_that_breaks_rounds_goes_alone_and_then_last() -> None:
    ids = [MailId(1, uid, 10) for uid in range(1, 6)]
    alone = Counter({ids[1]: ALONE})
    assert [[m.uid for m in batch] for batch in batches(ids, Limits(), alone)] == [[1], [2], [3, 4, 5]]
    last = Counter({ids[1]: LAST})
    assert [[m.uid for m in batch] for batch in batches(ids, Limits(), last)] == [[1, 3, 4, 5], [2]]


def test_a_mail_on_which_the_server_breaks_does_not_stop_the_rest() -> None:
    mailbox, door = mailbox_of(120, poison=frozenset({7})), Door()
    intake = intake_of(door)
    for _ in range(8):
        with pytest.raises(Unavailable):
            poll_once(mailbox, intake)
    assert list(mailbox.mails) == [7]
    mailbox.poison = frozenset()
    poll_once(mailbox, intake)
    assert not mailbox.mails
    assert len(set(door.raws)) == 120
    assert not intake.broke


def test_a_full_disk_blames_no_mail() -> None:
    mailbox, door = mailbox_of(3), Door(failures=[FULL] * 9)
    intake = intake_of(door)
    for _ in range(9):
        with pytest.raises(Unavailable):
            poll_once(mailbox, intake)
    poll_once(mailbox, intake)
    assert door.batches == [3]


def test_files_of_big_mails_are_gone_whether_kept_or_not(tmp_path: Path) -> None:
    mailbox = mailbox_of(1, spool=tmp_path, big=5)
    door = Door(failures=[FULL])
    with pytest.raises(Unavailable):
        poll_once(mailbox, intake_of(door))
    assert not list(tmp_path.iterdir())
    poll_once(mailbox, intake_of(door))
    assert door.raws == [b"Subject: 0\r\n\r\nhello\r\n"]
    assert door.kept[0][1].size == len(door.raws[0])
    assert not list(tmp_path.iterdir())


def test_the_next_batch_is_read_while_one_is_kept_and_removed_only_after() -> None:
    mailbox, door = mailbox_of(6), Door()
    seen: list[list[str]] = []

    def accept(mails: Sequence[tuple[Raw, Envelope]]) -> Sequence[Receipt]:
        expected = (min(len(seen) + 2, 3), len(seen))
        wait_until(lambda: (mailbox.calls.count("fetch"), mailbox.calls.count("done")) == expected, 5)
        seen.append(list(mailbox.calls))
        return door.accept(mails)

    intake = intake_of(door, limits=Limits(batch_mails=2))
    intake.accept = accept
    assert poll_once(mailbox, intake).removed == 6
    read_and_removed = [(calls.count("fetch"), calls.count("done")) for calls in seen]
    assert read_and_removed == [(2, 0), (3, 1), (3, 2)]


def test_files_read_ahead_of_a_batch_that_is_not_kept_are_gone(tmp_path: Path) -> None:
    mailbox = mailbox_of(4, spool=tmp_path, big=5)
    door = Door(failures=[FULL])
    intake = intake_of(door, limits=Limits(batch_mails=2))
    with pytest.raises(Unavailable):
        poll_once(mailbox, intake)
    assert mailbox.calls.count("fetch") == 2
    assert not list(tmp_path.iterdir())
    assert len(mailbox.mails) == 4
    assert poll_once(mailbox, intake).removed == 4


def test_a_batch_that_cannot_be_read_leaves_the_one_before_kept_and_removed() -> None:
    mailbox, door = mailbox_of(4, poison=frozenset({3})), Door()
    with pytest.raises(Unavailable):
        poll_once(mailbox, intake_of(door, limits=Limits(batch_mails=2)))
    assert list(mailbox.mails) == [3, 4]
    assert len(door.kept) == 2


def test_a_lost_lease_ends_the_round_between_batches() -> None:
    mailbox, door = mailbox_of(6), Door()
    answers = iter([True, True, False])
    result = poll_once(mailbox, intake_of(door, hold=lambda: next(answers), limits=Limits(batch_mails=2)))
    assert result.removed == 4
    assert result.more
    assert len(mailbox.mails) == 2


def test_what_cannot_be_removed_is_reported_and_not_fetched_again() -> None:
    mailbox, door = mailbox_of(2, can_remove=False), Door()
    intake = intake_of(door)
    assert poll_once(mailbox, intake).left == (1, 2)
    second = poll_once(mailbox, intake)
    assert (second.left, second.removed, second.more) == ((1, 2), 0, False)
    assert len(door.kept) == 2


def run_rounds(mailbox: ListMailbox, intake: Intake, until: int) -> list[PollResult | HelpdeskError | None]:
    told: list[PollResult | HelpdeskError | None] = []
    stop = threading.Event()

    def report(outcome: PollResult | HelpdeskError | None) -> None:
        told.append(outcome)
        if len(told) == until:
            stop.set()

    for thread in start([Rounds(mailbox, intake, report, wait_seconds=0.01)], stop):
        thread.join(20)
        assert not thread.is_alive()
    return told


def test_rounds_go_on_after_faults_and_leave_at_the_end() -> None:
    mailbox = mailbox_of(2, failures={"new_ids": [BROKEN, RuntimeError("a bug")]})
    door = Door()
    told = run_rounds(mailbox, intake_of(door), 3)
    assert [type(outcome).__name__ for outcome in told] == ["Unavailable", "HelpdeskError", "PollResult"]
    assert not mailbox.mails
    assert mailbox.calls[-1] == "leave"


def test_without_the_lease_the_mailbox_is_left_alone() -> None:
    mailbox, door = mailbox_of(2), Door()
    assert run_rounds(mailbox, intake_of(door, hold=lambda: False), 3) == [None, None, None]
    assert set(mailbox.calls) == {"leave"}
    assert len(mailbox.mails) == 2


def test_more_than_a_round_lists_is_fetched_without_waiting() -> None:
    mailbox, door = mailbox_of(5), Door()
    told = run_rounds(mailbox, intake_of(door, limits=Limits(round_mails=2)), 3)
    assert [outcome.more for outcome in told if isinstance(outcome, PollResult)] == [True, True, False]
    assert not [call for call in mailbox.calls if call.startswith("wait")]
