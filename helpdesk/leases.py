"""Leases in the database: one process at a time has the right to do one thing, and loses it when it dies."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable
from functools import cache

from sqlalchemy import Executable, String, bindparam, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.holders import is_gone
from helpdesk.models import Flag, Heartbeat, Lease
from helpdesk.models.base import UtcTime
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_STANDING = select(
    select(Flag.value).where(Flag.name == "maintenance").scalar_subquery(),
    select(Lease.holder).where(Lease.name == bindparam("sought")).scalar_subquery(),
)
_LETTING_GO = (
    delete(Lease)
    .where(Lease.name == bindparam("sought"), Lease.holder == bindparam("ours"))
    .execution_options(synchronize_session=False)
)
"""Written once: for each mail that comes alone a lease is taken and given back."""


def hold(ports: Ports, name: str, seconds: int) -> bool:
    """Take or renew the lease for so many seconds; False while another process holds it.

    During an update nobody holds anything. A process of this machine that was killed holds nothing: its lease is taken
    over at once, not when it runs out.
    """
    with unit_of_work(ports, SYSTEM) as unit:
        return hold_in(unit, name, seconds)


def hold_in(unit: Unit, name: str, seconds: int) -> bool:
    """The same within a unit: one statement, so that two takers can't both win."""
    maintenance, before = unit.session.execute(_STANDING, {"sought": name}).one()
    if maintenance == "on":
        return False
    ours = unit.ports.holder
    gone = before if before is not None and is_gone(before) else ours
    times = {"now": unit.now, "ends": unit.now + dt.timedelta(seconds=seconds)}
    said = {"sought": name, "ours": ours, "gone": gone} | times
    connection = unit.session.connection()
    return connection.execute(_taking(connection.dialect.name), said).scalar() is not None


@cache
def _taking(dialect: str) -> Executable:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    ours, ends = bindparam("ours", type_=String), bindparam("ends", type_=UtcTime)
    fresh = insert(Lease).values(name=bindparam("sought"), holder=ours, until=ends)
    taken = fresh.on_conflict_do_update(
        index_elements=[Lease.name],
        set_={"holder": ours, "until": ends},
        where=or_(Lease.holder.in_([ours, bindparam("gone")]), Lease.until < bindparam("now")),
    )
    return taken.returning(Lease.name)


def is_ours(unit: Unit, name: str) -> bool:
    """Whether this process has the lease now; it is not renewed, so that two units of one holder need not wait."""
    ours = select(Lease.name).where(Lease.name == name, Lease.holder == unit.ports.holder, Lease.until >= unit.now)
    return unit.session.scalar(ours) is not None


def is_held(ports: Ports, name: str) -> bool:
    """Whether a process holds the lease that is not known to be dead. It may let go at this very moment."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        holder = unit.session.scalar(select(Lease.holder).where(Lease.name == name, Lease.until >= unit.now))
    return holder is not None and not is_gone(holder)


def keeper(ports: Ports, name: str, seconds: int) -> Callable[[], bool]:
    """To be called often by who holds a lease: renews it now and then, and says whether it is still ours."""
    renewed = time.monotonic()

    def goes_on() -> bool:
        nonlocal renewed
        if time.monotonic() - renewed < seconds / 4:
            return True
        renewed = time.monotonic()
        return hold(ports, name, seconds)

    return goes_on


def release(ports: Ports, name: str) -> None:
    """Give the lease back if it is ours."""
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(_LETTING_GO, {"sought": name, "ours": ports.holder})


def beat(ports: Ports, name: str) -> None:
    """Write a sign of life."""
    with unit_of_work(ports, SYSTEM) as unit:
        dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
        fresh = dialect.insert(Heartbeat).values(name=name, at=unit.now)
        unit.session.connection().execute(
            fresh.on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": unit.now})
        )
