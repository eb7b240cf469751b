"""Behind a decision about a hold, in chunks: finds the tickets that were there before, and reckons all of its tickets.

Any process may go on with it: the row says what is still to do. New mail needs none of this: it is caught as it comes.
Reckoning comes last because a unit that began before the decision may still write a state that does not know of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from sqlalchemy import func, select, update

from helpdesk.models import Hold, HoldTicket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.retention import clock, holds
from helpdesk.retention.holds import Taken
from helpdesk.search import newest_hits
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_CHUNK = 500
_PATIENCE, _STEP = 3.0, 0.05


def find_waiting(ports: Ports) -> int:
    """Do what is left of every hold. Returns of how many holds there was something left."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        waiting = unit.session.scalars(select(Hold.id).where(Hold.settled_at.is_(None)).order_by(Hold.id)).all()
    for hold_id in waiting:
        find(ports, hold_id)
    return len(waiting)


def find(ports: Ports, hold_id: int) -> Taken:
    """Put every ticket under a hold that is to be, and reckon each; released ones, too. Returns which there are.

    Does so once more at the next turn while transactions run that may not have seen the hold.
    """
    complete = _older_have_ended(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        hold = unit.session.get_one(Hold, hold_id)
        released, ids = hold.released_at is not None, sorted(_found(unit, hold))
    taken = Taken()
    for start in range(0, len(ids), _CHUNK):
        with unit_of_work(ports, SYSTEM) as unit:
            chunk = ids[start : start + _CHUNK]
            part = Taken(tuple(chunk)) if released else _take(unit, hold_id, chunk)
            for ticket_id in part.ids:
                clock.touch(unit, ticket_id)
        taken += part
    if complete:
        _settled(ports, hold_id, released=released)
    return taken


def _take(unit: Unit, hold_id: int, ids: list[int]) -> Taken:
    """None any more if somebody released it meanwhile; until the commit nobody can."""
    standing = select(Hold).where(Hold.id == hold_id, Hold.released_at.is_(None)).with_for_update(read=True)
    hold = unit.session.scalar(standing)
    return Taken() if hold is None else holds.take(unit, hold, ids)


def _settled(ports: Ports, hold_id: int, *, released: bool) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        same = Hold.released_at.is_not(None) if released else Hold.released_at.is_(None)
        unit.session.execute(update(Hold).where(Hold.id == hold_id, same).values(settled_at=unit.now))


def _found(unit: Unit, hold: Hold) -> Iterable[int]:
    if hold.released_at is not None or hold.scope == "ticket":
        return set(unit.session.scalars(select(HoldTicket.ticket_id).where(HoldTicket.hold_id == hold.id)))
    if hold.person_id is not None:
        on = (TicketPerson.person_id == hold.person_id) & TicketPerson.role.in_(holds.ROLES)
        return set(unit.session.scalars(select(TicketPerson.ticket_id).where(on)))
    return {ticket_id for hits in newest_hits(unit, hold.query or "") for _entry_id, ticket_id in hits}


def _older_have_ended(ports: Ports) -> bool:
    """Whether every transaction has ended that may not have seen what was decided.

    SQLite has one writer at a time, so they have. On PostgreSQL they are waited for, a little; that costs filing
    nothing, where a lock shared by all who file would.
    """
    bound = _snapshot(ports, "xmax")
    until = time.monotonic() + _PATIENCE
    while bound and _snapshot(ports, "xmin") < bound:
        if time.monotonic() > until:
            return False
        time.sleep(_STEP)
    return True


def _snapshot(ports: Ports, end: str) -> int:
    """The number of the first transaction that has not begun (`xmax`), or of the oldest that runs (`xmin`)."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        if unit.session.connection().dialect.name != "postgresql":
            return 0
        snapshot = func.pg_current_snapshot()
        ask = func.pg_snapshot_xmax(snapshot) if end == "xmax" else func.pg_snapshot_xmin(snapshot)
        return int(unit.session.scalar(select(ask)) or 0)
