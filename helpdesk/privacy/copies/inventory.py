"""What is really there, against what the plan of destruction knows: tables, columns, folders, kinds of keys (RD-51).

Anything unknown might hold a copy of a ticket that nobody destroys; so a process that finds some does not start.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from sqlalchemy import text

from helpdesk.errors import Misconfigured
from helpdesk.models import Base
from helpdesk.ports import Ports
from helpdesk.privacy.copies.anew import OF_PEOPLE
from helpdesk.privacy.copies.plan import DIVIDED, blob_columns, steps, with_people
from helpdesk.unit import SYSTEM, unit_of_work

OTHER_BLOBS = frozenset({"import_run.blob", "import_run.found_blob", "rights_request.export_blob"})
"""Bytes that belong to no ticket and have an end of their own."""
_OF_SQLITE = re.compile(r"sqlite_\w+|search_index(_(data|idx|content|docsize|config))?")
"""Tables of SQLite itself, and of its index."""
_OF_MIGRATIONS = {"alembic_version": {"version_num"}}
_COPY = re.compile(r"(\w+?)(_\d\d)?_(?:anew|moved)")
_ENGINE_COLUMNS = {"search_text": {"tsv"}}
_COLUMNS = {
    "sqlite": "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_xinfo(m.name) p "
    "WHERE m.type IN ('table', 'view') ORDER BY 1, 2",
    "postgresql": "SELECT CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname || '.' END || c.relname, "
    "a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid "
    "AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition "
    "AND n.nspname !~ '^(pg_|information_schema$)' AND (n.nspname = current_schema() OR NOT EXISTS "
    "(SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')) ORDER BY 1, 2",
}
"""On PostgreSQL of every schema, but for what an extension keeps in one of its own."""


def require_known(ports: Ports) -> None:
    """Raise Misconfigured, by name, for a table, a column, a folder of blobs or a kind of key that nobody destroys.

    A queue that does not answer holds nothing that is kept; it is asked again at the next start.
    """
    steps()
    found = [*_columns(ports), *_blob_columns(), *_folders(ports), *_keys(ports)]
    if found:
        raise Misconfigured(
            "{names}: nobody knows whether that holds copies of tickets, so nothing starts. Remove it, or let the plan "
            "of destruction know it.",
            names=", ".join(found[:5]),
            code="inventory",
        )


def _columns(ports: Ports) -> Iterator[str]:
    dialect = ports.engine.dialect.name
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(text(_COLUMNS[dialect])).all()
    known = {name: {*table.columns.keys()} for name, table in Base.metadata.tables.items()} | _OF_MIGRATIONS
    passed_over: Callable[[str], object] = _is_copy if dialect == "postgresql" else _OF_SQLITE.fullmatch
    strange: set[str] = set()
    for table, column in rows:
        if passed_over(table):
            continue
        if table not in known:
            strange.add(f"table {table}")
        elif column not in known[table] and column not in _ENGINE_COLUMNS.get(table, ()):
            strange.add(f"column {table}.{column}")
    yield from sorted(strange)


def _is_copy(table: str) -> bool:
    """Whether it is the copy of a table that is written anew, which the next scrub removes (docs/adr/0028)."""
    found = _COPY.fullmatch(table)
    if found is None:
        return False
    name, part = found.groups()
    return name in DIVIDED if part else name in with_people() | set(OF_PEOPLE)


def _blob_columns() -> Iterator[str]:
    known = OTHER_BLOBS | {f"{step.table.name}.{name}" for step, name in blob_columns()}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.name.endswith("blob") and f"{table.name}.{column.name}" not in known:
                yield f"column {table.name}.{column.name}"


def _folders(ports: Ports) -> Iterator[str]:
    yield from (f"blobs/{name}" for name in ports.blobs.strangers())


def _keys(ports: Ports) -> Iterator[str]:
    yield from (f"key {name}" for name in ports.jobs.strangers())
