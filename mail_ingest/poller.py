"""Empties a mailbox through the door, round by round. Knows no IMAP and no database: both come as parameters."""

from __future__ import annotations

import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from helpdesk.errors import HelpdeskError, Unavailable
from mail_ingest.envelope import Envelope, Raw, Receipt
from mail_ingest.mailbox_port import FetchedMail, Listing, Mailbox, MailId
from mail_ingest.spool import discard

log = logging.getLogger(__name__)

Accept = Callable[[Sequence[tuple[Raw, Envelope]]], Sequence[Receipt]]
LONGEST_WAIT = 15.0
"""Seconds between two rounds in IDLE: a lost hint, a lapsed lease or a dead line costs no more than this."""
AFTER_MAIL = 1.0
"""Seconds until the next look after a round that found mail: the next one often comes on its heels."""
LONGEST_BACK_OFF = 60.0
ALONE, LAST = 2, 4
"""A mail on which so many rounds broke is fetched alone, and then after all others, so that it stops nobody."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one batch (bytes in memory and mails per commit) and of one round (mails listed)."""

    batch_bytes: int = 8_000_000
    batch_mails: int = 50
    round_mails: int = 500


@dataclass(frozen=True)
class PollResult:
    """What one round did. `lying` is the server's count before it, `longest_stay` arrival to removal at its worst."""

    uidvalidity: int = 0
    lying: int = 0
    states: Counter[str] = field(default_factory=Counter)
    removed: int = 0
    left: tuple[int, ...] = ()
    longest_stay: dt.timedelta = dt.timedelta(0)
    more: bool = False


@dataclass
class Intake:
    """Where the mail of one mailbox goes: its desk, the door, the clock and the lease."""

    mailbox: str
    desk: str
    accept: Accept
    now: Callable[[], dt.datetime]
    hold: Callable[[], bool] = lambda: True
    """Take or keep the lease; False means another poller has it. Asked before every batch."""
    limits: Limits = field(default_factory=Limits)
    broke: Counter[MailId] = field(default_factory=Counter)
    """How often a round broke on each mail; cleared as soon as it is through."""


def batches(ids: Sequence[MailId], limits: Limits, broke: Counter[MailId]) -> Iterator[list[MailId]]:
    """Oldest first, bounded by bytes and count; a mail that is bigger than a batch, or broke one before, goes alone."""
    batch: list[MailId] = []
    for mail in sorted(ids, key=lambda mail: (broke[mail] >= LAST, mail.uid)):
        alone = broke[mail] >= ALONE
        full = len(batch) >= limits.batch_mails or sum(m.size for m in batch) + mail.size > limits.batch_bytes
        if batch and (full or alone):
            yield batch
            batch = []
        batch.append(mail)
        if alone:
            yield batch
            batch = []
    if batch:
        yield batch


def poll_once(mailbox: Mailbox, intake: Intake) -> PollResult:
    """One round: list, then fetch, keep and remove batch by batch. A mail is removed only after `accept` returned.

    Raises what broke the round; batches before that are done, the rest lies in the mailbox untouched.
    """
    listing = mailbox.new_ids(intake.limits.round_mails)
    states: Counter[str] = Counter()
    removed, stays, left = 0, [dt.timedelta(0)], set(listing.left)
    for batch in batches(listing.ids, intake.limits, intake.broke):
        if not intake.hold():
            break
        mails, receipts = _take_in(mailbox, intake, batch)
        still = mailbox.done([mail.id for mail in mails])
        left |= still
        gone = [mail for mail in mails if mail.id.uid not in still]
        removed += len(gone)
        stays += [intake.now() - mail.arrived_at for mail in gone if mail.arrived_at]
        states.update(receipt.state for receipt in receipts)
    more = removed > 0 and listing.lying > removed + len(left)
    return _result(listing, states, removed, left, max(stays), more)


def _result(
    listing: Listing, states: Counter[str], removed: int, left: set[int], longest_stay: dt.timedelta, more: bool
) -> PollResult:
    return PollResult(listing.uidvalidity, listing.lying, states, removed, tuple(sorted(left)), longest_stay, more)


def _take_in(mailbox: Mailbox, intake: Intake, batch: list[MailId]) -> tuple[list[FetchedMail], Sequence[Receipt]]:
    """Fetch and keep one batch; blames its mails when it breaks, unless it was us who could not keep anything."""
    mails: list[FetchedMail] = []
    try:
        mails = mailbox.fetch(batch)
        receipts = intake.accept([(mail.raw, _envelope(intake, mail)) for mail in mails]) if mails else []
    except Unavailable as error:
        if error.code.startswith("mailbox."):
            intake.broke.update(batch)
        raise
    except Exception:
        intake.broke.update(dict.fromkeys(batch, ALONE))
        raise
    finally:
        for mail in mails:
            discard(mail.raw)
    for mail_id in batch:
        intake.broke.pop(mail_id, None)
    return mails, receipts


def _envelope(intake: Intake, mail: FetchedMail) -> Envelope:
    size = len(mail.raw) if isinstance(mail.raw, bytes) else mail.raw.stat().st_size
    return Envelope(
        source="imap",
        mailbox=intake.mailbox,
        desk=intake.desk,
        arrived_at=mail.arrived_at or intake.now(),
        size=size,
        uidvalidity=mail.id.uidvalidity,
        uid=mail.id.uid,
    )


@dataclass
class Rounds:
    """The endless work on one mailbox, for one thread.

    `report` is told after every round what it did, or what went wrong; None means that another poller has the lease.
    """

    mailbox: Mailbox
    intake: Intake
    report: Callable[[PollResult | HelpdeskError | None], None]
    wait_seconds: float = LONGEST_WAIT

    def poll_forever(self, stop: threading.Event) -> None:
        """Rounds until `stop`; after a fault the next one waits 1, 2, 4 … 60 seconds. Raises nothing."""
        faults = 0
        while not stop.is_set():
            outcome = self._round()
            if isinstance(outcome, HelpdeskError):
                faults += 1
                self.mailbox.leave()
                stop.wait(min(2.0 ** (faults - 1), LONGEST_BACK_OFF))
                continue
            faults = 0
            if outcome is None:
                self.mailbox.leave()
                stop.wait(self.wait_seconds)
            elif not outcome.more:
                self._await_mail(AFTER_MAIL if outcome.removed else self.wait_seconds, stop)
        self.mailbox.leave()

    def _round(self) -> PollResult | HelpdeskError | None:
        outcome: PollResult | HelpdeskError | None
        try:
            outcome = poll_once(self.mailbox, self.intake) if self.intake.hold() else None
        except HelpdeskError as error:
            outcome = error
        except Exception as error:
            log.error("poller", extra={"mailbox": self.intake.mailbox, "fault": type(error).__name__})
            outcome = HelpdeskError("A fault in the poller: {fault}.", code="poller.fault", fault=type(error).__name__)
        try:
            self.report(outcome)
        except HelpdeskError as error:
            return error
        return outcome

    def _await_mail(self, seconds: float, stop: threading.Event) -> None:
        """In steps of a second, so that `stop` is heard. A line that breaks here shows in the next round."""
        end = time.monotonic() + seconds
        try:
            while not stop.is_set() and (rest := end - time.monotonic()) > 0:
                if self.mailbox.wait(min(1.0, rest)):
                    return
        except Unavailable as error:
            log.warning("mailbox_wait", extra={"mailbox": self.intake.mailbox, "code": error.code})


def start(rounds: Sequence[Rounds], stop: threading.Event) -> list[threading.Thread]:
    """One thread per mailbox, so that a slow or broken server delays no other; join them after `stop` is set."""
    threads = [
        threading.Thread(target=one.poll_forever, args=(stop,), name=f"poll-{one.intake.mailbox}", daemon=True)
        for one in rounds
    ]
    for thread in threads:
        thread.start()
    return threads
