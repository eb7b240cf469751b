"""Lets go of what requests leave behind: holds six weeks after the answer, requests after their own term (rule C).

Decides nothing anew: each follows from what two people approved, or from the register.
"""

from __future__ import annotations

from sqlalchemy import delete, select, update

from helpdesk.models import DisposalList, Hold, RightsRequest
from helpdesk.ports import Ports
from helpdesk.privacy import holds
from helpdesk.privacy.copies import people
from helpdesk.retention.policy import in_force
from helpdesk.retention.terms import Period, day_of, due_on, latest_anchor
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Unit, unit_of_work

HELD_AFTER = Period(weeks=6)
"""How long a hold outlasts the answer: who asks may still object to it (4.3)."""


def tidy(ports: Ports) -> None:
    """End holds of answered requests, and delete requests whose term is over, each in a transaction of its own."""
    for request_id in _answered(ports):
        with unit_of_work(ports, SYSTEM) as unit:
            _end_hold(unit, request_id)
    for request_id in _over(ports):
        with unit_of_work(ports, SYSTEM) as unit:
            _forget(unit, request_id)


def _answered(ports: Ports) -> list[int]:
    """Closed requests whose hold stands, decided by two people: with one of them the hold waits for its review."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        today = day_of(unit.now)
        rows = unit.session.execute(
            select(RightsRequest.id, RightsRequest.closed_on)
            .join(Hold, Hold.id == RightsRequest.hold_id)
            .where(RightsRequest.state == "closed", RightsRequest.second_id.is_not(None), Hold.released_at.is_(None))
        )
        return [row.id for row in rows if row.closed_on is not None and due_on(row.closed_on, HELD_AFTER) <= today]


def _end_hold(unit: Unit, request_id: int) -> None:
    found = unit.session.get_one(RightsRequest, request_id)
    if found.hold_id is not None and found.proposed_by_id is not None and found.second_id is not None:
        holds.end_after_request(unit, found.hold_id, found.proposed_by_id, found.second_id)


def _over(ports: Ports) -> list[int]:
    """Requests that were closed so long ago that rule C of the register lets them go; without one they stay."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rules = [rule for one in in_force(unit.session).values() if (rule := one.rule_for("case", "unknown"))]
        terms = [term for rule in rules if (term := rule.term_of("case"))]
        if not terms:
            return []
        latest = min(latest_anchor(term.period, day_of(unit.now)) for term in terms)
        over = select(RightsRequest.id).where(RightsRequest.closed_on <= latest, RightsRequest.export_blob.is_(None))
        return list(unit.session.scalars(over.order_by(RightsRequest.id)))


def _forget(unit: Unit, request_id: int) -> None:
    """The request with what was decided in it; its hold, if it ended; the person, if nothing else speaks of them."""
    found = unit.session.get_one(RightsRequest, request_id)
    person_id, hold_id = found.person_id, found.hold_id
    unit.session.execute(update(DisposalList).where(DisposalList.request_id == request_id).values(request_id=None))
    unit.session.execute(delete(RightsRequest).where(RightsRequest.id == request_id))
    if hold_id is not None:
        ended = (Hold.id == hold_id) & Hold.released_at.is_not(None)
        unit.session.execute(delete(Hold).where(ended))
    if person_id is not None:
        people.destroy(unit, [person_id], day_of(unit.now))
    note(unit, "request.forget", "request", request_id)
