"""A mailbox in a list, which can fail at each verb; and a door that remembers what it was given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from helpdesk.errors import Unavailable
from mail_ingest.envelope import Envelope, Raw, Receipt
from mail_ingest.mailbox_port import FetchedMail, Listing, MailId

ARRIVED = dt.datetime(2026, 3, 2, 9, 0, tzinfo=dt.UTC)


@dataclass
class ListMailbox:
    """Mails by UID. `failures` names a verb and the exceptions its next calls raise, in order."""

    mails: dict[int, bytes] = field(default_factory=dict)
    uidvalidity: int = 1
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    poison: frozenset[int] = frozenset()
    """UIDs on which the connection breaks whenever they are fetched."""
    can_remove: bool = True
    spool: Path | None = None
    """Where mails above `big` bytes go as files."""
    big: int = 4_000_000
    calls: list[str] = field(default_factory=list)
    fetched: list[list[int]] = field(default_factory=list)
    left: set[int] = field(default_factory=set)

    def _call(self, verb: str) -> None:
        self.calls.append(verb)
        if waiting := self.failures.get(verb):
            raise waiting.pop(0)

    def put(self, raw: bytes) -> int:
        """A mail arrives; its UID."""
        uid = max(self.mails, default=0) + 1
        self.mails[uid] = raw
        return uid

    def new_ids(self, most: int) -> Listing:
        self._call("new_ids")
        ids = [MailId(self.uidvalidity, uid, len(raw)) for uid, raw in self.mails.items() if uid not in self.left]
        return Listing(self.uidvalidity, len(self.mails), tuple(ids[:most]), tuple(sorted(self.left)))

    def fetch(self, ids: Sequence[MailId]) -> list[FetchedMail]:
        self._call("fetch")
        self.fetched.append([mail.uid for mail in ids])
        if self.poison & {mail.uid for mail in ids}:
            raise Unavailable("broken", code="mailbox.broken")
        return [FetchedMail(mail, self._raw(mail.uid), ARRIVED) for mail in ids if mail.uid in self.mails]

    def _raw(self, uid: int) -> Raw:
        raw = self.mails[uid]
        if self.spool is None or len(raw) <= self.big:
            return raw
        path = self.spool / f"mail-{uid}"
        path.write_bytes(raw)
        return path

    def done(self, ids: Sequence[MailId]) -> frozenset[int]:
        self._call("done")
        uids = {mail.uid for mail in ids if mail.uidvalidity == self.uidvalidity}
        if not self.can_remove:
            self.left |= uids
            return frozenset(uids)
        for uid in uids:
            self.mails.pop(uid, None)
        return frozenset()

    def wait(self, seconds: float) -> bool:
        self._call(f"wait at most {seconds:.0f}")
        return bool(self.mails)

    def leave(self) -> None:
        self.calls.append("leave")


@dataclass
class Door:
    """An `accept` that keeps everything in a list; `failures` are raised first, in order."""

    kept: list[tuple[bytes, Envelope]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def accept(self, mails: Sequence[tuple[Raw, Envelope]]) -> list[Receipt]:
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append(len(mails))
        self.kept += [(raw if isinstance(raw, bytes) else raw.read_bytes(), envelope) for raw, envelope in mails]
        return [Receipt("received", number) for number in range(1, len(mails) + 1)]

    @property
    def raws(self) -> list[bytes]:
        return [raw for raw, _envelope in self.kept]
