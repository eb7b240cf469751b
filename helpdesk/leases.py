"""Leases in the database: one process at a time has the right to do one thing, and loses it when it dies."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.holders import is_gone
from helpdesk.models import Flag, Heartbeat, Lease
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Unit, unit_of_work


def hold(ports: Ports, name: str, seconds: int) -> bool:
    """Take or renew the lease for so many seconds; False while another process holds it.

    During an update nobody holds anything. A process of this machine that was killed holds nothing: its lease is taken
    over at once, not when it runs out.
    """
    with unit_of_work(ports, SYSTEM) as unit:
        return hold_in(unit, name, seconds)


def hold_in(unit: Unit, name: str, seconds: int) -> bool:
    """The same within a unit: one statement, so that two takers can't both win."""
    dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
    until = unit.now + dt.timedelta(seconds=seconds)
    updating = select(Flag.value).where(Flag.name == "maintenance").scalar_subquery()
    held_by = select(Lease.holder).where(Lease.name == name).scalar_subquery()
    maintenance, before = unit.session.execute(select(updating, held_by)).one()
    if maintenance == "on":
        return False
    gone = [before] if before is not None and is_gone(before) else []
    fresh = dialect.insert(Lease).values(name=name, holder=unit.ports.holder, until=until)
    taken = fresh.on_conflict_do_update(
        index_elements=[Lease.name],
        set_={"holder": unit.ports.holder, "until": until},
        where=or_(Lease.holder.in_([unit.ports.holder, *gone]), Lease.until < unit.now),
    )
    return unit.session.connection().execute(taken.returning(Lease.name)).scalar() is not None


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
        unit.session.execute(delete(Lease).where(Lease.name == name, Lease.holder == ports.holder))


def beat(ports: Ports, name: str) -> None:
    """Write a sign of life."""
    with unit_of_work(ports, SYSTEM) as unit:
        dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
        fresh = dialect.insert(Heartbeat).values(name=name, at=unit.now)
        unit.session.connection().execute(
            fresh.on_conflict_do_update(index_elements=[Heartbeat.name], set_={"at": unit.now})
        )
