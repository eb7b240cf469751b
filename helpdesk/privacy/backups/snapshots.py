"""The database at one moment, copied while others write: the online backup of SQLite, pg_dump of PostgreSQL.

What is read beside the copy (the ledger's place, the names of blobs) is read in the same snapshot.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, func, select, text
from sqlalchemy.orm import Session

from helpdesk.errors import Unavailable
from helpdesk.models import Base, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.backups.programs import connection_words, run

Say = Callable[[str, int, int], None]
"""Is told how far it is: what is being copied, how much of it, of how much (0 where that is not known)."""
_PAGES = 2_000
"""Pages of SQLite copied in one step: 8 MB."""
_SOME = 1_000


@contextmanager
def snapshot(ports: Ports) -> Iterator[Session]:
    """A session that sees the database as it is now until it is left, whatever others write meanwhile."""
    engine = ports.engine.execution_options(reading=True)
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.connect() as connection, Session(bind=connection) as session:
        session.execute(select(func.count()).select_from(Base.metadata.tables["flag"]))
        yield session


def copy_database(ports: Ports, session: Session, target: Path, say: Say) -> None:
    """Copy what this snapshot sees into a file. Raises Unavailable."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        _copy_sqlite(connection, target, say)
        return
    name = session.scalar(text("SELECT pg_export_snapshot()"))
    schema = session.scalar(text("SELECT current_schema()"))
    say("database", 0, 0)
    with connection_words(ports.engine.url) as words:
        where = ("--snapshot", str(name), "--schema", str(schema), "--file", str(target), "--dbname", words)
        run(ports, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password", *where)


def _copy_sqlite(connection: Connection, target: Path, say: Say) -> None:
    """Within the snapshot's own transaction, so that writers neither wait nor make it begin anew."""
    source = connection.connection.driver_connection
    if not isinstance(source, sqlite3.Connection):
        raise AssertionError("SQLite is reached by Python's own driver")
    target.touch(mode=0o600)
    copied = sqlite3.connect(target, isolation_level=None)
    try:
        source.backup(copied, pages=_PAGES, progress=lambda _state, left, all_: say("database", all_ - left, all_))
        copied.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as fault:
        raise Unavailable("The database can't be copied now.", code="backup_database") from fault
    finally:
        copied.close()


def blob_names(session: Session) -> Iterator[str]:
    """Every key of bytes that a row of this snapshot names, a few at a time."""
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("blob"):
                named = select(column).where(column.is_not(None)).execution_options(yield_per=_SOME)
                yield from session.scalars(named)


def tickets_of(session: Session) -> int:
    """How many tickets it holds."""
    return session.scalar(select(func.count()).select_from(Ticket)) or 0
