"""Lists for destruction as people decide on them: proposed, excepted from, approved by a second person, withdrawn.

What comes on a list by itself stands in `listing`, what becomes of it in `destruction`.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select, update

from helpdesk.errors import Conflict, Invalid, NotAllowed, NotFound
from helpdesk.models import DisposalItem, DisposalList, Ticket
from helpdesk.people.access import require
from helpdesk.people.two_people import second_refused
from helpdesk.privacy.listing import window_end
from helpdesk.retention import clock, listed
from helpdesk.retention.policy import in_force
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.unit import Unit

REASONS = ("objection", "hold_expected", "wrong_date", "wrong_person", "archive")
"""Why a person may take a ticket off a list."""
OPEN_STATES = ("open", "window", "approved")
APPROVES = {"due": "list.approve", "erasure": "erasure.approve"}
"""Who the second person is: before its term nothing goes without the record manager (Q13)."""
_REASON_LIMIT = 5000


def needs_second(found: DisposalList) -> bool:
    """Whether a list runs only once a second person approved it; the database refuses anything else, too (RD-40)."""
    return found.mode == "review" or found.braked


def propose(unit: Unit, list_id: int) -> None:
    """Propose an open list for destruction: its window for objections opens, and somebody else has to approve it.

    Raises Conflict for one that was decided on, runs by itself or holds nothing.
    """
    require(unit.actor, "list.propose")
    if unit.actor.is_system:
        raise NotAllowed("A person has to decide this.", code="second_person")
    found = _claimed(unit, list_id, "open")
    if not needs_second(found):
        raise Conflict("This list runs by itself when its window has passed.", code="runs_by_itself")
    if not _listed(unit, list_id):
        raise Conflict("There is no ticket on this list.", code="list_empty")
    found.proposed_by_id, found.proposed_at = unit.actor.account_id, unit.now
    found.state, found.executes_on = "window", _window_end(unit, found)
    unit.session.flush()
    note(unit, "list.propose", "list", list_id)


def _window_end(unit: Unit, found: DisposalList) -> dt.date:
    for register in in_force(unit.session).values():
        if register.version == found.policy_version:
            return window_end(unit, register.rules[found.rule])
    raise Conflict("Another register counts since this list was made. Withdraw it.", code="other_text")


def _listed(unit: Unit, list_id: int) -> int:
    on = select(func.count()).where(DisposalItem.list_id == list_id, DisposalItem.state == "listed")
    return unit.session.scalar(on) or 0


def approve(unit: Unit, list_id: int, reason: str = "") -> None:
    """Approve a proposed list, as the second person; what the brake stopped needs a reason (RD-26).

    It runs when its window has passed. Raises NotAllowed for whoever proposed it or took a ticket off it, holds the
    role for less than a day or administers the system.
    """
    require(unit.actor, "list.approve")
    found = _claimed(unit, list_id, "window")
    if not needs_second(found):
        raise Conflict("This list runs by itself when its window has passed.", code="runs_by_itself")
    require(unit.actor, APPROVES[found.kind])
    refused = approval_refused(unit, found)
    if refused is not None:
        raise refused
    if len(reason) > _REASON_LIMIT or (found.braked and not reason.strip()):
        raise Invalid("Say why so many tickets may be destroyed at once.", field="reason")
    found.state, found.reason = "approved", reason.strip() or None
    found.approved_by_id, found.approved_at = unit.actor.account_id, unit.now
    unit.session.flush()
    note(unit, "list.approve", "list", list_id)


def approval_refused(unit: Unit, found: DisposalList) -> NotAllowed | None:
    """Why somebody who may approve lists can't approve this one, so that a page can say it; none when they can."""
    refused = second_refused(unit, APPROVES[found.kind], found.proposed_by_id)
    if refused is not None:
        return refused
    own = select(DisposalItem.id).where(
        DisposalItem.list_id == found.id, DisposalItem.changed_by_id == unit.actor.account_id
    )
    if unit.session.scalar(own.limit(1)) is None:
        return None
    return NotAllowed("Somebody else has to decide this: you took a ticket off this list.", code="second_person")


def send_back(unit: Unit, list_id: int, remark: str) -> None:
    """Send a proposed list back to who proposed it, with words; it may be changed and proposed again.

    Raises Invalid without words, NotAllowed for whoever proposed it, who takes it back instead.
    """
    require(unit.actor, "list.approve")
    found = _claimed(unit, list_id, "window")
    if found.kind != "due" or not needs_second(found):
        raise Conflict("This list runs by itself when its window has passed.", code="runs_by_itself")
    if unit.actor.is_system or unit.actor.account_id == found.proposed_by_id:
        raise NotAllowed("Somebody else has to decide this: it is your own proposal.", code="second_person")
    if not remark.strip() or len(remark) > _REASON_LIMIT:
        raise Invalid("Say what has to be changed.", field="remark")
    found.state, found.proposed_by_id = "open", None
    found.sent_back_by_id, found.sent_back_at, found.remark = unit.actor.account_id, unit.now, remark.strip()
    unit.session.flush()
    note(unit, "list.send_back", "list", list_id)


def except_(unit: Unit, list_id: int, number: str, reason: str) -> None:
    """Take one ticket off a list, for three months and a fixed reason; what must be kept longer needs a hold.

    The months begin on the day its list would run, or today where nobody proposed it in time; no later day of the list
    moves them.

    From then on the list needs a second person, who is somebody else (rulings C38); an approval before it is off.
    """
    require(unit.actor, "list.except")
    if unit.actor.is_system:
        raise NotAllowed("A person has to decide this.", code="second_person")
    if reason not in REASONS:
        raise Invalid("Choose one of the reasons: {reasons}.", field="reason", reasons=", ".join(REASONS))
    found = _claimed(unit, list_id, *OPEN_STATES)
    item = unit.session.scalar(
        select(DisposalItem)
        .join(Ticket, Ticket.id == DisposalItem.ticket_id)
        .where(DisposalItem.list_id == list_id, DisposalItem.state == "listed", Ticket.number == number)
    )
    if item is None:
        raise NotFound("There is no such ticket on this list.")
    item.state, item.reason, item.changed_by_id = "excepted", reason, unit.actor.account_id
    item.excepted_from = max(found.executes_on, day_of(unit.now))
    if found.state != "open":
        found.state, found.mode = "window", "review"
        found.approved_by_id = found.approved_at = None
        found.proposed_by_id = found.proposed_by_id or unit.actor.account_id
    unit.session.flush()
    here = update(Ticket).where(Ticket.id == item.ticket_id, Ticket.retention_state == "listed")
    unit.session.execute(here.values(retention_state="due").execution_options(synchronize_session=False))
    clock.touch(unit, item.ticket_id)
    note(unit, "list.except", "list", list_id)


def withdraw(unit: Unit, list_id: int) -> None:
    """Take a whole list back before it runs; its tickets come on the next one. `listing.propose` lets them go."""
    require(unit.actor, "list.except")
    found = _claimed(unit, list_id, *OPEN_STATES)
    found.state = "withdrawn"
    unit.session.flush()
    if found.kind == "erasure":
        # Its tickets stand in whatever state they would have had anyway: there is nothing to give back.
        here = update(DisposalItem).where(DisposalItem.list_id == list_id, DisposalItem.state == "listed")
        unit.session.execute(here.values(state="withdrawn", reason=listed.LIST))
    note(unit, "list.withdraw", "list", list_id)


def _claimed(unit: Unit, list_id: int, *states: str) -> DisposalList:
    """A list in one of these states, claimed for this unit. Raises NotFound, or Conflict in any other state."""
    found = unit.session.get(DisposalList, list_id)
    if found is None:
        raise NotFound("There is no such list.")
    if found.state not in states:
        raise Conflict("This list was decided on already, or it is not proposed yet.", code="list_state")
    unit.claim(DisposalList, list_id, found.version)
    unit.session.refresh(found)
    return found
