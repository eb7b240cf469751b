"""Empties a mailbox through the door, round by round. Knows no IMAP and no database: both come as parameters."""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from helpdesk.errors import HelpdeskError, Unavailable
from mail_ingest.envelope import Envelope, Raw, Receipt
from mail_ingest.mailbox_port import FetchedMail, Listing, Mailbox, MailId
from mail_ingest.spool import discard

log = logging.getLogger(__name__)

Accept = Callable[[Sequence[tuple[Raw, Envelope]]], Sequence[Receipt]]
Turn = tuple[list[MailId], list[FetchedMail]]
"""A batch and what the server had of it."""
LONGEST_WAIT = 15.0
"""Seconds between two rounds in IDLE: a lost hint, a lapsed lease or a dead line costs no more than this."""
AFTER_MAIL = 1.0
"""Seconds until the next look after a round that found mail: the next one often comes on its heels."""
LONGEST_BACK_OFF = 60.0
FIRST_MAILS = 25
"""Mails in the first batch of a round; each further one has twice as many: filing begins while the rest is read."""
ALONE, LAST = 2, 4
"""A mail on which so many rounds broke is fetched alone, and then after all others, so that it stops nobody."""


@dataclass(frozen=True)
class Limits:
    """Bounds of one batch (bytes in memory and mails per commit) and of one round (mails listed)."""

    batch_bytes: int = 32_000_000
    batch_mails: int = 200
    round_mails: int = 1000


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
    most = min(FIRST_MAILS, limits.batch_mails)
    for mail in sorted(ids, key=lambda mail: (broke[mail] >= LAST, mail.uid)):
        alone = broke[mail] >= ALONE
        full = len(batch) >= most or sum(m.size for m in batch) + mail.size > limits.batch_bytes
        if batch and (full or alone):
            yield batch
            batch, most = [], min(2 * most, limits.batch_mails)
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
    return _Round(mailbox, intake, listing).run()


class _Round:
    """Two hands: while one batch is being kept, the line to the server removes the one before and reads the next."""

    def __init__(self, mailbox: Mailbox, intake: Intake, listing: Listing) -> None:
        self.mailbox, self.intake, self.listing = mailbox, intake, listing
        self.states: Counter[str] = Counter()
        self.removed, self.longest_stay = 0, dt.timedelta(0)
        self.left = set(listing.left)
        self._todo = batches(listing.ids, intake.limits, intake.broke)

    def run(self) -> PollResult:
        """Only this thread keeps, and only one thread at a time speaks with the server."""
        kept: list[FetchedMail] = []
        with ThreadPoolExecutor(1, thread_name_prefix=f"line-{self.intake.mailbox}") as line:
            batch, mails = self._turn([])
            while batch:
                turn = line.submit(self._turn, kept)
                try:
                    self._keep(batch, mails)
                except BaseException:
                    self._drop(turn)
                    raise
                kept = mails
                try:
                    batch, mails = turn.result()
                except BaseException:
                    with contextlib.suppress(Unavailable):
                        self._remove(kept)
                    raise
        self._remove(kept)
        listing, left = self.listing, tuple(sorted(self.left))
        more = self.removed > 0 and listing.lying > self.removed + len(left)
        return PollResult(listing.uidvalidity, listing.lying, self.states, self.removed, left, self.longest_stay, more)

    def _turn(self, kept: list[FetchedMail]) -> Turn:
        """Remove what is kept, and read the next batch: none when there is no more or the lease is lost."""
        self._remove(kept)
        batch = next(self._todo, [])
        if not batch or not self.intake.hold():
            return [], []
        with self._blaming(batch):
            return batch, self.mailbox.fetch(batch)

    def _keep(self, batch: list[MailId], mails: list[FetchedMail]) -> None:
        try:
            with self._blaming(batch):
                found = [(mail.raw, _envelope(self.intake, mail)) for mail in mails]
                self.states.update(receipt.state for receipt in (self.intake.accept(found) if found else ()))
        finally:
            for mail in mails:
                discard(mail.raw)
        for mail_id in batch:
            self.intake.broke.pop(mail_id, None)

    def _remove(self, kept: list[FetchedMail]) -> None:
        if not kept:
            return
        still = self.mailbox.done([mail.id for mail in kept])
        self.left |= still
        gone = [mail for mail in kept if mail.id.uid not in still]
        self.removed += len(gone)
        stays = [self.intake.now() - mail.arrived_at for mail in gone if mail.arrived_at]
        self.longest_stay = max([self.longest_stay, *stays])

    def _drop(self, turn: Future[Turn]) -> None:
        """What was read ahead of a batch that could not be kept goes again with it, from the mailbox."""
        with contextlib.suppress(Exception):
            for mail in turn.result()[1]:
                discard(mail.raw)

    @contextlib.contextmanager
    def _blaming(self, batch: list[MailId]) -> Iterator[None]:
        """Mark the mails of a batch that broke, unless it was us who could not keep anything."""
        try:
            yield
        except Unavailable as error:
            if error.code.startswith("mailbox."):
                self.intake.broke.update(batch)
            raise
        except Exception:
            self.intake.broke.update(dict.fromkeys(batch, ALONE))
            raise


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
