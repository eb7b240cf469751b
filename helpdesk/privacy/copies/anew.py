"""PostgreSQL's tables written anew, so that no dead row is left: in place when they are small, else beside themselves.

In place nobody else uses the table meanwhile. Beside, a copy of what lives is made while others read and write, what
they change is noted by a trigger, and the copy takes the table's place within milliseconds. docs/adr/0018, 0028.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Function, delete, func, or_, select, text
from sqlalchemy.dialects import postgresql

from helpdesk.errors import Unavailable
from helpdesk.models import Flag
from helpdesk.ports import Ports
from helpdesk.privacy.copies.plan import DIVIDED, with_people
from helpdesk.unit import SYSTEM, Unit, unit_of_work

TOUCHED, AFTER = "scrub_touched", "scrub_after"
"""Flags: which partitions hold dead rows and how often that was noted; how far a scrub came that is not done."""
OF_PEOPLE = ("address", "fact", "known_name", "known_name_word", "person", "search_query")
"""Tables beside the plan's from which people go whom nothing refers to any more, or what was said of them."""
MOST_IN_PLACE = 1_000_000
"""Bytes with indexes: above it writing a table in place takes longer than somebody who writes may wait."""
PATIENCE, STEP = 30.0, 0.1
"""Seconds for which others are waited for before the run gives up until the next turn."""
_PARTITIONS = 32
_ALL = (1 << _PARTITIONS) - 1
_WHERE = text(
    "SELECT DISTINCT part FROM unnest(CAST(:ids AS bigint[])) AS given(id), generate_series(0, :most - 1) AS part "
    "WHERE satisfies_hash_partition(to_regclass('content'), :most, part, given.id)"
)
"""In which partitions rows of these tickets lie, whatever their table."""
_IN_PLACE = text(
    "SELECT pg_total_relation_size(c.oid) <= :most "
    "OR EXISTS (SELECT 1 FROM pg_constraint WHERE contype = 'f' AND confrelid = c.oid) "
    "FROM pg_class c WHERE c.oid = to_regclass(:name)"
)
"""The place of a table to which others point can't be taken; those grow with people, not with tickets."""
_LEFT_BESIDE = text(
    "SELECT regexp_replace(relname, '_anew$', '') FROM pg_class WHERE relname ~ '_anew$' AND relkind = 'r' "
    "AND relnamespace = current_schema()::regnamespace ORDER BY 1"
)


def touch(unit: Unit, ids: Iterable[int]) -> None:
    """Note, within the deleting transaction, which partitions hold words of these tickets: they are written anew."""
    if unit.session.connection().dialect.name != "postgresql":
        return
    known, turn = _touched(unit)
    if known != _ALL:
        found = unit.session.scalars(_WHERE, {"ids": list(ids), "most": _PARTITIONS})
        known |= sum(1 << part for part in found)
    _keep(unit, TOUCHED, _said(known, turn + 1))


def write_all(ports: Ports, goes_on: Callable[[], bool], write: Callable[[Ports, str], None] | None = None) -> bool:
    """Write anew what was touched, and every table of people; False when it is to be gone on with later.

    `write` does so with one table; it is `write_anew` unless said otherwise. Where it came to is kept, so that a later
    call, of whatever process, does the rest. Raises Unavailable when others are in the way for too long.
    """
    clear_beside(ports)
    older_have_ended(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        mask, turn = _touched(unit)
    for table in _left(ports, mask, turn):
        (write or write_anew)(ports, table)
        with unit_of_work(ports, SYSTEM) as unit:
            _keep(unit, AFTER, f"{turn} {table}")
        if not goes_on():
            return False
    # What was touched meanwhile is written anew by whoever touched it.
    same = (Flag.name == TOUCHED) & (Flag.value == _said(mask, turn))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag).where(or_(Flag.name == AFTER, same)))
    return True


def _touched(unit: Unit) -> tuple[int, int]:
    said = unit.session.scalar(select(Flag.value).where(Flag.name == TOUCHED)) or "0 0"
    mask, _space, turn = said.partition(" ")
    return int(mask, 16), int(turn)


def _said(mask: int, turn: int) -> str:
    return f"{mask:x} {turn}"


def _keep(unit: Unit, name: str, value: str) -> None:
    fresh = postgresql.insert(Flag).values(name=name, value=value)
    unit.session.connection().execute(fresh.on_conflict_do_update(index_elements=[Flag.name], set_={"value": value}))


def _left(ports: Ports, mask: int, turn: int) -> list[str]:
    """The tables that are still to be written anew: all of them if something was touched since the scrub began."""
    tables = list(to_write_anew(mask))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        said = unit.session.scalar(select(Flag.value).where(Flag.name == AFTER)) or "0 "
    before, _space, table = said.partition(" ")
    return tables[tables.index(table) + 1 :] if int(before) == turn and table in tables else tables


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
        time.sleep(STEP)


def to_write_anew(mask: int = _ALL) -> Iterator[str]:
    """The partitions that held words of destroyed tickets, and every table that holds anything of people."""
    for part in range(_PARTITIONS):
        if mask >> part & 1:
            yield from (f"{table}_{part:02}" for table in DIVIDED)
    yield from sorted((with_people() | set(OF_PEOPLE)) - set(DIVIDED))


def _patiently(ports: Ports, call: Function[Any]) -> None:
    """One short transaction; while others use the table, it is asked for time and again, a moment each."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with unit_of_work(ports, SYSTEM) as unit:
                unit.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
                unit.session.execute(select(call))
            return
        except Unavailable:
            if time.monotonic() > until:
                raise
        time.sleep(STEP)


def write_anew(ports: Ports, table: str) -> None:
    """One table, in place or beside itself. Raises Unavailable when others use it for too long."""
    if in_place(ports, table, MOST_IN_PLACE):
        _patiently(ports, func.write_anew(table))
    else:
        write_beside(ports, table)


def in_place(ports: Ports, table: str, most: int) -> bool:
    """Whether a table is written anew where it is: others point at it, or it has no more than so many bytes."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return bool(unit.session.scalar(_IN_PLACE, {"name": table, "most": most}))


def write_beside(ports: Ports, table: str) -> None:
    """Copy what lives of one table while others use it, and put the copy in its place."""
    _patiently(ports, func.beside_begin(table))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(select(func.beside_copy(table)))
    _patiently(ports, func.beside_link(table))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(select(func.beside_check(table)))
    _patiently(ports, func.beside_swap(table))


def clear_beside(ports: Ports) -> None:
    """Remove the copies that a process left behind which was killed: they hold what may be gone since."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        tables = unit.session.scalars(_LEFT_BESIDE).all()
    for table in tables:
        _patiently(ports, func.beside_drop(table))
