"""Locks on files that go with the process that holds them: who is running, who wants to be alone. Knows no database."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpdesk.errors import Conflict, Unavailable

IN_USE, BOOT = "in-use.lock", "boot.lock"
_TAKING_PART: dict[Path, int] = {}
"""Descriptors that stay open until the process ends, so that the lock does too; its forks inherit them."""


def _opened(path: Path) -> int:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as fault:
        raise Unavailable("The data folder can't be written now.", code="disk") from fault


def take_part(path: Path) -> None:
    """Be one of those who run, until this process ends. Raises Conflict while somebody wants to be alone."""
    if path in _TAKING_PART:
        return
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(descriptor)
        raise Conflict(
            "A backup is being restored at this moment: start again when it is done.", code="busy"
        ) from fault
    _TAKING_PART[path] = descriptor


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Run while nobody else does. Raises Conflict when somebody does."""
    descriptor = _opened(path)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            raise Conflict("Processes of the helpdesk are running: stop all of them first.", code="in_use") from fault
        yield
    finally:
        os.close(descriptor)


@contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Wait until nobody else does this."""
    descriptor = _opened(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
