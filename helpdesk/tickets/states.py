"""How many tickets stand in each state, when their terms end, and which they are: numbers and dates. Reads only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk.errors import NotFound
from helpdesk.models import Ticket
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


@dataclass(frozen=True, slots=True)
class Month:
    """How many terms end in one month; `first` is its first day, none stands for all months before."""

    first: dt.date | None
    count: int


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


def months(unit: Unit) -> list[Month]:
    """The first days of destruction by month: what is over, and the coming two years. Held or not, done or not."""
    require(unit.actor, "retention.read")
    this = day_of(unit.now).replace(day=1)
    firsts = [_later(this, number) for number in range(MONTHS)]
    found = dict.fromkeys([None, *firsts], 0)
    days = select(Ticket.due_on, func.count()).where(Ticket.due_on.is_not(None), Ticket.due_on < _later(this, MONTHS))
    for day, count in unit.session.execute(days.group_by(Ticket.due_on)):
        found[day.replace(day=1) if day is not None and day >= this else None] += count
    return [Month(first, count) for first, count in found.items()]


def _later(first: dt.date, number: int) -> dt.date:
    years, month = divmod(first.month - 1 + number, 12)
    return dt.date(first.year + years, month + 1, 1)


def tickets_in(unit: Unit, state: str, skip: int = 0) -> list[StandingTicket]:
    """A page of the tickets in a state, those due first in front. Raises NotFound for a state that there is not."""
    require(unit.actor, "retention.read")
    if state not in STATE:
        raise NotFound("There is no such state.")
    rows = unit.session.execute(
        select(Ticket.number, Ticket.opened_at, Ticket.due_on, Ticket.rule)
        .where(Ticket.retention_state == state)
        .order_by(Ticket.due_on, Ticket.id)
        .limit(PAGE)
        .offset(skip)
    )
    return [StandingTicket(row.number, row.opened_at, row.due_on, row.rule or "") for row in rows]
