"""What the database's own files still hold of deleted rows: pages of the index, logs, dead rows. Knows both engines.

SQLite overwrites what it frees (`secure_delete`), but its index keeps words of deleted rows until they are merged away,
pages keep copies of rows that moved, and its log holds
old pages until it is emptied. PostgreSQL overwrites nothing: the tables are written anew, then the
write-ahead log behind the checkpoint is dropped (`wal_recycle=off`). docs/adr/0018 has the measurements.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec

from sqlalchemy import func, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import ProgrammingError

from helpdesk.errors import Unavailable
from helpdesk.models import Base, Flag
from helpdesk.ports import Ports
from helpdesk.privacy.copies.plan import DIVIDED, with_people
from helpdesk.unit import SYSTEM, Unit, unit_of_work

TOUCHED = "scrub_partitions"
OF_PEOPLE = ("address", "fact", "known_name", "known_name_word", "person", "search_query")
"""Tables beside the plan's from which people go whom nothing refers to any more, or what was said of them."""
_GAPS = "helpdesk.adapters.sqlite_gaps"
_FORGETFUL = {
    "wal_recycle": ("off",),
    "log_min_messages": ("log", "fatal", "panic"),
    "log_min_error_statement": ("panic",),
    "log_parameter_max_length_on_error": ("0",),
    "log_statement": ("none",),
    "log_min_duration_statement": ("-1",),
    "max_prepared_transactions": ("0",),
}
"""What each setting may be. An error itself names values, in its message and in its detail: none is logged."""
_RIGHTS = (
    "SELECT pg_has_role('pg_checkpoint', 'USAGE'), pg_has_role('pg_read_all_stats', 'USAGE'), "
    "has_function_privilege('pg_switch_wal()', 'EXECUTE')"
)
_PARTITIONS = 32
_WHERE = text(
    "SELECT DISTINCT part FROM unnest(CAST(:ids AS bigint[])) AS given(id), generate_series(0, :most - 1) AS part "
    "WHERE satisfies_hash_partition(to_regclass('content'), :most, part, given.id)"
)
"""In which partitions rows of these tickets lie, whatever their table."""
_ALL = (1 << _PARTITIONS) - 1
PATIENCE, _STEP = 30.0, 0.1
"""Seconds for which others are waited for before the run gives up until the next turn."""
_MERGE_PAGES, _MOST_STEPS = 500, 100_000
_BREATH = 0.005
"""Seconds between two steps that write: whoever waits for SQLite's one lock asks for it every two milliseconds."""


def touch(unit: Unit, ids: Iterable[int]) -> None:
    """Note, within the deleting transaction, which partitions hold words of these tickets: they are written anew."""
    if unit.session.connection().dialect.name != "postgresql" or (known := _mask(unit)) == _ALL:
        return
    found = unit.session.scalars(_WHERE, {"ids": list(ids), "most": _PARTITIONS})
    mask = known | sum(1 << part for part in found)
    connection = unit.session.connection()
    fresh = postgresql.insert(Flag).values(name=TOUCHED, value=f"{mask:x}")
    connection.execute(fresh.on_conflict_do_update(index_elements=[Flag.name], set_={"value": f"{mask:x}"}))


def _mask(unit: Unit) -> int:
    return int(unit.session.scalar(select(Flag.value).where(Flag.name == TOUCHED)) or "0", 16)


def scrub(ports: Ports) -> tuple[str, ...]:
    """Take deleted rows out of the database's files. Returns what was done, as codes of the ledger.

    May be repeated. Raises Unavailable when readers or writers are in the way for too long: then the run is not done.
    """
    if ports.engine.dialect.name == "sqlite":
        merge_index(ports)
        overwrite_gaps(ports)
        return "overwritten", "index_merged", "gaps_overwritten", "log_emptied"
    older_have_ended(ports)
    for table in to_write_anew(ports):
        write_anew(ports, table)
    _clear_touched(ports)
    return ("written_anew", "log_dropped") if drop_log(ports) else ("written_anew",)


def merge_index(ports: Ports) -> None:
    """Merge all of the full text index, in steps of a few pages, so that no writer waits long (rulings C44)."""
    pages = -_MERGE_PAGES
    for _ in range(_MOST_STEPS):
        with unit_of_work(ports, SYSTEM) as unit:
            raw = unit.session.connection().connection.driver_connection
            before = raw.total_changes if raw is not None else 0
            unit.session.execute(
                text("INSERT INTO search_index(search_index, rank) VALUES('merge', :pages)"), {"pages": pages}
            )
            changed = (raw.total_changes if raw is not None else 0) - before
        if changed < 2:
            return
        pages = _MERGE_PAGES
        time.sleep(_BREATH)
    raise Unavailable("The index can't be merged now.", code="scrub")


def overwrite_gaps(ports: Ports) -> None:
    """Empty the log and overwrite what is left between the rows of pages; by a process of its own, to be safe.

    Tried again while a reader stands in the log.
    """
    program = find_spec(_GAPS)
    if program is None or program.origin is None:
        raise AssertionError("the program is part of the house")
    # Alone, without site packages: it needs nothing of ours, and is there and gone in some hundredths of a second.
    command = [sys.executable, "-I", "-S", program.origin, str(ports.engine.url.database), str(PATIENCE)]
    done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise Unavailable("The pages of the database can't be overwritten while it is read.", code="scrub")


def older_have_ended(ports: Ports) -> None:
    """Wait until no snapshot is open that may still see what was deleted: such rows would be written anew as well."""
    until = time.monotonic() + PATIENCE
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        bound = unit.session.scalar(text("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")) or 0
    oldest = text(
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint - coalesce(max(age(backend_xmin)), 0) "
        "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    while True:
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            seen = unit.session.scalar(oldest) or 0
        if seen >= bound:
            return
        if time.monotonic() > until:
            raise Unavailable("A long transaction still sees what was destroyed.", code="scrub")
        time.sleep(_STEP)


def to_write_anew(ports: Ports) -> Iterator[str]:
    """The partitions that held words of destroyed tickets, and every table that holds anything of people."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        mask = _mask(unit)
    for part in range(_PARTITIONS):
        if mask >> part & 1:
            yield from (f"{table}_{part:02}" for table in DIVIDED)
    yield from sorted((with_people() | set(OF_PEOPLE)) - set(DIVIDED))


def write_anew(ports: Ports, table: str) -> None:
    """One table in one short transaction; while others use it, it is asked for time and again, a moment each."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with unit_of_work(ports, SYSTEM) as unit:
                unit.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
                unit.session.execute(select(func.write_anew(table)))
            return
        except Unavailable:
            if time.monotonic() > until:
                raise
        time.sleep(_STEP)


def keeps_destroyed(ports: Ports) -> list[str]:
    """Settings and rights of PostgreSQL for want of which it keeps what was destroyed (rulings 3.2); none on SQLite."""
    if ports.engine.dialect.name == "sqlite":
        return []
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        said = unit.session.execute(text("SELECT name, setting FROM pg_settings")).all()
        held = unit.session.execute(text(_RIGHTS)).one()
    settings = {row.name: row.setting for row in said}
    wrong = [f"{name} = {good[0]}" for name, good in _FORGETFUL.items() if settings.get(name) not in good]
    rights = zip(("pg_checkpoint", "pg_read_all_stats", "pg_switch_wal()"), held, strict=True)
    return wrong + [f"GRANT {name}" for name, there in rights if not there]


def _clear_touched(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(Base.metadata.tables["flag"].delete().where(Flag.name == TOUCHED))


def drop_log(ports: Ports) -> bool:
    """End the segment that is written to, and let the checkpoint drop those before it. False without that right."""
    try:
        for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
            with unit_of_work(ports, SYSTEM) as unit:
                unit.session.execute(text(statement))
    except ProgrammingError:
        return False
    return True
