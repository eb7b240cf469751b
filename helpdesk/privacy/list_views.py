"""Lists for destruction as commands and pages show them: what is on one, and why. Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import aliased

from helpdesk.errors import NotAllowed, NotFound
from helpdesk.models import (
    Account,
    Attachment,
    Content,
    DisposalItem,
    DisposalList,
    Entry,
    InboundMail,
    Ticket,
    TicketPerson,
)
from helpdesk.people.access import can, require
from helpdesk.privacy.lists import approval_refused, needs_second
from helpdesk.read_log import note_reads
from helpdesk.unit import Unit

_CHUNK, PAGE = 500, 100


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


@dataclass(frozen=True, slots=True)
class ItemView:
    """A ticket on a list: why it is there (rule, version and day), or why it is not any more.

    `subject` is for those who may approve lists; `by` took it off.
    """

    number: str
    subject: str
    opened_at: dt.datetime
    due_on: dt.date | None
    state: str
    reason: str
    by: str


@dataclass(frozen=True, slots=True)
class Sums:
    """What the tickets that are still on a list consist of: numbers, bytes, and the days the first and last came."""

    tickets: int
    entries: int
    files: int
    size: int
    askers: int
    first: dt.datetime | None
    last: dt.datetime | None


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


def items(unit: Unit, list_id: int, *, subjects: bool = True) -> Iterator[ItemView]:
    """Everything on a list, by ticket, read in chunks: a list of any length is shown whole (RD-41)."""
    require(unit.actor, "list.read")
    after = 0
    while rows := _rows(unit, _on(list_id).where(DisposalItem.ticket_id > after).limit(_CHUNK), subjects=subjects):
        yield from (view for _ticket_id, view in rows)
        after = rows[-1][0]


def items_page(unit: Unit, list_id: int, state: str = "", number: str = "", skip: int = 0) -> list[ItemView]:
    """A page of what is on a list, by ticket: in one state, or the one ticket with this number."""
    require(unit.actor, "list.read")
    return [view for _ticket_id, view in _rows(unit, _narrowed(list_id, state, number).limit(PAGE).offset(skip))]


def items_count(unit: Unit, list_id: int, state: str = "", number: str = "") -> int:
    """How many there are on all of its pages."""
    require(unit.actor, "list.read")
    return unit.session.scalar(select(func.count()).select_from(_narrowed(list_id, state, number).subquery())) or 0


def _narrowed(list_id: int, state: str, number: str) -> Select[Any]:
    wanted = _on(list_id)
    wanted = wanted.where(DisposalItem.state == state) if state else wanted
    return wanted.where(Ticket.number == number) if number else wanted


def _on(list_id: int) -> Select[Any]:
    return (
        select(DisposalItem.ticket_id, DisposalItem.state, DisposalItem.reason, Account.name)
        .add_columns(Ticket.number, Ticket.opened_at, Ticket.due_on)
        .join(Ticket, Ticket.id == DisposalItem.ticket_id)
        .outerjoin(Account, Account.id == DisposalItem.changed_by_id)
        .where(DisposalItem.list_id == list_id)
        .where(Ticket.retention_state != "destroying")
        .order_by(DisposalItem.ticket_id)
    )


def _rows(unit: Unit, wanted: Select[Any], *, subjects: bool = True) -> list[tuple[int, ItemView]]:
    """The lines; what tickets are about only for those who decide on lists, and then it is a read."""
    rows = unit.session.execute(wanted).all()
    about: dict[int, str] = {}
    if subjects and can(unit.actor, "list.approve"):
        ids = [row.ticket_id for row in rows]
        said = select(Content.ticket_id, Content.text).where(Content.ticket_id.in_(ids), Content.kind == "subject")
        about = {row.ticket_id: row.text for row in unit.session.execute(said)}
        note_reads(unit, ids, "list")
    return [
        (
            row.ticket_id,
            ItemView(
                number=row.number,
                subject=about.get(row.ticket_id, ""),
                opened_at=row.opened_at,
                due_on=row.due_on,
                state=row.state,
                reason=row.reason or "",
                by=row.name or "",
            ),
        )
        for row in rows
    ]


def sums(unit: Unit, list_id: int) -> Sums:
    """What would go with this list."""
    require(unit.actor, "list.read")
    on = select(DisposalItem.ticket_id).where(DisposalItem.list_id == list_id, DisposalItem.state == "listed")
    count = select(func.count()).select_from

    def parts(model: type[Attachment | InboundMail]) -> Any:
        mine = select(func.count().label("n"), func.coalesce(func.sum(model.size), 0).label("size"))
        return unit.session.execute(mine.where(model.ticket_id.in_(on))).one()

    files, mails = parts(Attachment), parts(InboundMail)
    who = select(TicketPerson.address).where(TicketPerson.ticket_id.in_(on), TicketPerson.role == "requester")
    times = select(func.count(), func.min(Ticket.opened_at), func.max(Ticket.opened_at)).where(Ticket.id.in_(on))
    tickets, first, last = unit.session.execute(times).one()
    return Sums(
        tickets=tickets,
        entries=unit.session.scalar(count(Entry).where(Entry.ticket_id.in_(on))) or 0,
        files=files.n,
        size=int(files.size + mails.size),
        askers=unit.session.scalar(count(who.distinct().subquery())) or 0,
        first=first,
        last=last,
    )


def _views(unit: Unit, which: ColumnElement[bool]) -> list[ListView]:
    proposer, approver = aliased(Account), aliased(Account)
    wanted = (
        select(DisposalList, proposer.name, approver.name)
        .outerjoin(proposer, proposer.id == DisposalList.proposed_by_id)
        .outerjoin(approver, approver.id == DisposalList.approved_by_id)
        .where(which)
        .order_by(DisposalList.executes_on, DisposalList.id)
    )
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
        key=found.key,
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
        taken=counts.get((found.id, "taken"), 0),
        reason=found.reason or "",
        started_at=found.started_at,
        finished_at=found.finished_at,
    )
