"""Puts restored files in the place of what was there: beside it first, then by renaming, with a mark while it lasts.

A crash while the mark stands lets nothing start: the restore is given again and begins anew.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.errors import Misconfigured

BESIDE = ".restoring"
_MARK, _OLD = "restore-begun", "blobs.replaced"


def require_whole(data: Path) -> None:
    """Raise Misconfigured when a restore was cut short while things were swapped."""
    if (data / _MARK).exists():
        raise Misconfigured(
            "Nothing starts: a restore was interrupted half-way. Give the same 'helpdesk restore' again.",
            code="restore_interrupted",
        )


def leave_nothing(data: Path, database: str | None) -> None:
    """Remove what a restore left that was killed before it swapped anything, or after: a copy that nobody knows."""
    drop(data, data / _OLD)
    if database:
        now = Path(database)
        now.with_name(now.name + BESIDE).unlink(missing_ok=True)


@contextmanager
def swapping(data: Path) -> Iterator[None]:
    """Whatever happens within must happen whole: the mark goes only when it did, or when it was all undone."""
    mark = data / _MARK
    mark.touch(mode=0o600)
    _sync(data)
    yield
    mark.unlink()
    _sync(data)


def swap_blobs(data: Path) -> Path:
    """The restored blobs in place of the old ones; returns where the old ones lie until `drop`.

    Old ones that an interrupted try left aside are the true ones: what took their place goes.
    """
    now, fresh, old = data / "blobs", data / f"blobs{BESIDE}", data / _OLD
    if old.exists():
        shutil.rmtree(now, ignore_errors=True)
    elif now.exists():
        now.rename(old)
    fresh.rename(now)
    (now / "incoming").mkdir(mode=0o700, exist_ok=True)
    _sync(data)
    return old


def swap_back(data: Path) -> None:
    """The old blobs in their place again: what should have come with the new ones did not."""
    old = data / _OLD
    if old.exists():
        shutil.rmtree(data / "blobs", ignore_errors=True)
        old.rename(data / "blobs")
    (data / _MARK).unlink(missing_ok=True)


def swap_sqlite(fresh: Path, now: Path) -> None:
    """The restored file in place of the old one, whose log must not be taken for its own."""
    for ending in ("-wal", "-shm"):
        now.with_name(now.name + ending).unlink(missing_ok=True)
    fresh.replace(now)
    _sync(now.parent)


def drop(data: Path, *paths: Path) -> None:
    """Remove what was replaced, and whatever an earlier try left."""
    for path in (*paths, data / f"blobs{BESIDE}"):
        shutil.rmtree(path, ignore_errors=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
