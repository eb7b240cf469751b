"""Engines for SQLite and PostgreSQL, with the settings that durability and destruction rest on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

_PATIENCE, _IN_LINE, _AGAIN = 15, 2, 0.0005
"""Seconds for which SQLite's locks are waited for, of these in line at most, and between two tries."""
_LINE = "-line"
"""What the name of the file at which writers stand in line ends in; it is empty."""
_LOG, _LONG_LOG = 1_000, 10_000
"""Pages of SQLite's log from which on a commit puts them into the file: its own number, and one of 40 MB for processes
that leave it to the others, and do it themselves only where no other is at work."""
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA secure_delete=ON",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA busy_timeout={_PATIENCE * 1000}",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-8192",
)
"""The cache is 8 MB a connection: a search reads a thousand tickets wherever they lie, and their index each time."""

_LZ4 = """
select set_config(name, 'lz4', false) from pg_settings
where name = 'default_toast_compression' and 'lz4' = any(enumvals)
"""
"""A long text costs less than half as much to write as with PostgreSQL's own method, where the server has this one."""


def connect_database(url: str, *, durable: bool = True, awaited: bool = False) -> Engine:
    """An engine on which write units begin with the write lock on SQLite and reading units without it.

    The connection used last is used next: it has its pages in the cache, and its statements planned.
    PostgreSQL compiles nothing just in time: our statements are short, and planned for 32 partitions they look dear.
    `awaited` says that people wait for what is written: SQLite's log is left to other processes to put into the file.
    `durable=False` is for throw-away test databases only: commits are not synced.
    """
    if url.startswith("sqlite"):
        return _sqlite(url, durable, _LONG_LOG if awaited else _LOG)
    options = "" if durable else "-c synchronous_commit=off"
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_use_lifo=True,
        pool_size=20,
        max_overflow=20,
        connect_args={"connect_timeout": 5, "options": f"-c timezone=UTC -c lock_timeout=15s -c jit=off {options}"},
    )

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.execute(_LZ4)
        connection.commit()

    return engine


def _sqlite(url: str, durable: bool, log_pages: int) -> Engine:
    engine = create_engine(
        url,
        pool_use_lifo=True,
        pool_size=20,
        max_overflow=20,
        connect_args={"timeout": _PATIENCE, "check_same_thread": False},
    )
    line = _Line(f"{engine.url.database}{_LINE}")

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute(f"PRAGMA wal_autocheckpoint={log_pages}")
        if not durable:
            connection.execute("PRAGMA synchronous=OFF")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if connection.get_execution_options().get("reading", False):
            connection.exec_driver_sql("BEGIN")
        else:
            _begin_writing(connection, line)

    return engine


def _begin_writing(connection: Connection, line: _Line) -> None:
    """Take the write lock: the first in line asks for it every half millisecond.

    SQLite itself asks less and less often, and whoever takes the lock time and again, with a moment between, keeps
    others out for long. With a line it stands behind whoever waits already.
    """
    raw: Any = connection.connection.driver_connection
    until = time.monotonic() + _PATIENCE
    raw.execute("PRAGMA busy_timeout=0")
    try:
        with line.at_its_head():
            _until(lambda: not _is_busy(raw), until)
        if not raw.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        raw.execute(f"PRAGMA busy_timeout={_PATIENCE * 1000}")


class _Line:
    """Where writers stand: the threads of a process at a lock of theirs, and who is first there at a file's.

    Good manners, and no more: SQLite's own lock decides. So nobody waits for long for one that was stopped, and a file
    that can't be opened is done without.
    """

    def __init__(self, path: str) -> None:
        self._path, self._threads = path, threading.Lock()

    @contextlib.contextmanager
    def at_its_head(self) -> Iterator[None]:
        """Wait until nobody else is first, and be that."""
        first = self._threads.acquire(timeout=_IN_LINE)
        try:
            with self._before_other_processes():
                yield
        finally:
            if first:
                self._threads.release()

    @contextlib.contextmanager
    def _before_other_processes(self) -> Iterator[None]:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            yield
            return
        try:
            _until(lambda: _locks(descriptor), time.monotonic() + _IN_LINE)
            yield
        finally:
            # Said aloud: a process that was forked off meanwhile has the descriptor too, and would keep the lock.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


def _until(so: Callable[[], bool], until: float) -> None:
    while not so() and time.monotonic() < until:
        time.sleep(_AGAIN)


def _locks(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_busy(raw: sqlite3.Connection) -> bool:
    """Whether another has the lock; otherwise we have it now, or something else is wrong."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.Error as fault:
        return fault.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return False
