"""A restore that is only tried: in a folder and database of its own, with processes of its own, and looked at.

Nothing of the helpdesk that runs is touched; what was made for it goes at the end.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, func, make_url, select, text
from sqlalchemy.exc import DBAPIError

from helpdesk.errors import Conflict, Misconfigured
from helpdesk.models import Attachment, Entry, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.backups import catalogue
from helpdesk.privacy.backups.catalogue import Kept
from helpdesk.privacy.backups.making import make
from helpdesk.privacy.backups.restoring import EMPTIED
from helpdesk.privacy.backups.snapshots import Say
from helpdesk.process_locks import alone, one_at_a_time
from helpdesk.retention.ledger import read
from helpdesk.unit import SYSTEM, unit_of_work

_PATIENCE = 3600
_NAME, _LOCK = "helpdesk-drill-", "drill.lock"


@dataclass(frozen=True)
class Scratch:
    """Where it is tried: a data folder with keys, settings and ledger of their own, and a database URL."""

    data: Path
    url: str
    environment: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of ours, in a process of its own, there."""
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "helpdesk", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )


@dataclass
class Report:
    """What was found; `wrong` says in a line each what is not as it should be."""

    backup: str
    tickets: int = 0
    destroyed_again: int = 0
    differences: int = 0
    scanned: int = 0
    found: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether all was as it should be."""
        return not self.wrong

    def line(self) -> str:
        """The RESULT line."""
        numbers = f"tickets={self.tickets} destroyed_again={self.destroyed_again} differences={self.differences}"
        scan = f"scanned_bytes={self.scanned} destroyed_found={self.found} seconds={self.seconds:.1f}"
        return f"RESULT drill backup={self.backup[:12]} {numbers} {scan} verdict={'ok' if self.good else 'wrong'}"


@contextmanager
def place(ports: Ports, environ: Mapping[str, str], url: str) -> Iterator[Scratch]:
    """A place to try in, beside everything. Raises Misconfigured where no database can be had for it."""
    settings = ports.settings
    with one_at_a_time(settings.data / "run" / _LOCK):
        _leave_nothing(ports)
        made = tempfile.TemporaryDirectory(prefix=_NAME, dir=settings.data)
        with made as name, _database(ports, url) as where:
            yield _furnished(ports, environ, Path(name), where)


def _furnished(ports: Ports, environ: Mapping[str, str], data: Path, where: str) -> Scratch:
    """Keys and ledger copied there, and the environment of its processes."""
    settings = ports.settings
    shutil.copytree(settings.data / "secrets", data / "secrets")
    if (settings.data / "ledger").exists():
        shutil.copytree(settings.data / "ledger", data / "ledger")
    said = {**environ, "HELPDESK_DATA": str(data), "HELPDESK_DATABASE": where}
    said["HELPDESK_BACKUP_FOLDER"] = str(catalogue.home(settings).absolute())
    config = settings.data / "helpdesk.toml"
    if "HELPDESK_CONFIG" not in environ and config.exists():
        said["HELPDESK_CONFIG"] = str(config.absolute())
    return Scratch(data, where or f"sqlite:///{data / 'helpdesk.sqlite3'}", said)


def tidy(ports: Ports) -> None:
    """Remove what a drill that was killed left; nothing while one goes on."""
    with suppress(Conflict), alone(ports.settings.data / "run" / _LOCK):
        _leave_nothing(ports)


def _leave_nothing(ports: Ports) -> None:
    """It would be a copy that nobody knows of."""
    for left in ports.settings.data.glob(f"{_NAME}*"):
        shutil.rmtree(left, ignore_errors=True)
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.connect() as connection:
            names = connection.scalars(text("SELECT datname FROM pg_database WHERE datname LIKE 'helpdesk_drill_%'"))
            left_over = names.all()
        for name in left_over:
            _outside(ports.engine, f'DROP DATABASE IF EXISTS "{name}"')


@contextmanager
def _database(ports: Ports, url: str) -> Iterator[str]:
    """On SQLite a file in the folder. On PostgreSQL the one given, emptied afterwards, or a new one that goes."""
    if ports.engine.dialect.name == "sqlite":
        yield ""
        return
    if url:
        given = replace(ports.settings, database=url).database_url
        try:
            yield given
        finally:
            engine = create_engine(given)
            with engine.begin() as connection:
                connection.execute(text(EMPTIED))
            engine.dispose()
        return
    own = make_url(ports.settings.database_url)
    name = f"helpdesk_drill_{time.monotonic_ns()}"
    try:
        _outside(ports.engine, f'CREATE DATABASE "{name}" TEMPLATE template0')
    except DBAPIError as fault:
        raise Misconfigured(
            "A database to try in can't be made: name an empty one with --database.", code="drill_database"
        ) from fault
    try:
        yield own.set(database=name).render_as_string(hide_password=False)
    finally:
        _outside(ports.engine, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _outside(engine: Engine, statement: str) -> None:
    """A statement that PostgreSQL takes outside of transactions only."""
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text(statement))


def run(ports: Ports, scratch: Scratch, name: str | None, say: Say) -> Report:
    """Back up, restore there, start there, compare, scan."""
    began = time.monotonic()
    kept = catalogue.named(ports.settings, name) if name else make(ports, None, say)
    if name is None:
        # The line of this very backup: without it the ledger there would be older than here.
        shutil.copytree(ports.settings.data / "ledger", scratch.data / "ledger", dirs_exist_ok=True)
    report = Report(kept.backup.id)
    for words in (("restore", str(kept.folder.absolute())), ("restore", "replay")):
        done = scratch.run(*words)
        if done.returncode:
            report.wrong.append(f"helpdesk {' '.join(words)}: {(done.stderr or done.stdout).strip()}")
            return report
    _look(ports, scratch, kept, report)
    report.seconds = time.monotonic() - began
    return report


def _look(ports: Ports, scratch: Scratch, kept: Kept, report: Report) -> None:
    said = scratch.run("reconcile")
    report.differences = 0 if said.returncode == 0 else max(1, len(said.stdout.splitlines()) - 1)
    if said.returncode:
        report.wrong += said.stdout.splitlines() or [said.stderr.strip()]
    engine = create_engine(scratch.url)
    try:
        _compare(ports, engine, kept, report)
    finally:
        engine.dispose()
    _scan(ports, scratch, report)


def _compare(ports: Ports, engine: Engine, kept: Kept, report: Report) -> None:
    """Every ticket there is one of ours with as many parts, unless it was worked on since; none of ours is lacking."""
    with engine.connect() as connection, unit_of_work(ports, SYSTEM, write=False) as unit:
        theirs, ours = _tickets(connection), _tickets(unit.session.connection())
    report.tickets = len(theirs)
    report.destroyed_again = kept.backup.tickets - len(theirs)
    differ = [name for name, one in theirs.items() if name in ours and one.differs(ours[name])]
    report.wrong += [f"other messages or files than here: {name}" for name in differ]
    lacking = [name for name, one in ours.items() if name not in theirs and one.opened_at < kept.backup.made_at]
    report.wrong += [f"opened before the backup, and not there: {name}" for name in lacking]


@dataclass(frozen=True, slots=True)
class _Told:
    """A ticket in numbers; `version` counts the changes of its row."""

    version: int
    opened_at: dt.datetime
    entries: int
    files: int

    def differs(self, other: _Told) -> bool:
        """Whether these can't be the same ticket, unworked."""
        return self.version == other.version and self != other


def _tickets(connection: Connection) -> dict[str, _Told]:
    """By random name."""
    counts = (select(one.ticket_id, func.count()).group_by(one.ticket_id) for one in (Entry, Attachment))
    entries, files = ({row[0]: row[1] for row in connection.execute(count)} for count in counts)
    rows = connection.execute(select(Ticket.id, Ticket.destroy_id, Ticket.version, Ticket.opened_at))
    return {
        row.destroy_id: _Told(row.version, row.opened_at, entries.get(row.id, 0), files.get(row.id, 0)) for row in rows
    }


def _scan(ports: Ports, scratch: Scratch, report: Report) -> None:
    """No random name of a destroyed ticket is in the tables there, nor, on SQLite, in any byte of the file."""
    gone = {entry.id for entry in read(ports.ledger.lines()) if entry.op == "destroyed"}
    found: set[str] = set()
    engine = create_engine(scratch.url)
    with engine.connect() as connection:
        found |= gone & set(connection.scalars(select(Ticket.destroy_id)))
    engine.dispose()
    if scratch.url.startswith("sqlite"):
        for path in scratch.data.glob("helpdesk.sqlite3*"):
            content = path.read_bytes()
            report.scanned += len(content)
            found |= {name for name in gone if name.encode() in content}
    report.found = len(found)
    report.wrong += [f"destroyed, and still there: {name}" for name in sorted(found)]
