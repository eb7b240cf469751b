"""How many tickets stand in each state, and which they are: numbers and dates. Reads only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select

from helpdesk.errors import NotFound
from helpdesk.models import Ticket
from helpdesk.people.access import require
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
PAGE = 100


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


def tickets_in(unit: Unit, state: str, skip: int = 0) -> list[StandingTicket]:
    """A page of the tickets in a state, those due first in front. Raises NotFound for a state that there is not."""
    require(unit.actor, "retention.read")
    if state not in STATE:
        raise NotFound("There is no such state.")
    return page_of(unit, Ticket.retention_state == state, skip)


def page_of(unit: Unit, which: ColumnElement[bool], skip: int) -> list[StandingTicket]:
    """A page of the tickets for which this holds, those due first in front."""
    rows = unit.session.execute(
        select(Ticket.number, Ticket.opened_at, Ticket.due_on, Ticket.rule)
        .where(which)
        .order_by(Ticket.due_on, Ticket.id)
        .limit(PAGE)
        .offset(skip)
    )
    return [StandingTicket(row.number, row.opened_at, row.due_on, row.rule or "") for row in rows]
