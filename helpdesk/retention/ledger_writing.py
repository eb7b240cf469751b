"""From the database into the ledger: what units wrote down is appended, once, and the database told how far it went.

The database decides, the ledger follows (rulings 3.2): a crash between the two leaves lines to append or lines that are
already there, and both are seen.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import Invalid
from helpdesk.models import Counter, Flag, LedgerLine
from helpdesk.ports import Ports
from helpdesk.retention.ledger import FIRST, Entry, chained, head_of, parsed_head, read
from helpdesk.retention.terms import day_of
from helpdesk.unit import SYSTEM, Unit, unit_of_work

SEQ, HEAD, NAME = "ledger_seq", "ledger_head", "ledger_name"
_BATCH = 500


def write_down(unit: Unit, op: str, object_id: str, **told: str | bool | int) -> None:
    """Have this told in the ledger: written in this transaction, appended by `flush` once it is durable."""
    unit.session.add(LedgerLine(op=op, object_id=object_id, month=day_of(unit.now).isoformat()[:7], **told))


def flush(ports: Ports) -> int:
    """Append what waits, one sync per batch, and let the rows go. Returns how many lines were written."""
    done = 0
    with ports.ledger.locked():
        _begin(ports)
        while written := _flush_batch(ports):
            done += written
    return done


def _flush_batch(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ready = select(LedgerLine).where(LedgerLine.list_id.is_(None)).order_by(LedgerLine.id).limit(_BATCH)
        rows = unit.session.scalars(ready).all()
        applied = unit.session.scalar(select(Counter.value).where(Counter.name == SEQ)) or 0
        month = day_of(unit.now).isoformat()[:7]
    if not rows:
        return 0
    seq, before = parsed_head(ports.ledger.last())
    there = set() if seq == applied else {entry.key for entry in list(read(ports.ledger.lines()))[applied:]}
    lines = []
    for row in rows:
        entry = _entry(row)
        if entry.key in there:
            continue
        seq += 1
        lines.append(chained(entry, seq, before))
        before = parsed_head(lines[-1])[1]
    if lines:
        ports.ledger.append(lines, month)
    _applied(ports, [row.id for row in rows], seq, before)
    return len(lines)


def _entry(row: LedgerLine) -> Entry:
    return Entry(
        row.op,
        row.object_id,
        row.month,
        run=row.run or "",
        rule=row.rule or "",
        version=row.policy_version or "",
        parts=row.parts,
        methods=row.methods,
        ok=row.ok,
    )


def _applied(ports: Ports, row_ids: Sequence[int], seq: int, before: str) -> None:
    """Written only after the append, so that an ordinary crash never reads as a ledger behind its database (RD-71)."""
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(LedgerLine).where(LedgerLine.id.in_(row_ids)))
        _set(unit, Counter, SEQ, seq)
        _set(unit, Flag, HEAD, before)


def _begin(ports: Ports) -> None:
    """The first line, which gives the ledger its name; a database that knows a ledger never begins another."""
    with unit_of_work(ports, SYSTEM) as unit:
        name = unit.session.scalar(select(Flag.value).where(Flag.name == NAME))
        if ports.ledger.exists() and ports.ledger.last() is not None:
            if name is None:
                _adopt(unit)
            return
        if (unit.session.scalar(select(Counter.value).where(Counter.name == SEQ)) or 0) > 0:
            raise Invalid("The ledger is missing.", code="ledger_missing")
        name = name or secrets.token_hex(16)
        _set(unit, Flag, NAME, name)
        month = day_of(unit.now).isoformat()[:7]
    line = chained(Entry("begin", name, month), 1, FIRST)
    ports.ledger.append([line], month)
    _applied(ports, [], *parsed_head(line))


def _adopt(unit: Unit) -> None:
    """A crash between the first line and its row: the file holds that one line only, or it is another's ledger."""
    head = head_of(unit.ports.ledger.lines())
    if head.seq != 1:
        raise Invalid("This ledger belongs to another database.", code="ledger_foreign")
    _set(unit, Flag, NAME, head.name)
    _set(unit, Counter, SEQ, head.seq)
    _set(unit, Flag, HEAD, head.hash)


def _set(unit: Unit, model: type[Counter] | type[Flag], name: str, value: int | str) -> None:
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(model).values(name=name, value=value)
    connection.execute(fresh.on_conflict_do_update(index_elements=[model.name], set_={"value": value}))
