"""Lists for destruction as commands and pages show them: what is on one, and why. Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import aliased

from helpdesk.errors import NotAllowed, NotFound
from helpdesk.models import Account, DisposalItem, DisposalList
from helpdesk.people.access import require
from helpdesk.privacy.lists import approval_refused, needs_second
from helpdesk.unit import Unit

PAGE = 100
_UNUSUAL = 10
"""How many tickets more than the last time are worth a word."""


@dataclass(frozen=True, slots=True)
class ListView:
    """A list with its counts; `second` says whether it needs a second person before it runs, `key` is its random name.

    `taken` are those that are being destroyed at this moment.
    """

    id: int
    key: str
    kind: str
    rule: str
    version: str
    mode: str
    state: str
    braked: bool
    second: bool
    proposed_by_id: int | None
    proposed_by: str
    proposed_at: dt.datetime
    approved_by: str
    executes_on: dt.date
    listed: int
    excepted: int
    withdrawn: int
    destroyed: int
    taken: int
    reason: str
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    sent_back_by: str = ""
    sent_back_at: dt.datetime | None = None
    remark: str = ""


def lists_page(unit: Unit, *, ended: bool = False) -> list[ListView]:
    """The lists that wait or run, the one that runs first in front; with `ended` the others too."""
    require(unit.actor, "list.read")
    waiting = DisposalList.state.not_in(("done", "withdrawn"))
    return _views(unit, true() if ended else waiting)


def ended_page(unit: Unit, skip: int = 0) -> tuple[list[ListView], int]:
    """A page of the lists that are done or were withdrawn, newest first, and how many there are."""
    require(unit.actor, "list.read")
    over = DisposalList.state.in_(("done", "withdrawn"))
    ids = select(DisposalList.id).where(over).order_by(DisposalList.id.desc()).limit(PAGE).offset(skip)
    rows = _views(unit, DisposalList.id.in_(unit.session.scalars(ids).all()))
    total = unit.session.scalar(select(func.count()).select_from(DisposalList).where(over)) or 0
    return sorted(rows, key=lambda row: -row.id), total


def lists_of(unit: Unit, keys: Collection[str]) -> list[ListView]:
    """The lists with these random names: those that a certificate tells of."""
    require(unit.actor, "list.read")
    return _views(unit, DisposalList.key.in_(keys))


def list_view(unit: Unit, list_id: int) -> ListView:
    """One list. Raises NotFound."""
    require(unit.actor, "list.read")
    found = _views(unit, DisposalList.id == list_id)
    if not found:
        raise NotFound("There is no such list.")
    return found[0]


def refused(unit: Unit, list_id: int) -> NotAllowed | None:
    """Why the actor can't approve this list, or none. Raises NotFound."""
    require(unit.actor, "list.approve")
    found = unit.session.get(DisposalList, list_id)
    if found is None:
        raise NotFound("There is no such list.")
    return approval_refused(unit, found)


def grown(unit: Unit, found: ListView) -> int | None:
    """By how many per cent a list is longer than the last one of its rule, when that is unusually much; else none."""
    require(unit.actor, "list.read")
    last = select(DisposalList.destroyed).where(
        DisposalList.rule == found.rule, DisposalList.state == "done", DisposalList.id < found.id
    )
    before = unit.session.scalar(last.where(DisposalList.destroyed > 0).order_by(DisposalList.id.desc()).limit(1))
    if not before or found.listed < 2 * before or found.listed - before < _UNUSUAL:
        return None
    return round(100 * (found.listed - before) / before)


def _views(unit: Unit, which: ColumnElement[bool]) -> list[ListView]:
    proposer, approver, returner = aliased(Account), aliased(Account), aliased(Account)
    wanted = (
        select(DisposalList, proposer.name, approver.name, returner.name)
        .outerjoin(proposer, proposer.id == DisposalList.proposed_by_id)
        .outerjoin(approver, approver.id == DisposalList.approved_by_id)
        .outerjoin(returner, returner.id == DisposalList.sent_back_by_id)
        .where(which)
        .order_by(DisposalList.executes_on, DisposalList.id)
    )
    rows = unit.session.execute(wanted).all()
    counts = _counts(unit, [row[0].id for row in rows])
    return [_view(found, proposed, approved, returned, counts) for found, proposed, approved, returned in rows]


def _counts(unit: Unit, ids: list[int]) -> dict[tuple[int, str], int]:
    counted = select(DisposalItem.list_id, DisposalItem.state, func.count()).where(DisposalItem.list_id.in_(ids))
    rows = unit.session.execute(counted.group_by(DisposalItem.list_id, DisposalItem.state))
    return {(list_id, state): many for list_id, state, many in rows}


def _view(
    found: DisposalList,
    proposed: str | None,
    approved: str | None,
    returned: str | None,
    counts: dict[tuple[int, str], int],
) -> ListView:
    return ListView(
        id=found.id,
        key=found.key,
        kind=found.kind,
        rule=found.rule,
        version=found.policy_version,
        mode=found.mode,
        state=found.state,
        braked=found.braked,
        second=needs_second(found),
        proposed_by_id=found.proposed_by_id,
        proposed_by=proposed or "",
        proposed_at=found.proposed_at,
        approved_by=approved or "",
        executes_on=found.executes_on,
        listed=counts.get((found.id, "listed"), 0),
        excepted=counts.get((found.id, "excepted"), 0),
        withdrawn=counts.get((found.id, "withdrawn"), 0),
        destroyed=found.destroyed,
        taken=counts.get((found.id, "taken"), 0),
        reason=found.reason or "",
        started_at=found.started_at,
        finished_at=found.finished_at,
        sent_back_by=returned or "",
        sent_back_at=found.sent_back_at,
        remark=found.remark or "",
    )
