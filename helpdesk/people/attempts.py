"""Counts tries at throttled doors, under keyed digests: rows, so that they hold for every process and fail closed."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, insert, select

from helpdesk.models import Attempt
from helpdesk.unit import Unit

_KEPT = dt.timedelta(days=1)


def one_at_a_time(unit: Unit, key: str) -> None:
    """Let who counts under this key at the same time wait until this unit is committed: then each of many is counted.

    There need be no row yet, so the digest itself is what PostgreSQL locks; SQLite has one writer at a time anyway.
    """
    if unit.session.connection().dialect.name == "postgresql":
        unit.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


def tried(unit: Unit, key: str, span: dt.timedelta) -> int:
    """How many tries were counted under this key within the last `span`, of a day at most."""
    counted = select(func.count()).where(Attempt.key_hmac == key, Attempt.at > unit.now - span)
    return unit.session.scalar(counted) or 0


def count_try(unit: Unit, *keys: str) -> None:
    """Count one try under each of these keys; those of the day before are forgotten."""
    unit.session.execute(delete(Attempt).where(Attempt.at < unit.now - _KEPT))
    unit.session.execute(insert(Attempt), [{"key_hmac": key, "at": unit.now} for key in keys])


def forget_tries(unit: Unit, key: str) -> None:
    """Forget what was counted under this key: who came in begins anew."""
    unit.session.execute(delete(Attempt).where(Attempt.key_hmac == key))
