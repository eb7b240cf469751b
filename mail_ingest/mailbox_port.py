"""The mailbox as the poller sees it: four verbs and a way to wait. No IMAP here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from mail_ingest.envelope import Raw


@dataclass(frozen=True, slots=True)
class MailId:
    """Where a mail lies (RFC 3501 section 2.3.1.1) and the size the server gives for it, in bytes."""

    uidvalidity: int
    uid: int
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in the mailbox: `ids` wait to be fetched, oldest first; `left` were taken in but can't be removed."""

    uidvalidity: int
    lying: int
    ids: tuple[MailId, ...]
    left: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """One mail as the server has it; `arrived_at` is its INTERNALDATE, None when the server's date is unreadable."""

    id: MailId
    raw: Raw
    arrived_at: dt.datetime | None


class Mailbox(Protocol):
    """One mailbox. Every verb raises Unavailable with a code `mailbox.*`; after that the next verb connects anew."""

    def new_ids(self, most: int) -> Listing:
        """List all mail whatever its flags, with at most `most` ids, lowest UID first."""

    def fetch(self, ids: Sequence[MailId]) -> list[FetchedMail]:
        """Read mails and change nothing, not even a flag; one that is gone meanwhile is left out.

        A big mail is a file in the spool folder, which the caller unlinks.
        """

    def done(self, ids: Sequence[MailId]) -> frozenset[int]:
        """Remove exactly these mails; returns the UIDs that lie there still, flagged and not listed again."""

    def wait(self, seconds: float) -> bool:
        """Wait for new mail at most so long; True as soon as the server says there is some."""

    def leave(self) -> None:
        """End the connection; never raises."""
