"""Restriction of processing (AVG art. 18, 21): a ticket is stored and nothing else, until it is decided (RD-82).

What that hides follows from `models.ticket.SHOWN` and `people.access.ticket_for`; nothing else is written here.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select, update

from helpdesk.models import RequestTicket, RightsRequest, Ticket
from helpdesk.privacy.rights.codes import RESTRICTING
from helpdesk.retention import clock
from helpdesk.timeline import record
from helpdesk.unit import Unit


def restrict(unit: Unit, request_id: int, ids: Collection[int]) -> int:
    """Restrict these tickets for a request, in this very transaction; returns how many were not restricted before."""
    locked = select(Ticket.id, Ticket.restricted).where(Ticket.id.in_(ids), Ticket.retention_state != "destroying")
    rows = unit.session.execute(locked.order_by(Ticket.id).with_for_update()).all()
    there = select(RequestTicket.ticket_id).where(RequestTicket.request_id == request_id)
    known = set(unit.session.scalars(there))
    for row in rows:
        if row.id not in known:
            unit.session.add(RequestTicket(request_id=request_id, ticket_id=row.id, state="accepted"))
    fresh = [row.id for row in rows if not row.restricted]
    _set(unit, fresh, restricted=True)
    return len(fresh)


def lift(unit: Unit, request_id: int) -> int:
    """Give the tickets of a request back to the work, but for those another one restricts; returns how many."""
    own = select(RequestTicket.ticket_id).where(RequestTicket.request_id == request_id)
    others = (
        select(RequestTicket.ticket_id)
        .join(RightsRequest, RightsRequest.id == RequestTicket.request_id)
        .where(RightsRequest.id != request_id, RightsRequest.kind.in_(RESTRICTING), RightsRequest.state != "closed")
        .where(RequestTicket.state == "accepted")
    )
    here = select(Ticket.id).where(Ticket.id.in_(own), Ticket.id.not_in(others), Ticket.restricted.is_(True))
    ids = list(unit.session.scalars(here.order_by(Ticket.id).with_for_update()))
    _set(unit, ids, restricted=False)
    return len(ids)


def _set(unit: Unit, ids: Collection[int], *, restricted: bool) -> None:
    changed = update(Ticket).where(Ticket.id.in_(ids)).values(restricted=restricted, version=Ticket.version + 1)
    unit.session.execute(changed.execution_options(synchronize_session=False))
    unit.session.expire_all()
    for ticket_id in ids:
        record(unit, ticket_id, "restricted" if restricted else "unrestricted")
        clock.touch(unit, ticket_id)
