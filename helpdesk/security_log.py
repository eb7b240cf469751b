"""The security log: who did what with rights and rules; the only writer of SecurityEvent. Each row seals the last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.models import Flag, SecurityEvent
from helpdesk.unit import Unit

_HEAD = "security_seal"
_FIRST = "0" * 64


def note(unit: Unit, verb: str, object_kind: str = "", object_id: int | None = None) -> None:
    """Write that the actor did this now. The row of the last seal is locked first, so that the chain never forks."""
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    first = dialect.insert(Flag).values(name=_HEAD, value=_FIRST)
    locked = first.on_conflict_do_update(index_elements=[Flag.name], set_={"value": Flag.value}).returning(Flag.value)
    before = connection.execute(locked).scalar_one()
    row = {
        "at": unit.now,
        "account_id": unit.actor.account_id,
        "verb": verb,
        "object_kind": object_kind,
        "object_id": object_id,
    }
    seal = _seal(before, unit.now.isoformat(), unit.actor.account_id, verb, object_kind, object_id)
    connection.execute(insert(SecurityEvent).values(**row, seal=seal))
    connection.execute(update(Flag).where(Flag.name == _HEAD).values(value=seal))


def _seal(before: str, *words: object) -> str:
    return hashlib.sha256("\x1f".join([before, *map(str, words)]).encode()).hexdigest()


def broken(unit: Unit) -> int | None:
    """The id of the first row whose seal does not follow from the row before it; None when the log is whole.

    The oldest row kept is taken as it is: rows go after their term, and the chain begins anew behind them.
    """
    before: str | None = None
    for row in _rows(unit):
        said = _seal(before or "", row.at.isoformat(), row.account_id, row.verb, row.object_kind, row.object_id)
        if before is not None and said != row.seal:
            return row.id
        before = row.seal
    head = unit.session.scalar(select(Flag.value).where(Flag.name == _HEAD))
    return 0 if before is not None and head != before else None


def _rows(unit: Unit) -> Iterator[SecurityEvent]:
    return iter(unit.session.scalars(select(SecurityEvent).order_by(SecurityEvent.id)))
