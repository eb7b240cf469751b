"""Puts a backup back: everything is checked and laid beside first, then swapped; the database says that it is restored.

Replays nothing: the way into service does (`privacy.gate`), for whoever put what back in whatever way.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Insert, create_engine, insert, text
from sqlalchemy.exc import DBAPIError

from helpdesk import migrating
from helpdesk.errors import Conflict, HelpdeskError, Invalid, Unavailable
from helpdesk.models import Base
from helpdesk.ports import Ports
from helpdesk.privacy.backups.catalogue import BLOBS, DATABASE, SUMS, Backup, Kept
from helpdesk.privacy.backups.making import mark_of, sum_of
from helpdesk.privacy.backups.programs import connection_words, failed, program
from helpdesk.privacy.backups.snapshots import Say
from helpdesk.privacy.backups.swapping import BESIDE, drop, swap_back, swap_blobs, swap_sqlite, swapping
from helpdesk.process_locks import IN_USE, alone
from helpdesk.retention.ledger import FIRST, numbered
from helpdesk.retention.terms import day_of

_TELL = 500
_OTHERS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
    "AND backend_type = 'client backend'"
)
EMPTIED = """
DO $$ DECLARE one record; BEGIN
  FOR one IN SELECT c.oid::regclass AS name, c.relkind AS kind FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP %s IF EXISTS %s CASCADE',
      CASE one.kind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END, one.name);
  END LOOP;
  FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'S' LOOP
    EXECUTE format('DROP SEQUENCE IF EXISTS %s CASCADE', one.name);
  END LOOP;
  FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
    EXECUTE format('DROP ROUTINE IF EXISTS %s CASCADE', one.name);
  END LOOP;
END $$;
"""
"""Drops every table, view, sequence and routine of ours; what belongs to an extension stays."""


def restore(ports: Ports, kept: Kept, say: Say) -> None:
    """Put this backup in the place of database and blobs. Nothing is touched before all of it was found right.

    Raises Conflict while processes run, Invalid for a backup that is damaged, over its time, or of another engine,
    schema, deployment or ledger; Unavailable when disk or database refuse: then what was there is still there.
    """
    data, backup = ports.settings.data, kept.backup
    _fits(ports, backup)
    with alone(data / "run" / IN_USE):
        _nobody_else(ports)
        _whole(kept, say)
        try:
            _lay_beside(kept.folder / BLOBS, data / f"blobs{BESIDE}")
            os.sync()
            if backup.engine == "sqlite":
                _sqlite(ports, kept)
            else:
                _postgresql(ports, kept)
        except OSError as fault:
            raise Unavailable("The backup can't be put back now: the disk refuses.", code="disk") from fault
        finally:
            drop(data)


def _lay_beside(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(mode=0o700, parents=True)
    if source.exists():
        shutil.copytree(source, target, dirs_exist_ok=True)


def _fits(ports: Ports, backup: Backup) -> None:
    if backup.engine != ports.engine.dialect.name:
        raise Invalid(
            "This backup is of another kind of database: {engine}.", engine=backup.engine, code="backup_engine"
        )
    if backup.schema > migrating.head():
        raise Invalid("This backup was made by newer code: update the helpdesk first.", code="backup_schema")
    if backup.keys_mark != mark_of(ports, backup.id):
        raise Invalid(
            "The keys in the data folder are not those of this backup: put secrets/keys.json back first.",
            code="backup_keys",
        )
    if backup.expired(day_of(ports.now())):
        raise Invalid(
            "This backup should have been gone by {day}: it may not be put back.",
            day=backup.expires_on.isoformat(),
            code="backup_expired",
        )
    _ledger_goes_on(ports, backup)


def _ledger_goes_on(ports: Ports, backup: Backup) -> None:
    """The ledger here must be the one the backup knows, and reach further."""
    at, name = FIRST, ""
    for seq, said, entry in numbered(ports.ledger.lines()):
        name = entry.id if entry.op == "begin" else name
        at = said if seq == backup.ledger_seq else at
    if (name, at) != (backup.ledger_name, backup.ledger_head):
        raise Invalid(
            "The ledger in the data folder does not go on where this backup ends: put the newest copy of its ledger "
            "back first, as ledger/ledger.jsonl.",
            code="backup_ledger",
        )


def _nobody_else(ports: Ports) -> None:
    """Processes on other machines hold no lock here; PostgreSQL knows them."""
    ports.engine.dispose()
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.connect() as connection:
            if connection.scalar(_OTHERS):
                raise Conflict("Processes of the helpdesk are running: stop all of them first.", code="in_use")
        ports.engine.dispose()


def _whole(kept: Kept, say: Say) -> None:
    """Every byte is what it was when it was copied. Raises Invalid."""
    for name in (DATABASE, SUMS):
        say("check", 0, kept.backup.files)
        if not (kept.folder / name).exists() or sum_of(kept.folder / name) != kept.backup.sums.get(name):
            raise _damaged(name)
    for number, (said, key) in enumerate(_listed(kept), 1):
        place = kept.folder / BLOBS / key[:2] / key
        if not place.exists() or sum_of(place) != said:
            raise _damaged(f"{BLOBS}/{key}")
        if number % _TELL == 0:
            say("check", number, kept.backup.files)


def _listed(kept: Kept) -> Iterator[tuple[str, str]]:
    with (kept.folder / SUMS).open(encoding="utf-8") as lines:
        for line in lines:
            said, _, key = line.rstrip("\n").partition("  ")
            yield said, key


def _damaged(name: str) -> Invalid:
    return Invalid("The backup is damaged: {name} is not what was written. Use another one.", name=name, code="damaged")


def _mark(ports: Ports, backup: Backup) -> Insert:
    """The row by which the way into service knows what it has before it."""
    table = Base.metadata.tables["restore"]
    return insert(table).values(
        state="found", backup_key=backup.id, made_at=backup.made_at, found_at=ports.now(), destroyed=0
    )


def _sqlite(ports: Ports, kept: Kept) -> None:
    data, now = ports.settings.data, Path(str(ports.engine.url.database))
    fresh = now.with_name(now.name + BESIDE)
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    shutil.copyfile(kept.folder / DATABASE, fresh)
    engine = create_engine(f"sqlite:///{fresh}")
    try:
        with engine.begin() as connection:
            connection.execute(_mark(ports, kept.backup))
    except DBAPIError as fault:
        fresh.unlink()
        raise _damaged(DATABASE) from fault
    finally:
        engine.dispose()
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    with swapping(data):
        old = swap_blobs(data)
        swap_sqlite(fresh, now)
    drop(data, old)


def _postgresql(ports: Ports, kept: Kept) -> None:
    """All of it in one transaction of psql; the blobs are swapped right before its commit, and back when that fails."""
    data = ports.settings.data
    with connection_words(ports.engine.url) as words:
        schema = _schema(ports)
        reader = [program(ports, "pg_restore"), "--no-owner", "--no-privileges", "-n", schema, "-f", "-"]
        writer = [program(ports, "psql"), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", "-d", words]
        psql = subprocess.Popen(  # noqa: S603 - our own words
            writer, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        try:
            _feed(psql, reader, kept, _literal(ports, kept.backup))
            with swapping(data):
                old = swap_blobs(data)
                _end(psql, b"COMMIT;\n")
            drop(data, old)
        except (HelpdeskError, OSError) as fault:
            psql.kill()
            _out, said = psql.communicate()
            swap_back(data)
            raise failed("psql", said) if said else fault from fault


def _schema(ports: Ports) -> str:
    with ports.engine.connect() as connection:
        found = connection.scalar(text("SELECT current_schema()"))
    ports.engine.dispose()
    return str(found)


def _literal(ports: Ports, backup: Backup) -> str:
    return str(_mark(ports, backup).compile(dialect=ports.engine.dialect, compile_kwargs={"literal_binds": True}))


def _feed(psql: subprocess.Popen[bytes], reader: list[str], kept: Kept, mark: str) -> None:
    """Everything but the commit; a dump that can't be read whole is never committed."""
    if psql.stdin is None:
        raise AssertionError("it was opened with a pipe")
    psql.stdin.write(b"SET client_min_messages = warning;\nBEGIN;\n" + EMPTIED.encode())
    dump = subprocess.Popen(  # noqa: S603 - our own words
        [*reader, str(kept.folder / DATABASE)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    if dump.stdout is None:
        raise AssertionError("it was opened with a pipe")
    try:
        shutil.copyfileobj(dump.stdout, psql.stdin, 1 << 20)
    finally:
        _rest, said = dump.communicate()
    if dump.returncode:
        raise failed("pg_restore", said)
    psql.stdin.write(b"RESET search_path;\n" + mark.encode() + b";\n")
    psql.stdin.flush()


def _end(psql: subprocess.Popen[bytes], words: bytes) -> None:
    _out, said = psql.communicate(words)
    if psql.returncode:
        raise failed("psql", said)
