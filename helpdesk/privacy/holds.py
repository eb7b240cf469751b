"""Legal holds as people decide them: placed, reviewed, and released by a second person (RD-30 to RD-34).

What a hold catches by itself, and what it forbids, stands in `helpdesk.retention.holds`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid, NotAllowed, NotFound
from helpdesk.models import Account, Hold, HoldTicket, Person, Ticket
from helpdesk.models.policy import HOLD_KINDS
from helpdesk.people.access import require
from helpdesk.people.two_people import require_second
from helpdesk.ports import HOLD_WAITING
from helpdesk.retention import clock, holds
from helpdesk.retention.ledger_writing import write_down
from helpdesk.retention.terms import Period, day_of, last_day
from helpdesk.security_log import note
from helpdesk.text.stems import query_stems
from helpdesk.timeline import record
from helpdesk.unit import Unit

REVIEW_AFTER, REVIEW_WITHIN = Period(months=6), Period(months=12)
"""When a hold is looked at again if nobody says when, and by when at the latest (4.3, C39)."""
_QUERY_LIMIT, _REFERENCE_LIMIT, _REASON_LIMIT = 500, 100, 5000
_AT_ONCE = 500
"""Tickets that are reckoned in the unit that releases; more are reckoned behind it, in chunks."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A hold as somebody wants it: on tickets by number, on a person, or on what fits a query; one of the three.

    Without an owner it is the one who places it; without a day of review that is half a year from now.
    """

    kind: str
    reference: str
    reason: str
    numbers: Sequence[str] = ()
    person_id: int | None = None
    query: str | None = None
    owner_id: int | None = None
    review_on: dt.date | None = None

    @property
    def scope(self) -> str:
        """ticket, person or query. Raises Invalid unless exactly one is said."""
        said = {"ticket": bool(self.numbers), "person": self.person_id is not None, "query": self.query is not None}
        if sum(said.values()) != 1:
            raise Invalid("Say what is kept: tickets, or a person, or a query.", field="scope")
        return next(scope for scope, there in said.items() if there)


@dataclass(frozen=True, slots=True)
class Placed:
    """A hold that was placed: its id, how many tickets it holds, and which were being destroyed already (RD-31)."""

    hold_id: int
    held: int
    destroying: tuple[str, ...]


def place(unit: Unit, wish: Wish) -> Placed:
    """Place a hold. Tickets by number are held at the commit; those of a person or a query `hold_finding.find` finds.

    What comes to a person or fits a query after the commit is caught as it comes. `find` is nudged; who wants to know
    how many there are calls it after the commit. Raises Invalid for what can't be, NotFound for an unknown ticket,
    Conflict when every one of the tickets is being destroyed already.
    """
    require(unit.actor, "hold.place")
    if unit.actor.account_id is None:
        raise NotAllowed("A person has to decide this.", code="second_person")
    return _placed(unit, wish, unit.actor.account_id)


def place_for_request(unit: Unit, person_id: int, reference: str, reason: str, placed_by_id: int) -> int:
    """Keep what a person asked while their request for access runs (4.3). Returns the hold's id.

    Whoever records the request may do this, whatever their role: the duty follows from the request. So may who asks:
    then it stands in the name of the account to which the request fell.
    """
    return _placed(unit, Wish("dsr", reference, reason, person_id=person_id), placed_by_id).hold_id


def hand_over(unit: Unit, hold_id: int, owner_id: int) -> None:
    """Let somebody else answer for a hold: who handles the request it runs with."""
    unit.session.get_one(Hold, hold_id).owner_id = _owner(unit, owner_id)


def _placed(unit: Unit, wish: Wish, placed_by_id: int) -> Placed:
    _checked(unit, wish)
    hold = Hold(
        kind=wish.kind,
        scope=wish.scope,
        person_id=wish.person_id,
        query=None if wish.query is None else wish.query.strip(),
        reference=wish.reference.strip(),
        reason=wish.reason.strip(),
        owner_id=_owner(unit, wish.owner_id or placed_by_id),
        placed_by_id=placed_by_id,
        placed_at=unit.now,
        review_on=_review_day(unit, wish.review_on or last_day(day_of(unit.now), REVIEW_AFTER)),
    )
    unit.session.add(hold)
    unit.session.flush()
    note(unit, "hold.place", "hold", hold.id)
    write_down(unit, "hold", hold.key, run=hold.key, methods=hold.kind)
    taken = _taken(unit, hold, _tickets(unit, wish.numbers))
    if wish.numbers and not taken.ids:
        numbers = ", ".join(taken.destroying)
        raise Conflict("It is too late for a hold: {numbers} is being destroyed.", code="destroying", numbers=numbers)
    for ticket_id in taken.ids:
        clock.touch(unit, ticket_id)
    unit.nudge(HOLD_WAITING)
    return Placed(hold.id, len(taken.ids), taken.destroying)


def _checked(unit: Unit, wish: Wish) -> None:
    if wish.kind not in HOLD_KINDS:
        raise Invalid("Choose one of the kinds: {kinds}.", field="kind", kinds=", ".join(HOLD_KINDS))
    if not 0 < len(wish.reference.strip()) <= _REFERENCE_LIMIT:
        raise Invalid("Give the reference of the hold, in at most {count} characters.", field="reference", count=100)
    if not 0 < len(wish.reason.strip()) <= _REASON_LIMIT:
        raise Invalid("Say why this must be kept.", field="reason")
    if wish.query is not None and (len(wish.query.strip()) > _QUERY_LIMIT or not query_stems(wish.query)):
        raise Invalid("Give the words that a message must hold.", field="query")
    if wish.person_id is not None and unit.session.get(Person, wish.person_id) is None:
        raise NotFound("There is no such person.")


def _owner(unit: Unit, account_id: int) -> int:
    if not unit.session.scalar(select(Account.active).where(Account.id == account_id)):
        raise Invalid("The owner of a hold is somebody who can sign in.", field="owner")
    return account_id


def _review_day(unit: Unit, day: dt.date) -> dt.date:
    today = day_of(unit.now)
    if not today < day <= last_day(today, REVIEW_WITHIN):
        raise Invalid("The day of review lies after today and within twelve months.", field="review_on")
    return day


def _tickets(unit: Unit, numbers: Sequence[str]) -> set[int]:
    found = set()
    for number in numbers:
        ticket = unit.session.execute(select(Ticket.id, Ticket.desk_key).where(Ticket.number == number)).one_or_none()
        if ticket is None or (unit.actor.desks is not None and ticket.desk_key not in unit.actor.desks):
            raise NotFound("There is no such ticket, or you may not see it.")
        found.add(ticket.id)
    return found


def _taken(unit: Unit, hold: Hold, ids: set[int]) -> holds.Taken:
    """These tickets, and where one was merged the ticket its messages are in: known for sure once it is locked."""
    taken, seen = holds.Taken(), set[int]()
    while ids:
        taken += holds.take(unit, hold, ids)
        seen |= ids
        into = select(Ticket.merged_into_id).where(Ticket.id.in_(ids), Ticket.merged_into_id.is_not(None))
        ids = {ticket_id for ticket_id in unit.session.scalars(into) if ticket_id is not None} - seen
    return taken


def review(unit: Unit, hold_id: int, review_on: dt.date) -> None:
    """Keep a hold, and set the day on which it is looked at again; a proposal to release it is off with that."""
    require(unit.actor, "hold.place")
    hold = _standing(unit, hold_id)
    hold.review_on = _review_day(unit, review_on)
    hold.release_asked_by_id = hold.release_asked_at = hold.release_reason = None
    unit.session.flush()
    note(unit, "hold.review", "hold", hold_id)


def propose_release(unit: Unit, hold_id: int, reason: str) -> None:
    """Propose to release a hold, and say why; somebody else decides.

    Raises Conflict when that was proposed already, Invalid without a reason.
    """
    require(unit.actor, "hold.place")
    hold = _standing(unit, hold_id)
    if hold.release_asked_by_id is not None:
        raise Conflict("It was proposed already to release this hold.", code="proposed")
    if unit.actor.account_id is None:
        raise NotAllowed("A person has to decide this.", code="second_person")
    if not 0 < len(reason.strip()) <= _REASON_LIMIT:
        raise Invalid("Say why this need not be kept any more.", field="reason")
    hold.release_asked_by_id, hold.release_asked_at = unit.actor.account_id, unit.now
    hold.release_reason = reason.strip()
    unit.session.flush()
    note(unit, "hold.propose", "hold", hold_id)


def release(unit: Unit, hold_id: int) -> int:
    """Release a hold, as the second person. Returns how many tickets it held.

    Each of them has the state that facts and other holds give it: one whose term ended waits for the *next* list, with
    its window for objections, and is never destroyed at once (RD-33).
    """
    require(unit.actor, "hold.release")
    hold = _standing(unit, hold_id)
    if hold.release_asked_by_id is None:
        raise Conflict("Nobody proposed to release this hold yet.", code="not_proposed")
    require_second(unit, "hold.release", hold.release_asked_by_id)
    return _ended(unit, hold, unit.actor.account_id)


def end_after_request(unit: Unit, hold_id: int, first_id: int, second_id: int) -> int:
    """End the hold of a request that was answered, as the two people decided who let the answer go (4.3).

    Returns how many tickets it held; none when it was released before.
    """
    hold = unit.session.get_one(Hold, hold_id)
    if hold.released_at is not None:
        return 0
    unit.claim(Hold, hold_id, hold.version)
    unit.session.refresh(hold)
    hold.release_asked_by_id, hold.release_asked_at = first_id, unit.now
    return _ended(unit, hold, second_id)


def _ended(unit: Unit, hold: Hold, released_by_id: int | None) -> int:
    hold_id = hold.id
    # A ticket may be caught beside this very unit: all of them are reckoned once more behind it.
    hold.released_by_id, hold.released_at, hold.settled_at = released_by_id, unit.now, None
    unit.session.flush()
    note(unit, "hold.release", "hold", hold_id)
    write_down(unit, "release", hold.key, run=hold.key, methods=hold.kind)
    ids = unit.session.scalars(select(HoldTicket.ticket_id).where(HoldTicket.hold_id == hold_id)).all()
    for ticket_id in ids:
        record(unit, ticket_id, "hold_released", before=hold_id)
    for ticket_id in ids[:_AT_ONCE]:
        clock.touch(unit, ticket_id)
    unit.nudge(HOLD_WAITING)
    return len(ids)


def _standing(unit: Unit, hold_id: int) -> Hold:
    """A hold that was not released, claimed for this unit."""
    hold = unit.session.get(Hold, hold_id)
    if hold is None:
        raise NotFound("There is no such hold.")
    if hold.released_at is not None:
        raise Conflict("This hold was released already.", code="released")
    unit.claim(Hold, hold_id, hold.version)
    unit.session.refresh(hold)
    return hold
