"""Facts by hand: added, corrected and taken back, each as a new row that keeps the old one (RD-20).

A fact costs its person's tickets only (RD-101). No fact stands for one of another type (RD-21).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import Fact, Person, Ticket, TicketPerson
from helpdesk.people.access import require
from helpdesk.retention import clock
from helpdesk.retention.ledger_writing import write_down
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.unit import Unit

HAND = "hand"
OF_PEOPLE = ("employment.start", "employment.end", "dismissal.settled", "account.last_login", "contract.end")
OF_SYSTEMS = ("system.lms.end_of_life",)
REASONS = ("own_request", "retirement", "transfer", "death", "other")
"""Why employment ended: every way settles alike (X11)."""
PAST_ONLY = frozenset({"dismissal.settled", "account.last_login"})
"""What has happened when it is known: a date to come is a mistake."""
_LATER = aliased(Fact)
_FIRST_YEAR, _LAST_YEAR = 1950, 2100


def date_fault(fact_type: str, day: dt.date, today: dt.date) -> str | None:
    """A fixed word for a date that can't be that of such a fact, or none."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return "far_date"
    return "future_date" if fact_type in PAST_ONLY and day > today else None


def add(
    unit: Unit, person_id: int | None, fact_type: str, valid_on: dt.date, reference: str, reason: str | None = None
) -> int:
    """Add a fact about a person, or about a system when there is no person. Returns its id.

    Raises Invalid for a date, type or reason that can't be, or a fact that is known already.
    """
    require(unit.actor, "fact.write")
    if fact_type not in (OF_SYSTEMS if person_id is None else OF_PEOPLE):
        raise Invalid("There is no such kind of fact.", field="type")
    if reason is not None and reason not in REASONS:
        raise Invalid("Choose one of the reasons: {reasons}.", field="reason", reasons=", ".join(REASONS))
    if person_id is not None and unit.session.get(Person, person_id) is None:
        raise NotFound("There is no such person.")
    _checked(unit, fact_type, valid_on, reference)
    known = (
        select(Fact.id)
        .outerjoin(_LATER, _LATER.supersedes_id == Fact.id)
        .where(Fact.person_id == person_id if person_id is not None else Fact.person_id.is_(None))
        .where(Fact.type == fact_type, Fact.valid_on == valid_on, Fact.retracts.is_(False), _LATER.id.is_(None))
    )
    if unit.session.scalar(known.limit(1)) is not None:
        raise Invalid("This date is known already.", field="valid_on", code="known_fact")
    return _write(unit, "fact.add", person_id, fact_type, valid_on, reference, reason=reason)


def correct(unit: Unit, fact_id: int, valid_on: dt.date, reference: str) -> int:
    """Put another date in the place of a fact. Returns the id of the new row; the old one stays to be seen."""
    require(unit.actor, "fact.write")
    fact = _standing(unit, fact_id)
    if fact.valid_on == valid_on:
        raise Invalid("This date is known already.", field="valid_on", code="known_fact")
    _checked(unit, fact.type, valid_on, reference)
    return _write(
        unit, "fact.correct", fact.person_id, fact.type, valid_on, reference, reason=fact.reason, supersedes_id=fact.id
    )


def retract(unit: Unit, fact_id: int, reference: str) -> int:
    """Take a fact back, as when a dismissal is annulled: what it started stops. Returns the id of the new row."""
    require(unit.actor, "fact.write")
    fact = _standing(unit, fact_id)
    _referred(reference)
    return _write(
        unit,
        "fact.retract",
        fact.person_id,
        fact.type,
        fact.valid_on,
        reference,
        reason=fact.reason,
        supersedes_id=fact.id,
        retracts=True,
    )


def _referred(reference: str) -> None:
    if not reference.strip():
        raise Invalid("Say where this date comes from: a letter, a file, a decision.", field="reference")


def _checked(unit: Unit, fact_type: str, valid_on: dt.date, reference: str) -> None:
    _referred(reference)
    fault = date_fault(fact_type, valid_on, day_of(unit.now))
    if fault == "far_date":
        raise Invalid("This date is too far away to be true.", field="valid_on", code=fault)
    if fault is not None:
        raise Invalid("This date is still to come, and it says that something happened.", field="valid_on", code=fault)


def _standing(unit: Unit, fact_id: int) -> Fact:
    """A fact in force. A retraction is none; what was corrected or taken back is changed through its newest row."""
    fact = unit.session.get(Fact, fact_id)
    if fact is None or fact.retracts:
        raise NotFound("There is no such fact.")
    if unit.session.scalar(select(Fact.id).where(Fact.supersedes_id == fact_id)) is not None:
        raise Conflict("This fact was corrected or taken back meanwhile. Look again.", code="superseded")
    return fact


def _write(
    unit: Unit,
    verb: str,
    person_id: int | None,
    fact_type: str,
    valid_on: dt.date,
    reference: str,
    **more: Any,
) -> int:
    fact = Fact(
        person_id=person_id,
        type=fact_type,
        valid_on=valid_on,
        recorded_at=unit.now,
        source=HAND,
        source_ref=reference.strip()[:200],
        recorded_by_id=unit.actor.account_id,
        **more,
    )
    unit.session.add(fact)
    try:
        unit.session.flush()
    except IntegrityError as fault:
        raise Conflict("This fact was corrected or taken back meanwhile. Look again.", code="superseded") from fault
    note(unit, verb, "fact", fact.id)
    if person_id is not None:
        clock.touch_people(unit, [person_id])
        _tell_the_ledger(unit, person_id)
    return fact.id


def _tell_the_ledger(unit: Unit, person_id: int) -> None:
    """By random names only: after a restore these tickets wait until the fact was entered again (RD-76)."""
    asked = (
        select(Ticket.destroy_id)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .where(TicketPerson.person_id == person_id, TicketPerson.role == "requester")
    )
    for destroy_id in unit.session.scalars(asked.distinct()):
        write_down(unit, "facts", destroy_id)
