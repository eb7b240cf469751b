"""What waits for a decision of the reader: lists, legal holds, registers, requests, files. Only counts.

What somebody proposed themselves is not on their list: a second person has to decide it (RD-40).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from helpdesk.models import DisposalList, Hold, ImportRun, Policy, RightsRequest, Ticket
from helpdesk.people.access import can
from helpdesk.retention.terms import day_of
from helpdesk.text.language import N_
from helpdesk.unit import Unit

REVIEW_SOON = dt.timedelta(days=30)
"""How long before its review a legal hold is on the list (interface 4.4)."""
SECOND = and_(DisposalList.kind == "due", or_(DisposalList.mode == "review", DisposalList.braked))
WORK = {
    "lists_to_propose": N_("lists for destruction to check and propose"),
    "lists_to_approve": N_("lists for destruction to approve"),
    "holds_to_release": N_("legal holds whose release is proposed"),
    "holds_to_review": N_("legal holds to be reviewed within thirty days"),
    "registers_to_approve": N_("versions of a register to put in force"),
    "requests_to_approve": N_("decisions on requests to approve"),
    "requests_open": N_("requests about data to answer"),
    "erasures_to_approve": N_("erasures before the term to approve"),
    "imports_stopped": N_("imports that the brake stopped"),
    "askers_unknown": N_("tickets of unknown askers"),
}
"""Each kind of work in words, in the order in which it is shown."""


@dataclass(frozen=True, slots=True)
class Work:
    """How many things of one kind wait for the reader."""

    kind: str
    count: int


def worklists(unit: Unit) -> list[Work]:
    """The kinds of which there is something to do, for what the reader may do."""
    found = {kind: _count(unit, table, which(unit)) for kind, verb, table, which in _KINDS if can(unit.actor, verb)}
    return [Work(kind, found[kind]) for kind in WORK if found.get(kind)]


def _count(unit: Unit, table: Any, which: ColumnElement[bool]) -> int:
    return unit.session.scalar(select(func.count()).select_from(table).where(which)) or 0


def _not_own(unit: Unit, column: Any) -> ColumnElement[bool]:
    return or_(column.is_(None), column != unit.actor.account_id)


def _lists_to_approve(unit: Unit) -> ColumnElement[bool]:
    return and_(DisposalList.state == "window", SECOND, _not_own(unit, DisposalList.proposed_by_id))


def _erasures(unit: Unit) -> ColumnElement[bool]:
    own = _not_own(unit, DisposalList.proposed_by_id)
    return and_(DisposalList.kind == "erasure", DisposalList.state == "window", own)


def _releases(unit: Unit) -> ColumnElement[bool]:
    asked = and_(Hold.released_at.is_(None), Hold.release_asked_by_id.is_not(None))
    return and_(asked, _not_own(unit, Hold.release_asked_by_id))


def _reviews(unit: Unit) -> ColumnElement[bool]:
    return and_(Hold.released_at.is_(None), Hold.review_on <= day_of(unit.now) + REVIEW_SOON)


_KINDS: tuple[tuple[str, str, Any, Callable[[Unit], ColumnElement[bool]]], ...] = (
    ("lists_to_propose", "list.propose", DisposalList, lambda _unit: and_(DisposalList.state == "open", SECOND)),
    ("lists_to_approve", "list.approve", DisposalList, _lists_to_approve),
    ("erasures_to_approve", "erasure.approve", DisposalList, _erasures),
    ("holds_to_release", "hold.release", Hold, _releases),
    ("holds_to_review", "hold.place", Hold, _reviews),
    (
        "registers_to_approve",
        "policy.approve",
        Policy,
        lambda unit: and_(Policy.state == "proposed", _not_own(unit, Policy.proposed_by_id)),
    ),
    (
        "requests_to_approve",
        "request.release",
        RightsRequest,
        lambda unit: and_(RightsRequest.state == "review", _not_own(unit, RightsRequest.proposed_by_id)),
    ),
    (
        "requests_open",
        "request.handle",
        RightsRequest,
        lambda _unit: RightsRequest.state.in_(("open", "collecting")),
    ),
    ("imports_stopped", "import.second", ImportRun, lambda _unit: ImportRun.state == "braked"),
    (
        "askers_unknown",
        "person.match",
        Ticket,
        lambda _unit: and_(Ticket.retention_state == "waiting:match", Ticket.restricted.is_(False)),
    ),
)
