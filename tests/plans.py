"""How a database would answer a statement, and whether it would read a whole large table for that."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from helpdesk.ports import Ports

LARGE = "ticket|entry|content|search_text|ticket_person|event|attachment|inbound_mail|outgoing_mail|seen|mail_seen"
_SCANNED = {
    "sqlite": re.compile(rf"^SCAN ({LARGE}|\w)$"),
    "postgresql": re.compile(rf"Seq Scan on ({LARGE})(_\d\d)?\b"),
}
"""A line of a plan that reads a whole table. SQLite calls tables by the letter a query gives them."""


def reads_all(kind: str, line: str) -> bool:
    """Whether a line of a plan of this database goes through a large table without an index."""
    return bool(_SCANNED[kind].search(line))


def plan_of(ports: Ports, statement: str, parameters: Any) -> list[str]:
    """The lines of the plan. PostgreSQL would rather scan so small a table, so scans are forbidden as far as can be."""
    with ports.engine.connect() as connection:
        cursor = connection.connection.cursor()
        if connection.dialect.name == "sqlite":
            return [row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", parameters)
        return [row[0] for row in cursor.fetchall()]


@contextmanager
def heard_by(ports: Ports) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that is carried out while this lasts, with its parameters; of many at once the first set."""
    heard: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        heard.append((statement, parameters[0] if many else parameters))

    event.listen(ports.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(ports.engine, "before_cursor_execute", hear)
