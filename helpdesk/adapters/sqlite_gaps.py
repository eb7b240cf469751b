"""Overwrites what SQLite leaves between the rows of a page: `python sqlite_gaps.py FILE [SECONDS]`.

`secure_delete` overwrites a row where it stands. But when a page is laid out anew, because rows moved to a neighbour,
what stood there before stays in the unused middle of the page, and no later delete reaches that copy. This program puts
zeros there, and into the free blocks of pages: bytes that belong to no row (https://sqlite.org/fileformat2.html, 1.6).

It runs as a process of its own, because closing the file by hand would take the locks of SQLite in the same process
(https://sqlite.org/howtocorrupt.html, 2.2). It writes under the write lock and while the log is empty, a moment at a
time; where it wrote, it commits a row, so that every other connection forgets the pages it holds in memory. Pages are
fetched before that and synced after it, without the lock.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

CHUNK, HOLD = 2000, 0.02
"""Pages looked at under one lock at most, and the seconds after which it is let go, however many they were by then."""
_TREE_PAGES = {2: 12, 5: 12, 10: 8, 13: 8}
"""The first byte of a page of a tree, and how long its header is. Other pages begin with the high byte of a number."""
_MOST_PAGES = 1 << 25
_STEP, _BREATH = 0.05, 0.005
"""Seconds until the lock is asked for again, and between two chunks, so that others get it."""
_FOR_READERS, _FOR_WRITERS = 50, 15_000
"""Milliseconds: nobody can write while readers are waited for."""


class BusyError(Exception):
    """Somebody reads or writes without a pause."""


def gaps(page: bytes, at: int) -> Iterator[tuple[int, int]]:
    """The stretches of a page that belong to no row; its header begins `at` this byte. None of pages of other kinds."""
    header = _TREE_PAGES.get(page[at])
    if header is None:
        return

    def number(place: int) -> int:
        return int.from_bytes(page[place : place + 2], "big")

    rows_end = at + header + 2 * number(at + 3)
    content = number(at + 5) or 65536
    if rows_end <= content <= len(page):
        yield rows_end, content
    block = number(at + 1)
    while block and block + 4 <= len(page):
        # Its first four bytes say where the next one is and how long this one is.
        yield block + 4, min(block + number(block + 2), len(page))
        following = number(block)
        block = following if following > block else 0


def overwrite(path: Path, patience: float = 30.0) -> int:
    """Put zeros into every gap of the database in this file. Returns how many pages held something there.

    Raises BusyError when the log is never empty for so many seconds, sqlite3.Error when the file can't be used.
    """
    raw = os.open(path, os.O_RDWR)  # closed by the end of the process, and not before
    database = sqlite3.connect(path, isolation_level=None, timeout=15)
    size = int(database.execute("PRAGMA page_size").fetchone()[0])
    first, changed = 0, 0
    while True:
        os.posix_fadvise(raw, first * size, CHUNK * size, os.POSIX_FADV_WILLNEED)
        _take_lock(database, path, patience)
        pages = os.fstat(raw).st_size // size
        if pages >= _MOST_PAGES:
            raise sqlite3.DatabaseError("the file is too large to be looked through")
        first, here = _clean_some(raw, first, pages, size)
        if here:
            now = (str(time.monotonic_ns()),)
            database.execute("INSERT OR REPLACE INTO flag (name, value) VALUES ('gaps', ?)", now)
        database.execute("COMMIT")
        if here:
            os.fsync(raw)
        changed += here
        if first >= pages:
            return changed
        time.sleep(_BREATH)


def _clean_some(raw: int, first: int, pages: int, size: int) -> tuple[int, int]:
    """From this page on, until the moment is over. Returns the page to go on with, and how many held something."""
    until, changed, number = time.monotonic() + HOLD, 0, first
    while number < min(first + CHUNK, pages) and time.monotonic() < until:
        changed += _clean(raw, number, size)
        number += 1
    return number, changed


def _clean(raw: int, number: int, size: int) -> bool:
    page = os.pread(raw, size, number * size)
    found = False
    for start, end in gaps(page, 100 if number == 0 else 0):
        if page[start:end].strip(b"\0"):
            os.pwrite(raw, bytes(end - start), number * size + start)
            found = True
    return found


def _take_lock(database: sqlite3.Connection, path: Path, patience: float) -> None:
    """The write lock with nothing in the log: then every page is in the file as it counts."""
    log, until = path.with_name(path.name + "-wal"), time.monotonic() + patience
    while True:
        # Most of the log goes into the file while others write; only the rest while nobody can.
        database.execute("PRAGMA wal_checkpoint(PASSIVE)")
        database.execute(f"PRAGMA busy_timeout={_FOR_READERS}")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute(f"PRAGMA busy_timeout={_FOR_WRITERS}")
        database.execute("BEGIN IMMEDIATE")
        if not log.exists() or log.stat().st_size == 0:
            return
        database.execute("ROLLBACK")
        if time.monotonic() > until:
            raise BusyError
        time.sleep(_STEP)


def main(arguments: list[str]) -> int:
    """0 when it was done, 1 when others were in the way."""
    try:
        overwrite(Path(arguments[0]), *map(float, arguments[1:2]))
    except (BusyError, sqlite3.Error, OSError) as fault:
        sys.stderr.write(f"{type(fault).__name__}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
