"""Tickets that stand in one state for too long, and whom that is told: each waiting reason has its age (RD-24).

The ages stand in the register in force. Asks in numbers, names nobody, changes nothing. A merged ticket waits with the
one it went to; one under a legal hold with the review of its hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from helpdesk.models import Fact, Ticket, TicketPerson
from helpdesk.retention.merged import families
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import MATCH_WITHIN
from helpdesk.retention.register.model import Ages, Register
from helpdesk.retention.terms import Period, begins_at, latest_anchor

TOLD: Mapping[str, frozenset[str]] = {
    "register_missing": frozenset({"functional_admin"}),
    "register_missing_late": frozenset({"functional_admin", "privacy_officer"}),
    "settlement_missing": frozenset({"functional_admin"}),
    "settlement_missing_late": frozenset({"functional_admin", "privacy_officer"}),
    "asker_unknown": frozenset({"advisor", "functional_admin"}),
    "employment_long": frozenset({"functional_admin"}),
    "open_when_due": frozenset({"advisor", "functional_admin"}),
    "due_left": frozenset({"functional_admin"}),
    "due_left_late": frozenset({"functional_admin", "privacy_officer"}),
    "original_left": frozenset({"functional_admin", "technical_admin"}),
    "restricted_long": frozenset({"privacy_officer"}),
    "request_due": frozenset({"privacy_officer"}),
}
"""The roles that can do something about it, and from `_late` on those that watch over it too (d.3)."""
_SETTLED = "dismissal.settled"
_USUAL = (Period(months=3), Period(months=6))
"""Ages of a settlement that is missing where the register says none (4.2)."""


@dataclass(frozen=True, slots=True)
class Late:
    """How many tickets are older than the age of one kind of alarm."""

    kind: str
    count: int


def late(session: Session, today: dt.date) -> Iterator[Late]:
    """Each kind of alarm, with its tickets; none of them is a reason to close it."""
    registers = in_force(session)
    ages = next((register.ages for register in registers.values()), Ages())
    for kind, state, age in (
        ("register_missing", "waiting:register", ages.register_after),
        ("register_missing_late", "waiting:register", ages.register_late),
        ("employment_long", "waiting:employment", ages.employment_after),
    ):
        yield Late(kind, _count(session, _opened_by(latest_anchor(age, today)) & (Ticket.retention_state == state)))
    for kind, states, age in (
        ("open_when_due", ("blocked:open",), ages.open_after),
        ("original_left", ("blocked:original",), ages.original_after),
        ("restricted_long", ("blocked:restricted",), ages.restricted_after),
        ("due_left", ("due", "listed"), ages.due_after),
        ("due_left_late", ("due", "listed"), ages.due_late),
    ):
        over = Ticket.due_on <= latest_anchor(age, today)
        yield Late(kind, _count(session, over & Ticket.retention_state.in_(states)))
    yield Late("asker_unknown", _count(session, _unknown(registers, today)))
    first, then = _settlement_ages(registers)
    yield Late("settlement_missing", _unsettled(session, latest_anchor(first, today)))
    yield Late("settlement_missing_late", _unsettled(session, latest_anchor(then, today)))


def _count(session: Session, which: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(Ticket).where(which)) or 0


def _opened_by(day: dt.date) -> ColumnElement[bool]:
    return Ticket.opened_at < begins_at(day + dt.timedelta(days=1))


def _unknown(registers: Mapping[str, Register], today: dt.date) -> ColumnElement[bool]:
    """Tickets whose sender nobody named in time: those under the rule of unknown senders, and those that still wait."""
    rules = [rule for register in registers.values() if (rule := register.rule_for("conversation", "unknown"))]
    within = next((rule.match_within for rule in rules if rule.match_within), MATCH_WITHIN)
    ruled = Ticket.rule.in_([rule.key for rule in rules]) & Ticket.retention_state.not_like("waiting:%")
    waits = or_(Ticket.retention_state == "waiting:match", ruled)
    return and_(waits, _opened_by(latest_anchor(within, today)), Ticket.retention_state != "destroying")


def _settlement_ages(registers: Mapping[str, Register]) -> tuple[Period, Period]:
    anchors = (register.anchors[_SETTLED] for register in registers.values() if _SETTLED in register.anchors)
    said = next(anchors, None)
    first, then = _USUAL
    return (said and said.alarm_after) or first, (said and said.escalate_after) or then


def _unsettled(session: Session, ended_by: dt.date) -> int:
    """Tickets that wait for the settlement of somebody whose newest end of employment is that old, or older."""
    later = aliased(Fact)
    ended = (
        select(Fact.person_id, func.max(Fact.valid_on).label("ended_on"))
        .outerjoin(later, later.supersedes_id == Fact.id)
        .where(Fact.type == "employment.end", Fact.retracts.is_(False), later.id.is_(None))
        .group_by(Fact.person_id)
        .subquery()
    )
    family = families(Ticket.retention_state == "waiting:settlement")
    waiting = (
        select(func.count(func.distinct(family.c.root)))
        .select_from(family)
        .join(TicketPerson, TicketPerson.ticket_id == family.c.id)
        .join(ended, ended.c.person_id == TicketPerson.person_id)
        .where(TicketPerson.role == "requester", ended.c.ended_on <= ended_by)
    )
    return session.scalar(waiting) or 0
