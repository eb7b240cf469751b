"""What is known of people and since when: the whole history of facts, and what was known at a moment. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.models import Account, Fact
from helpdesk.people.access import require
from helpdesk.unit import Unit


@dataclass(frozen=True, slots=True)
class FactView:
    """One row: what it says happened, when, where from, who wrote it, and whether it still stands.

    `state` is in_force, corrected, retracted (a later row took its place or took it back) or retraction (such a row).
    """

    id: int
    type: str
    valid_on: dt.date
    recorded_at: dt.datetime
    source: str
    reference: str
    reason: str | None
    recorded_by: str
    supersedes_id: int | None
    state: str


def history(unit: Unit, person_id: int | None) -> list[FactView]:
    """Every fact ever recorded about a person, or about systems, in the order of recording."""
    require(unit.actor, "fact.read")
    whose = Fact.person_id == person_id if person_id is not None else Fact.person_id.is_(None)
    found = select(Fact, Account.name).outerjoin(Account, Account.id == Fact.recorded_by_id).where(whose)
    rows = unit.session.execute(found.order_by(Fact.id)).all()
    later = {fact.supersedes_id: fact for fact, _name in rows if fact.supersedes_id is not None}
    return [_view(fact, name or "", later.get(fact.id)) for fact, name in rows]


def _view(fact: Fact, name: str, later: Fact | None) -> FactView:
    return FactView(
        id=fact.id,
        type=fact.type,
        valid_on=fact.valid_on,
        recorded_at=fact.recorded_at,
        source=fact.source,
        reference=fact.source_ref or "",
        reason=fact.reason,
        recorded_by=name,
        supersedes_id=fact.supersedes_id,
        state=_state(fact, later),
    )


def _state(fact: Fact, later: Fact | None) -> str:
    if fact.retracts:
        return "retraction"
    if later is None:
        return "in_force"
    return "retracted" if later.retracts else "corrected"


def known_at(rows: Sequence[FactView], moment: dt.datetime) -> list[FactView]:
    """Of a history, what was in force at a moment: recorded by then, and not yet superseded or taken back."""
    there = [row for row in rows if row.recorded_at <= moment]
    gone = {row.supersedes_id for row in there}
    return [row for row in there if row.id not in gone and row.state != "retraction"]
