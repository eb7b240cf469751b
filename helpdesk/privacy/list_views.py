"""Lists for destruction as commands and pages show them: what is on one, and why. Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from helpdesk.errors import NotFound
from helpdesk.models import Account, Content, DisposalItem, DisposalList, Ticket
from helpdesk.people.access import require
from helpdesk.privacy.lists import needs_second
from helpdesk.unit import Unit

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class ListView:
    """A list with its counts; `second` says whether it needs a second person before it runs."""

    id: int
    kind: str
    rule: str
    version: str
    mode: str
    state: str
    braked: bool
    second: bool
    proposed_by: str
    proposed_at: dt.datetime
    approved_by: str
    executes_on: dt.date
    listed: int
    excepted: int
    withdrawn: int
    destroyed: int


@dataclass(frozen=True, slots=True)
class ItemView:
    """A ticket on a list: why it is there (rule, version and day), or why it is not any more."""

    number: str
    subject: str
    opened_at: dt.datetime
    due_on: dt.date | None
    state: str
    reason: str


def lists_page(unit: Unit, *, ended: bool = False) -> list[ListView]:
    """The lists that wait or run, the one that runs first in front; with `ended` the others too."""
    require(unit.actor, "list.read")
    return _views(unit, ended=ended)


def list_view(unit: Unit, list_id: int) -> ListView:
    """One list. Raises NotFound."""
    require(unit.actor, "list.read")
    found = _views(unit, ended=True, list_id=list_id)
    if not found:
        raise NotFound("There is no such list.")
    return found[0]


def items(unit: Unit, list_id: int) -> Iterator[ItemView]:
    """Everything on a list, by ticket, read in chunks: a list of any length is shown whole (RD-41)."""
    require(unit.actor, "list.read")
    after = 0
    while rows := _chunk(unit, list_id, after):
        yield from (view for _ticket_id, view in rows)
        after = rows[-1][0]


def _chunk(unit: Unit, list_id: int, after: int) -> list[tuple[int, ItemView]]:
    on = (
        select(DisposalItem.ticket_id, DisposalItem.state, DisposalItem.reason)
        .add_columns(Ticket.number, Ticket.opened_at, Ticket.due_on)
        .join(Ticket, Ticket.id == DisposalItem.ticket_id)
        .where(DisposalItem.list_id == list_id, DisposalItem.ticket_id > after)
        .where(Ticket.retention_state != "destroying")
        .order_by(DisposalItem.ticket_id)
        .limit(_CHUNK)
    )
    rows = unit.session.execute(on).all()
    ids = [row.ticket_id for row in rows]
    said = select(Content.ticket_id, Content.text).where(Content.ticket_id.in_(ids), Content.kind == "subject")
    subjects = {row.ticket_id: row.text for row in unit.session.execute(said)}
    return [
        (
            row.ticket_id,
            ItemView(
                row.number, subjects.get(row.ticket_id, ""), row.opened_at, row.due_on, row.state, row.reason or ""
            ),
        )
        for row in rows
    ]


def _views(unit: Unit, *, ended: bool, list_id: int | None = None) -> list[ListView]:
    proposer, approver = aliased(Account), aliased(Account)
    wanted = (
        select(DisposalList, proposer.name, approver.name)
        .outerjoin(proposer, proposer.id == DisposalList.proposed_by_id)
        .outerjoin(approver, approver.id == DisposalList.approved_by_id)
        .order_by(DisposalList.executes_on, DisposalList.id)
    )
    if not ended:
        wanted = wanted.where(DisposalList.state.not_in(("done", "withdrawn")))
    if list_id is not None:
        wanted = wanted.where(DisposalList.id == list_id)
    rows = unit.session.execute(wanted).all()
    counts = _counts(unit, [row[0].id for row in rows])
    return [_view(found, proposed, approved, counts) for found, proposed, approved in rows]


def _counts(unit: Unit, ids: list[int]) -> dict[tuple[int, str], int]:
    counted = select(DisposalItem.list_id, DisposalItem.state, func.count()).where(DisposalItem.list_id.in_(ids))
    rows = unit.session.execute(counted.group_by(DisposalItem.list_id, DisposalItem.state))
    return {(list_id, state): many for list_id, state, many in rows}


def _view(
    found: DisposalList, proposed: str | None, approved: str | None, counts: dict[tuple[int, str], int]
) -> ListView:
    return ListView(
        id=found.id,
        kind=found.kind,
        rule=found.rule,
        version=found.policy_version,
        mode=found.mode,
        state=found.state,
        braked=found.braked,
        second=needs_second(found),
        proposed_by=proposed or "",
        proposed_at=found.proposed_at,
        approved_by=approved or "",
        executes_on=found.executes_on,
        listed=counts.get((found.id, "listed"), 0),
        excepted=counts.get((found.id, "excepted"), 0),
        withdrawn=counts.get((found.id, "withdrawn"), 0),
        destroyed=found.destroyed,
    )
