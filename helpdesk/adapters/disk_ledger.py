"""The ledger as one file that is only appended to: under a lock, synced, and with no time finer than its month."""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from helpdesk.errors import Unavailable

_LONGEST_LINE = 2_000
_AS_IT_IS = "surrogateescape"
"""A byte that is no text is one that was changed: whoever reads the line says so."""


class DiskLedger:
    """`ledger.jsonl` in a folder of its own, so that a backup of the data need not hold it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ledger.jsonl"
        self._lock = folder / "ledger.lock"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Only one process appends at a time; the lock goes with the process. Raises Unavailable."""
        try:
            self._lock.parent.mkdir(parents=True, exist_ok=True)
            with self._lock.open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as fault:
            raise Unavailable("The ledger can't be reached now.", code="ledger") from fault

    def exists(self) -> bool:
        """Whether there is a ledger at all."""
        return self._file.exists()

    def lines(self) -> Iterator[str]:
        """All lines in order; none when there is no ledger. A last line without its end was never finished."""
        if not self._file.exists():
            return
        with self._file.open("rb") as source:
            # Nothing but the one byte that we write ends a line, so that no other can take its place unseen.
            for line in source:
                if line.endswith(b"\n"):
                    yield line[:-1].decode("utf-8", _AS_IT_IS)

    def last(self) -> str | None:
        """The last finished line."""
        if not self._file.exists():
            return None
        with self._file.open("rb") as source:
            size = source.seek(0, os.SEEK_END)
            source.seek(max(0, size - 2 * _LONGEST_LINE))
            whole = source.read().rpartition(b"\n")[0]
        return whole.rpartition(b"\n")[2].decode("utf-8", _AS_IT_IS) if whole else None

    @staticmethod
    def _finished(source: BinaryIO) -> int:
        """Where the last finished line ends: what a crash left behind it is written over."""
        size = source.seek(0, os.SEEK_END)
        start = source.seek(max(0, size - 2 * _LONGEST_LINE))
        return start + source.read().rfind(b"\n") + 1

    def append(self, lines: Sequence[str], month: str) -> None:
        """Write lines behind the last finished one and sync; call it under the lock. Raises Unavailable."""
        try:
            with self._file.open("r+b" if self._file.exists() else "w+b") as out:
                out.seek(self._finished(out))
                out.truncate()
                out.write("".join(f"{line}\n" for line in lines).encode())
                out.flush()
                os.fsync(out.fileno())
        except OSError as fault:
            if fault.errno == errno.ENOSPC:
                raise Unavailable(
                    "The disk of the ledger is full. Make room on it, then try again.", code="disk_full"
                ) from fault
            raise Unavailable("The ledger can't be written now.", code="ledger") from fault
        first = dt.datetime.strptime(month + "-01 +0000", "%Y-%m-%d %z").timestamp()
        os.utime(self._file, (first, first))
