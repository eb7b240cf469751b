"""Requests as the worklist and their page show them. Changes nothing.

Who only decides on them sees neither the words of the request nor whose it is.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from helpdesk.errors import NotFound
from helpdesk.models import Account, DisposalItem, Person, Rectification, RequestTicket, RightsRequest, Ticket
from helpdesk.people.access import can, require
from helpdesk.privacy.rights import erasing, rectifying
from helpdesk.retention.terms import day_of
from helpdesk.tickets.lists import subjects_of
from helpdesk.unit import Unit

NEAR = dt.timedelta(days=7)
"""How long before its last day a request raises an alarm."""
SHOWN = 500
"""The most tickets that the page of a request shows."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request in the worklist; `days_left` is below nought when its last day has passed."""

    id: int
    kind: str
    state: str
    received_on: dt.date
    due_on: dt.date
    days_left: int
    near: bool
    extended: bool
    handler: str
    decision: str


@dataclass(frozen=True, slots=True)
class FoundTicket:
    """A ticket of a request and what was decided about it."""

    number: str
    subject: str
    state: str
    reason: str
    restricted: bool


@dataclass(frozen=True, slots=True)
class ErasureView:
    """A list that erases for a request, with the number of its tickets that are still on it."""

    id: int
    state: str
    ground: str
    tickets: int
    destroyed: int


@dataclass(frozen=True, slots=True)
class RequestView:
    """Everything the page of a request shows."""

    row: RequestRow
    wish: str
    person: str
    person_id: int | None
    identity: str
    number: str
    channel: str
    mask_words: str
    notify: list[str]
    extended_because: str
    decision_text: str
    proposed_by: str
    proposed_by_id: int | None
    second: str
    hold_id: int | None
    export_there: bool
    export_until: dt.datetime | None
    closed_on: dt.date | None
    tickets: list[FoundTicket] = field(default_factory=list)
    more: int = 0
    erasures: list[ErasureView] = field(default_factory=list)
    rectified: list[Rectification] = field(default_factory=list)


def requests_page(unit: Unit, *, closed: bool = False) -> list[RequestRow]:
    """The requests that are to be answered, the most urgent first; with `closed` those that were, the newest first."""
    require(unit.actor, "request.read")
    done = RightsRequest.state == "closed"
    wanted = select(RightsRequest, Account.name).outerjoin(Account, Account.id == RightsRequest.handler_id)
    if closed:
        wanted = wanted.where(done).order_by(RightsRequest.closed_on.desc(), RightsRequest.id.desc()).limit(SHOWN)
    else:
        wanted = wanted.where(~done).order_by(RightsRequest.due_on, RightsRequest.id)
    today = day_of(unit.now)
    return [_row(found, name or "", today) for found, name in unit.session.execute(wanted).all()]


def _row(found: RightsRequest, handler: str, today: dt.date) -> RequestRow:
    left = found.due_on - today
    return RequestRow(
        id=found.id,
        kind=found.kind,
        state=found.state,
        received_on=found.received_on,
        due_on=found.due_on,
        days_left=left.days,
        near=found.state != "closed" and left <= NEAR,
        extended=found.extended,
        handler=handler,
        decision=found.decision or "",
    )


def request_view(unit: Unit, request_id: int) -> RequestView:
    """One request. Raises NotFound."""
    require(unit.actor, "request.read")
    found, handled_by, proposed_by, approved_by, person, number = _whole(unit, request_id)
    reads = can(unit.actor, "request.handle")
    tickets, more = _tickets(unit, request_id) if reads else ([], 0)
    return RequestView(
        row=_row(found, handled_by or "", day_of(unit.now)),
        wish=found.wish if reads else "",
        person=(person or "") if reads else "",
        person_id=found.person_id if reads else None,
        identity=found.identity or "",
        number=(number or "") if reads else "",
        channel=found.channel or "",
        mask_words=(found.mask_words or "") if reads else "",
        notify=(found.notify or "").splitlines() if reads else [],
        extended_because=(found.extended_because or "") if reads else "",
        decision_text=found.decision_text or "",
        proposed_by=proposed_by or "",
        proposed_by_id=found.proposed_by_id,
        second=approved_by or "",
        hold_id=found.hold_id,
        export_there=found.export_blob is not None,
        export_until=found.export_until,
        closed_on=found.closed_on,
        tickets=tickets,
        more=more,
        erasures=_erasures(unit, request_id),
        rectified=rectifying.history(unit, request_id) if reads else [],
    )


def _whole(unit: Unit, request_id: int) -> tuple[Any, ...]:
    """A request with the names of three people, of who asks, and the number of the ticket it came with."""
    handler, proposer, second = (aliased(Account) for _ in range(3))
    row = unit.session.execute(
        select(RightsRequest, handler.name, proposer.name, second.name, Person.display_name, Ticket.number)
        .outerjoin(handler, handler.id == RightsRequest.handler_id)
        .outerjoin(proposer, proposer.id == RightsRequest.proposed_by_id)
        .outerjoin(second, second.id == RightsRequest.second_id)
        .outerjoin(Person, Person.id == RightsRequest.person_id)
        .outerjoin(Ticket, Ticket.id == RightsRequest.ticket_id)
        .where(RightsRequest.id == request_id)
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such request.")
    return tuple(row)


def _tickets(unit: Unit, request_id: int) -> tuple[list[FoundTicket], int]:
    """Undecided ones first; how many more there are."""
    found = (
        select(RequestTicket, Ticket)
        .join(Ticket, Ticket.id == RequestTicket.ticket_id)
        .where(RequestTicket.request_id == request_id)
    )
    undecided = (RequestTicket.state != "candidate", Ticket.id)
    rows = unit.session.execute(found.order_by(*undecided).limit(SHOWN)).all()
    total = unit.session.scalar(select(func.count()).where(RequestTicket.request_id == request_id)) or 0
    subjects = subjects_of(unit, [ticket.id for _row, ticket in rows]) if rows else {}
    shown = [
        FoundTicket(ticket.number, subjects.get(ticket.id, ""), row.state, row.reason or "", ticket.restricted)
        for row, ticket in rows
    ]
    return shown, total - len(shown)


def _erasures(unit: Unit, request_id: int) -> list[ErasureView]:
    found = []
    for row in erasing.lists_of(unit, request_id):
        on = select(func.count()).where(DisposalItem.list_id == row.id, DisposalItem.state == "listed")
        many = unit.session.scalar(on) or 0
        found.append(ErasureView(row.id, row.state, row.ground or "", many, row.destroyed))
    return found


def near_due(unit: Unit) -> int:
    """How many requests come within a week of their last day, or are past it; for the alarm, which names none."""
    latest = day_of(unit.now) + NEAR
    near = select(func.count()).where(RightsRequest.state != "closed", RightsRequest.due_on <= latest)
    return unit.session.scalar(near) or 0
