"""The seams to the outside: blobs, bus, jobs, mailer and clock, as protocols; and the jobs by name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy import Engine

from helpdesk.keys import Keys
from helpdesk.settings import Settings

FILE_WAITING = "workers.inbound:file_waiting"
DELIVER_WAITING = "workers.outbound:deliver_waiting"
CLEAN_WAITING = "workers.cleaning:clean_waiting"
SWEEP = "workers.upkeep:sweep"
CHECK_ALARMS = "workers.upkeep:check_alarms"
CHECK_AGES = "workers.upkeep:check_ages"
EXPIRE_BACKUPS = "workers.upkeep:expire_backups"
IMPORT_WAITING = "workers.importing:import_waiting"
HOLD_WAITING = "workers.holding:hold_waiting"
DISPOSAL_WAITING = "workers.destroying:disposal_waiting"
RIGHTS_WAITING = "workers.rights:rights_waiting"
POLICY_WAITING = "workers.foreseeing:policy_waiting"
CHAT_WAITING = "workers.chatting:chat_waiting"
SCAN_WAITING = "workers.scanning:scan_waiting"
JOBS = (
    FILE_WAITING,
    DELIVER_WAITING,
    CLEAN_WAITING,
    SWEEP,
    CHECK_ALARMS,
    CHECK_AGES,
    EXPIRE_BACKUPS,
    IMPORT_WAITING,
    HOLD_WAITING,
    DISPOSAL_WAITING,
    RIGHTS_WAITING,
    POLICY_WAITING,
    CHAT_WAITING,
    SCAN_WAITING,
)


def note_key(name: str) -> str:
    """The key of a note on the bus; the event stream writes some of them itself."""
    return f"helpdesk:note:{name}"


class Blobs(Protocol):
    """Bytes by random key. A key is staged and durable when `stage` returns, and in its place after `settle`."""

    def stage(self, items: Sequence[bytes | Path | BinaryIO]) -> list[str]:
        """Write and sync all items, a stream from its start; returns their keys in order.

        Raises Unavailable, keeping nothing.
        """

    def hatch(self) -> Path:
        """The folder where a process of ours may lay bytes, each under a fresh random key of 32 hexadecimal digits."""

    def adopt(self, keys: Sequence[str]) -> None:
        """Sync bytes that were laid there: they are staged from now on. Raises Unavailable when they are not there."""

    def settle(self, keys: Iterable[str]) -> None:
        """Move staged bytes to their place; settled or unknown keys are passed over, so it may be repeated."""

    def read(self, key: str, limit: int | None = None) -> bytes:
        """The bytes, at most `limit` of them. Raises NotFound."""

    def open(self, key: str) -> BinaryIO:
        """A stream of the bytes. Raises NotFound."""

    def places(self, key: str) -> tuple[Path, ...]:
        """Where the bytes may lie, in the order to look, for a process of ours that reads them itself."""

    def size(self, key: str) -> int:
        """Number of bytes. Raises NotFound."""

    def destroy(self, keys: Iterable[str]) -> None:
        """Unlink and sync the folders; unknown keys are passed over."""

    def staged(self) -> Iterator[tuple[str, dt.datetime]]:
        """Keys not yet settled, with the time they were written."""

    def keys(self, start: str = "") -> Iterator[str]:
        """All settled keys, or those that begin with these two digits."""

    def strangers(self) -> list[str]:
        """Names beside the blobs that no adapter of ours makes."""

    def free(self) -> int:
        """Bytes free on the disk that holds them."""


class Bus(Protocol):
    """Hints between processes, and notes that last seconds: ids, times and fixed words only.

    A lost hint costs a delay, never a fact; a lost note says that nothing is known.
    """

    def publish(self, hints: Mapping[str, dict[str, int | str]]) -> None:
        """Tell whoever listens, by topic; never raises."""

    def note(self, notes: Mapping[str, str], seconds: int) -> None:
        """Keep a word under each name, for so many seconds; never raises."""

    def noted(self, names: Sequence[str], also: Mapping[str, str] | None = None, seconds: int = 0) -> list[str | None]:
        """The words under these names; none where there is none. Raises Unavailable when it can't be asked.

        Notes that are to be kept, for so many seconds, may go with the question.
        """


class Jobs(Protocol):
    """Nudges to the workers. The rows are the queue."""

    def nudge(self, name: str) -> None:
        """Ask a worker to run the job soon; never raises, and a nudge already waiting is enough."""

    def ping(self) -> None:
        """Raise Unavailable when the queue can't be reached."""

    def keeps_on_disk(self) -> bool:
        """Whether the queue writes what it holds to disk, which it must not. Raises Unavailable."""

    def strangers(self) -> list[str]:
        """Kinds of keys beside the queue's that no adapter of ours makes; none when it can't be reached."""


@dataclass(frozen=True)
class Delivery:
    """What the relay said: per refused recipient its code, and the code for the rest."""

    refused: dict[str, str] = field(default_factory=dict)
    code: str = "250"


class Mailer(Protocol):
    """Hands one mail to the relay."""

    def send(self, sender: str, recipients: Sequence[str], message: bytes) -> Delivery:
        """Returns when the relay has taken it for at least one recipient.

        Raises TemporaryRefusal or PermanentRefusal (RFC 5321 4yz, 5yz), or Unavailable when it can't be reached.
        """

    def ping(self) -> None:
        """Raise Unavailable, with a sentence, when the relay does not greet."""


class Scanner(Protocol):
    """Looks through the bytes of a file for what must not be passed on."""

    def finds(self, stream: BinaryIO) -> bool:
        """Whether there is something in them. Raises Unavailable when that can't be said now."""

    def ping(self) -> None:
        """Raise Unavailable when it does not answer."""


class Ledger(Protocol):
    """The ledger of destruction, outside the database: lines that are only ever appended."""

    def locked(self) -> AbstractContextManager[None]:
        """Let one process at a time append. Raises Unavailable."""

    def exists(self) -> bool:
        """Whether there is a ledger at all."""

    def lines(self) -> Iterator[str]:
        """All finished lines in order."""

    def last(self) -> str | None:
        """The last finished line."""

    def append(self, lines: Sequence[str], month: str) -> None:
        """Write lines behind the last finished one and sync, under the lock; `month` (2031-03) is all its time says.

        Raises Unavailable.
        """


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was sent to the provider of work accounts with, and what its answer must fit."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class WorkAccount:
    """Who signed in, as the provider says: its own name for the person, and an address it calls theirs, if any."""

    subject: str
    address: str | None


class WorkAccounts(Protocol):
    """The provider of work accounts that the operator named (OpenID Connect). No token is kept."""

    def sign_in_address(self, asked: Asked, now: dt.datetime) -> str:
        """Where the browser goes to sign in. Raises Unavailable."""

    def who(self, code: str, asked: Asked, now: dt.datetime) -> WorkAccount:
        """Whom this code stands for. Raises Unavailable, and Conflict when the answer is not to be believed."""

    def ping(self, now: dt.datetime) -> None:
        """Ask it how it is used. Raises Unavailable, and Misconfigured when it is another one."""


class Now(Protocol):
    """The clock on the wall (the retention clock is another thing)."""

    def __call__(self) -> dt.datetime:
        """The time, aware, in UTC."""


@dataclass(frozen=True)
class Ports:
    """Everything a unit may reach, bundled."""

    settings: Settings
    keys: Keys
    engine: Engine
    blobs: Blobs
    bus: Bus
    jobs: Jobs
    mailer: Mailer
    now: Now
    ledger: Ledger
    holder: str
    scanner: Scanner | None = None
    work_accounts: WorkAccounts | None = None
