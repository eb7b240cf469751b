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
from collections.abc import Callable
from importlib.util import find_spec

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from helpdesk.errors import Unavailable
from helpdesk.ports import Ports
from helpdesk.privacy.copies import anew
from helpdesk.privacy.strides import Stride
from helpdesk.unit import SYSTEM, unit_of_work

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
PATIENCE = 30.0
"""Seconds for which readers are waited for before the run gives up until the next turn."""
_MERGE_PAGES, _MOST_STEPS = 500, 100_000


def scrub(ports: Ports, goes_on: Callable[[], bool] = lambda: True) -> tuple[str, ...]:
    """Take deleted rows out of the database's files. Returns what was done, as codes of the ledger.

    May be repeated. Between two steps it asks whether it `goes_on`; if not it returns nothing, and the next call goes
    on from there. Raises Unavailable when readers or writers are in the way for too long: then the run is not done.
    """
    if ports.engine.dialect.name == "sqlite":
        if not merge_index(ports, goes_on):
            return ()
        overwrite_gaps(ports)
        return "overwritten", "index_merged", "gaps_overwritten", "log_emptied"
    if not anew.write_all(ports, goes_on):
        return ()
    return ("written_anew", "log_dropped") if drop_log(ports) else ("written_anew",)


def merge_index(ports: Ports, goes_on: Callable[[], bool] = lambda: True) -> bool:
    """Merge all of the full text index, in steps of a few pages, so that no writer waits long (rulings C44).

    Returns False when it is to be gone on with later: what was merged stays merged.
    """
    stride, sign = Stride(ports, _MERGE_PAGES), -1
    for _ in range(_MOST_STEPS):
        pages = stride.of(_MERGE_PAGES)
        with unit_of_work(ports, SYSTEM) as unit:
            raw = unit.session.connection().connection.driver_connection
            began, before = time.perf_counter(), raw.total_changes if raw is not None else 0
            unit.session.execute(
                text("INSERT INTO search_index(search_index, rank) VALUES('merge', :pages)"), {"pages": sign * pages}
            )
            changed = (raw.total_changes if raw is not None else 0) - before
        stride.took(pages, time.perf_counter() - began)
        if changed < 2:
            return True
        if not goes_on():
            return False
        sign = 1
        stride.rest()
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


def drop_log(ports: Ports) -> bool:
    """End the segment that is written to, and let the checkpoint drop those before it. False without that right."""
    try:
        for statement in ("SELECT pg_switch_wal()", "CHECKPOINT"):
            with unit_of_work(ports, SYSTEM) as unit:
                unit.session.execute(text(statement))
    except ProgrammingError:
        return False
    return True
