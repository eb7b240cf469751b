"""From the database into the ledger: what units wrote down is appended, once, and the database told how far it went.

The database decides, the ledger follows (rulings 3.2): a crash between the two leaves lines to append or lines that are
already there, and both are seen.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Row, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import Conflict, Invalid
from helpdesk.models import Counter, Flag, LedgerLine
from helpdesk.ports import Ports
from helpdesk.retention.ledger import FIRST, Entry, chained, hash_in, head_of, parsed_head, read
from helpdesk.retention.terms import day_of
from helpdesk.row_sets import among
from helpdesk.unit import SYSTEM, Unit, unit_of_work

SEQ, HEAD, NAME = "ledger_seq", "ledger_head", "ledger_name"
_BATCH = 500
_TOLD = tuple(LedgerLine.__table__.columns)


def write_down(unit: Unit, op: str, object_id: str, **told: str | bool | int) -> None:
    """Have this told in the ledger: written in this transaction, appended by `flush` once it is durable."""
    month = day_of(unit.now).isoformat()[:7]
    unit.rows.put(LedgerLine, {"op": op, "object_id": object_id, "month": month, **told})


def flush(ports: Ports) -> int:
    """Append what waits, one sync per batch, and let the rows go. Returns how many lines were written.

    Raises Conflict where the ledger tells of more than this database did: it is an older one that was put back.
    """
    done = 0
    with ports.ledger.locked():
        if not (waiting := _waiting(ports)).level:
            _begin(ports)
            _catch_up(ports)
            waiting = _waiting(ports)
        while waiting.rows:
            _append(ports, waiting)
            done += len(waiting.rows)
            if len(waiting.rows) < _BATCH:
                break
            waiting = _waiting(ports)
    return done


@dataclass(frozen=True, slots=True)
class Known:
    """Where a database says that its ledger ends: how many lines, the hash of the last, the ledger's name if any."""

    seq: int
    hash: str
    name: str | None


def known(unit: Unit) -> Known:
    """What this database knows of its ledger; the beginning when it has none yet."""
    seq = unit.session.scalar(select(Counter.value).where(Counter.name == SEQ)) or 0
    rows = unit.session.execute(select(Flag.name, Flag.value).where(Flag.name.in_((HEAD, NAME))))
    flags = {row.name: row.value for row in rows}
    return Known(seq, flags.get(HEAD, FIRST), flags.get(NAME))


def require_level(ports: Ports) -> None:
    """Raise Conflict or Invalid unless the ledger ends where the database says, but for what waits to be appended."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        here = known(unit)
    if here.seq and (here.seq, here.hash) != parsed_head(ports.ledger.last()):
        with ports.ledger.locked():
            _explained(ports)


def _explained(ports: Ports) -> tuple[list[int], int, str]:
    """Rows that wait although their lines are in the ledger already, after a crash, and the head of the ledger.

    Every line the database does not know must be explained so. Raises Conflict or Invalid for anything else.
    """
    seq, head = parsed_head(ports.ledger.last())
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        here = known(unit)
        if (seq, head) == (here.seq, here.hash):
            return [], seq, head
        waits = unit.session.execute(select(*_TOLD).where(LedgerLine.list_id.is_(None)).order_by(LedgerLine.id))
        ready = [(row.id, _entry(row).key) for row in waits]
    if seq < here.seq:
        raise Invalid("The ledger is older than the database.", code="ledger_shorter")
    tail = {entry.key for entry in islice(read(ports.ledger.lines()), here.seq, None)}
    if not tail or tail - {key for _row_id, key in ready}:
        raise Conflict(
            "The database is older than the ledger: a backup was put back. Start the helpdesk, or run "
            "'helpdesk restore replay'.",
            code="ledger_ahead",
        )
    return [row_id for row_id, key in ready if key in tail], seq, head


def _catch_up(ports: Ports) -> None:
    there, seq, head = _explained(ports)
    if there:
        _applied(ports, there, seq, head)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """Rows to be appended, the month, and whether database and ledger agree where it ends."""

    rows: Sequence[Row[Any]]
    month: str
    level: bool


def _waiting(ports: Ports) -> _Waiting:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        here = known(unit)
        level = bool(here.seq) and (here.seq, here.hash) == parsed_head(ports.ledger.last())
        ready = select(*_TOLD).where(LedgerLine.list_id.is_(None)).order_by(LedgerLine.id).limit(_BATCH)
        return _Waiting(unit.session.execute(ready).all(), day_of(unit.now).isoformat()[:7], level)


def _append(ports: Ports, waiting: _Waiting) -> None:
    seq, before = parsed_head(ports.ledger.last())
    lines = []
    for row in waiting.rows:
        seq += 1
        lines.append(chained(_entry(row), seq, before))
        before = hash_in(lines[-1])
    ports.ledger.append(lines, waiting.month)
    _applied(ports, [row.id for row in waiting.rows], seq, before)


def _entry(row: Row[Any]) -> Entry:
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
        unit.session.execute(delete(LedgerLine).where(among(unit.session, LedgerLine.id, row_ids)))
        set_known(unit, seq, before)


def set_known(unit: Unit, seq: int, head: str) -> None:
    """Write down that this database did everything up to this line of the ledger."""
    _set(unit, Counter, SEQ, seq)
    _set(unit, Flag, HEAD, head)


def forget_told(unit: Unit, keys: Collection[tuple[str, str, str]]) -> None:
    """Let the rows go whose lines are in the ledger already, those too that wait for the verification of a list."""
    waits = unit.session.execute(select(*_TOLD)).all()
    told = [row.id for row in waits if _entry(row).key in keys]
    unit.session.execute(delete(LedgerLine).where(among(unit.session, LedgerLine.id, told)))


def _begin(ports: Ports) -> None:
    """The first line, which gives the ledger its name; a database that knows a ledger never begins another."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        if known(unit).seq and ports.ledger.last() is not None:
            return
    with unit_of_work(ports, SYSTEM) as unit:
        here = known(unit)
        if ports.ledger.exists() and ports.ledger.last() is not None:
            if not here.seq:
                _adopt(unit, here.name)
            return
        if here.seq:
            raise Invalid("The ledger is missing.", code="ledger_missing")
        name = here.name or secrets.token_hex(16)
        _set(unit, Flag, NAME, name)
        month = day_of(unit.now).isoformat()[:7]
    line = chained(Entry("begin", name, month), 1, FIRST)
    ports.ledger.append([line], month)
    _applied(ports, [], *parsed_head(line))


def _adopt(unit: Unit, name: str | None) -> None:
    """A crash between the first line and its row: the file holds that one line only, or it is another's ledger.

    A longer one under our own name tells of what this database never did: it is a backup that was put back.
    """
    head = head_of(unit.ports.ledger.lines())
    if head.seq != 1 or head.name != (name or head.name):
        if name == head.name:
            return
        raise Invalid("This ledger belongs to another database.", code="ledger_foreign")
    _set(unit, Flag, NAME, head.name)
    _set(unit, Counter, SEQ, head.seq)
    _set(unit, Flag, HEAD, head.hash)


def _set(unit: Unit, model: type[Counter] | type[Flag], name: str, value: int | str) -> None:
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(model).values(name=name, value=value)
    connection.execute(fresh.on_conflict_do_update(index_elements=[model.name], set_={"value": value}))
