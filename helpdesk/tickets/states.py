"""How many tickets stand in each state, when their terms end, and which they are: numbers and dates. Reads only."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select

from helpdesk.errors import NotFound
from helpdesk.models import Hold, HoldTicket, Ticket
from helpdesk.people.access import require
from helpdesk.retention.terms import day_of
from helpdesk.text.language import N_
from helpdesk.unit import Unit

STATE = {
    "waiting:register": N_("wait for a register of processing"),
    "waiting:match": N_("wait until somebody says who asked"),
    "waiting:employment": N_("the asker is employed"),
    "waiting:settlement": N_("wait for the settlement of the dismissal"),
    "waiting:merged": N_("went to another ticket, and go together with it"),
    "dated": N_("the last day is known"),
    "due": N_("the term is over"),
    "listed": N_("on a list for destruction"),
    "destroying": N_("being destroyed"),
    "blocked:open": N_("the term is over, but they are not done"),
    "blocked:hold": N_("the term is over, but a legal hold keeps them"),
    "blocked:excepted": N_("the term is over, but they were taken off the list for destruction for a while"),
    "blocked:restricted": N_("the term is over, but processing is restricted"),
    "blocked:original": N_("the term is over, but the mail still lies in a mailbox"),
}
"""Every state a ticket can be in (RD-24), in the order in which they are shown."""
MONTHS, PAGE = 24, 100
BEFORE, LATER, UNDATED = "before", "later", "none"


@dataclass(frozen=True, slots=True)
class Month:
    """How many terms end in one month, and how many of these tickets a legal hold keeps.

    `key` is 2027-03, or one of BEFORE, LATER and UNDATED for all that lies outside; then `first`, its day, is none.
    """

    key: str
    first: dt.date | None
    count: int
    held: int

    @property
    def free(self) -> int:
        """How many no hold keeps."""
        return self.count - self.held


@dataclass(frozen=True, slots=True)
class StandingTicket:
    """One ticket of a state."""

    number: str
    opened_at: dt.datetime
    due_on: dt.date | None
    rule: str


def counts(unit: Unit) -> dict[str, int]:
    """Tickets by state, those that there are; together they are all tickets."""
    require(unit.actor, "retention.read")
    states = select(Ticket.retention_state, func.count()).group_by(Ticket.retention_state)
    found = {row[0]: row[1] for row in unit.session.execute(states)}
    return {state: found[state] for state in [*STATE, *sorted(found.keys() - STATE.keys())] if state in found}


def months(unit: Unit, number: int = MONTHS) -> list[Month]:
    """The first days of destruction by month: what is over, the coming months, what is later, and what has no day.

    Together they are all tickets: held or not, done or not.
    """
    require(unit.actor, "retention.read")
    this = day_of(unit.now).replace(day=1)
    firsts = {f"{first:%Y-%m}": first for first in (_later(this, place) for place in range(number))}
    found = {key: [0, 0] for key in (BEFORE, *firsts, LATER, UNDATED)}
    each = select(Ticket.due_on.label("day"), held_now().label("kept")).subquery()
    sums_by = select(each.c.day, each.c.kept, func.count()).group_by(each.c.day, each.c.kept)
    for day, kept, count in unit.session.execute(sums_by):
        sums = found[_key_of(day, this, number)]
        sums[0] += count
        sums[1] += count if kept else 0
    return [Month(key, firsts.get(key), count, held) for key, (count, held) in found.items()]


def _key_of(day: dt.date | None, this: dt.date, number: int) -> str:
    if day is None:
        return UNDATED
    if day < this:
        return BEFORE
    return f"{day:%Y-%m}" if day < _later(this, number) else LATER


def held_now() -> ColumnElement[bool]:
    """Whether a legal hold stands on the ticket."""
    standing = select(HoldTicket.ticket_id).join(Hold, Hold.id == HoldTicket.hold_id)
    return Ticket.id.in_(standing.where(Hold.released_at.is_(None)))


def _later(first: dt.date, number: int) -> dt.date:
    years, month = divmod(first.month - 1 + number, 12)
    return dt.date(first.year + years, month + 1, 1)


def tickets_in(unit: Unit, state: str, skip: int = 0) -> list[StandingTicket]:
    """A page of the tickets in a state, those due first in front. Raises NotFound for a state that there is not."""
    require(unit.actor, "retention.read")
    if state not in STATE:
        raise NotFound("There is no such state.")
    return _page(unit, Ticket.retention_state == state, skip)


def tickets_of(unit: Unit, key: str, number: int = MONTHS, skip: int = 0) -> list[StandingTicket]:
    """A page of the tickets of one `Month`. Raises NotFound for a month that there is not."""
    require(unit.actor, "retention.read")
    return _page(unit, _within(unit, key, number), skip)


def _within(unit: Unit, key: str, number: int) -> ColumnElement[bool]:
    this = day_of(unit.now).replace(day=1)
    later = Ticket.due_on >= _later(this, number)
    fixed = {BEFORE: Ticket.due_on < this, LATER: later, UNDATED: Ticket.due_on.is_(None)}
    if key in fixed:
        return fixed[key]
    if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", key) is None:
        raise NotFound("There is no such month.")
    first = dt.date(int(key[:4]), int(key[5:]), 1)
    return and_(Ticket.due_on >= first, Ticket.due_on < _later(first, 1))


def _page(unit: Unit, which: ColumnElement[bool], skip: int) -> list[StandingTicket]:
    rows = unit.session.execute(
        select(Ticket.number, Ticket.opened_at, Ticket.due_on, Ticket.rule)
        .where(which)
        .order_by(Ticket.due_on, Ticket.id)
        .limit(PAGE)
        .offset(skip)
    )
    return [StandingTicket(row.number, row.opened_at, row.due_on, row.rule or "") for row in rows]


def count_of(unit: Unit, key: str, number: int = MONTHS) -> int:
    """How many there are on all its pages."""
    require(unit.actor, "retention.read")
    return unit.session.scalar(select(func.count()).select_from(Ticket).where(_within(unit, key, number))) or 0
