"""What there is of every ticket at one moment: its rows, its files, what the ledger says of it, and who sees it.

Which rows are a ticket's is found from the foreign keys of the database itself, not from the product's plan.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, select, text

from helpdesk.errors import HelpdeskError, Invalid, NotFound
from helpdesk.models import Ticket
from helpdesk.people.access import ticket_for
from helpdesk.ports import Ports
from helpdesk.reconcile import reconcile
from helpdesk.retention.ledger import Entry, numbered
from helpdesk.retention.ledger_writing import require_level
from helpdesk.unit import SYSTEM, unit_of_work
from tests.destroying.place import MARK, Place

Row = dict[str, Any]
_PARTITION = re.compile(r".*_\d\d$|search_index.*")
_MORE_LINKS = {"inbound_id": "inbound_mail", "duplicate_of_id": "inbound_mail"}
"""Columns that name a row without a foreign key."""
_OWN_TERM = ("rights_request", "ledger_line")
_WORD = re.compile(rb"[a-z]{12}" + MARK.encode())


@dataclass
class Sight:
    """`rows` and `files` by ticket; `named` is whose each key of bytes is; `seen` are doomed tickets somebody sees."""

    rows: dict[int, dict[str, Row]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    named: dict[str, int | None] = field(default_factory=dict)
    loose: list[str] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    chain: str = ""
    waiting: int = 0
    lists: Counter[str] = field(default_factory=Counter)
    done_noted: int = 0
    differences: list[str] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def row(self, ticket_id: int) -> Row | None:
        """The row of the ticket itself."""
        return self.rows.get(ticket_id, {}).get(f"ticket {ticket_id}")

    def state(self, ticket_id: int) -> str:
        """Its state; empty when it is gone."""
        row = self.row(ticket_id)
        return str(row["retention_state"]) if row else ""

    def told(self, op: str) -> Counter[str]:
        """How often the ledger has a line of this kind, by the random name of the ticket."""
        return Counter(entry.id for entry in self.ledger if entry.op == op)

    def files_of(self, ticket_id: int) -> dict[str, str]:
        """The digests of what lies on the disk of this ticket, by key."""
        return {key: self.files[key] for key, whose in self.named.items() if whose == ticket_id and key in self.files}


def look(place: Place, *, bytes_too: bool = False) -> Sight:
    """Everything as it stands now; with `bytes_too` every file is searched for planted words as well."""
    ports = place.ports()
    found = Sight()
    try:
        with ports.engine.execution_options(reading=True).connect() as connection:
            tables = dict(_tables(connection))
            _owned(found, tables, dict(_links(connection, tables)))
        found.files = {path.name: _digest(path) for path in sorted((place.data / "blobs").rglob("*")) if path.is_file()}
        _of_the_ledger(found, ports)
        found.differences = reconcile(ports)
        found.seen = set(_seen(ports))
    finally:
        ports.engine.dispose()
    found.waiting = len(tables["ledger_line"])
    found.lists = Counter(str(row["state"]) for row in tables["disposal_list"])
    found.done_noted = sum(row["verb"] == "list.done" for row in tables["security_event"])
    if bytes_too:
        found.words = set(_words(place.searched()))
    return found


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tables(connection: Connection) -> Iterator[tuple[str, list[Row]]]:
    for name in inspect(connection).get_table_names():
        if not _PARTITION.fullmatch(name):
            rows = connection.execute(text(f'SELECT * FROM "{name}"')).mappings()  # noqa: S608 - of our own schema
            yield name, [json.loads(json.dumps(dict(row), default=str)) for row in rows]


def _links(connection: Connection, tables: Mapping[str, list[Row]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """For each table its columns that name a row of another one, those that name a ticket in front."""
    for name in tables:
        keys = inspect(connection).get_foreign_keys(name)
        links = {key["constrained_columns"][0]: key["referred_table"] for key in keys}
        columns = {column["name"] for column in inspect(connection).get_columns(name)}
        links |= {column: table for column, table in _MORE_LINKS.items() if column in columns}
        yield name, sorted(links.items(), key=lambda link: (link[1] != "ticket", link))


def _owned(found: Sight, tables: Mapping[str, list[Row]], links: Mapping[str, list[tuple[str, str]]]) -> None:
    """Whose each row is: by the ticket it names, or by the row it names, however far round."""
    owner: dict[tuple[str, Any], int] = {}
    left = [(name, row) for name, rows in tables.items() if name not in _OWN_TERM for row in rows]
    while left:
        later = []
        for name, row in left:
            whose = row["id"] if name == "ticket" else _whose(row, links[name], owner)
            if whose is None:
                later.append((name, row))
                continue
            owner[name, row.get("id")] = whose
            found.rows.setdefault(whose, {})[_key(name, row)] = row
        if len(later) == len(left):
            break
        left = later
    there = {(name, row.get("id")) for name, rows in tables.items() for row in rows}
    for name, row in left:
        named = [(table, row[column]) for column, table in links[name] if row[column] is not None]
        found.loose += [
            f"a row of {name} names {table} {which}" for table, which in named if (table, which) not in there
        ]
    for name, rows in tables.items():
        for row in rows:
            keys = [row[column] for column in row if column.endswith("blob") and row[column]]
            found.named |= {key: owner.get((name, row.get("id"))) for key in keys}


def _whose(row: Row, links: Iterable[tuple[str, str]], owner: Mapping[tuple[str, Any], int]) -> int | None:
    named = ((table, row[column]) for column, table in links if row[column] is not None)
    return next((owner[one] for one in named if one in owner), None)


def _key(name: str, row: Row) -> str:
    if "id" in row:
        return f"{name} {row['id']}"
    return " ".join([name, *(str(row[one]) for one in sorted(row) if one.endswith("_id") or one == "kind")])


def _of_the_ledger(found: Sight, ports: Ports) -> None:
    if not ports.ledger.exists():
        return
    try:
        found.ledger = [entry for _seq, _hash, entry in numbered(ports.ledger.lines())]
        require_level(ports)
    except HelpdeskError as fault:
        found.chain = f"{type(fault).__name__}: {fault.code}"
        if not isinstance(fault, Invalid):
            return


def _seen(ports: Ports) -> Iterator[int]:
    """Of the tickets that are being destroyed, those that somebody can still open."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        going = select(Ticket.id, Ticket.number).where(Ticket.retention_state == "destroying")
        for row in unit.session.execute(going).all():
            try:
                ticket_for(unit, row.number, "ticket.read")
            except NotFound:
                continue
            yield row.id


def _words(folders: Iterable[Path]) -> Iterator[str]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                yield from (word.decode() for word in set(_WORD.findall(path.read_bytes())))
