"""What a door knows of a mail besides its bytes, and what it gets back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Raw = bytes | Path
Source = Literal["imap", "smtp", "lmtp"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """How one mail came: the door, its place in the mailbox, the SMTP envelope. Times are aware; size in bytes."""

    source: Source
    mailbox: str
    desk: str
    arrived_at: dt.datetime
    size: int
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    uidvalidity: int | None = None
    uid: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The mail is durable: a new row, a duplicate of one, or this very UID seen before."""

    state: Literal["received", "duplicate", "seen"]
    inbound_id: int
