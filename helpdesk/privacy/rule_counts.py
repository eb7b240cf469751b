"""How many tickets each rule of the registers in force holds, and what it says, for the overview. Changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

from sqlalchemy import case, func, select

from helpdesk.models import DisposalList, Ticket
from helpdesk.people.access import require
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.model import Register
from helpdesk.retention.terms import Period, day_of, due_on
from helpdesk.tickets.endings import held_now
from helpdesk.unit import Unit

SOON = Period(months=12)


@dataclass(frozen=True, slots=True)
class RuleCount:
    """A rule by its key: whose data, on which term and ground, and how many tickets: all, due within a year, held.

    `destroyed_in` is the first day of the month in which a list of it was last carried out.
    """

    rule: str
    whose: str
    term: str
    selection_list: str
    count: int
    soon: int
    held: int
    ground: str = ""
    destroyed_in: dt.date | None = None


def by_rule(unit: Unit, language: str) -> list[RuleCount]:
    """The rules under which there are tickets, in the order of the register; one that is gone has no words."""
    require(unit.actor, "retention.read")
    near = case((Ticket.due_on < due_on(day_of(unit.now), SOON), 1), else_=0)
    each = select(Ticket.rule, near.label("soon"), held_now().label("held")).where(Ticket.rule.is_not(None)).subquery()
    kept = case((each.c.held, 1), else_=0)
    sums = select(each.c.rule, func.count(), func.sum(each.c.soon), func.sum(kept)).group_by(each.c.rule)
    registers = in_force(unit.session)
    rows = [(str(rule), count, int(soon), int(kept)) for rule, count, soon, kept in unit.session.execute(sums)]
    order = [key for register in registers.values() for key in register.rules]
    rows.sort(key=lambda row: (order.index(row[0]) if row[0] in order else len(order), row[0]))
    ended = _last_ended(unit)
    return [replace(_counted(registers, language, *row), destroyed_in=ended.get(row[0])) for row in rows]


def _last_ended(unit: Unit) -> dict[str, dt.date]:
    """The first day of the month in which the last list of each rule that destroyed something was done."""
    done = select(DisposalList.rule, func.max(DisposalList.finished_at)).where(DisposalList.destroyed > 0)
    rows = unit.session.execute(done.group_by(DisposalList.rule))
    return {rule: day_of(at).replace(day=1) for rule, at in rows if at is not None}


def _counted(registers: dict[str, Register], language: str, rule: str, count: int, soon: int, held: int) -> RuleCount:
    found = next((register for register in registers.values() if rule in register.rules), None)
    if found is None:
        return RuleCount(rule, "", "", "", count, soon, held)
    own, dutch = found.rules[rule], language == "nl"
    whose = found.subjects[own.subject]
    grounds = dict.fromkeys(_article(found.grounds[key].basis) for key in own.grounds if key in found.grounds)
    return RuleCount(
        rule,
        whose.nl if dutch else whose.en,
        own.told(dutch=dutch),
        own.selection_list or "",
        count,
        soon,
        held,
        "; ".join(grounds),
    )


def _article(basis: str) -> str:
    """The article of a legal ground as it is cited: "AVG art. 6(1)(f)"."""
    article, *parts = basis.split(".")
    return f"AVG art. {article}" + "".join(f"({part})" for part in parts)
