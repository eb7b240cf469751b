"""How many tickets each rule of the registers in force holds, and what it says, for the overview. Changes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from helpdesk.models import Ticket
from helpdesk.people.access import require
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.model import Register
from helpdesk.retention.terms import Period, day_of, due_on
from helpdesk.tickets.states import held_now
from helpdesk.unit import Unit

SOON = Period(months=12)


@dataclass(frozen=True, slots=True)
class RuleCount:
    """A rule by its key: whose data, on which term, and how many tickets; those due within a year, those held."""

    rule: str
    whose: str
    term: str
    selection_list: str
    count: int
    soon: int
    held: int


def by_rule(unit: Unit, language: str) -> list[RuleCount]:
    """The rules under which there are tickets, in the order of the register; one that is gone has no words."""
    require(unit.actor, "retention.read")
    near = case((Ticket.due_on < due_on(day_of(unit.now), SOON), 1), else_=0)
    each = select(Ticket.rule, near.label("soon"), held_now().label("held")).where(Ticket.rule.is_not(None)).subquery()
    kept = case((each.c.held, 1), else_=0)
    sums = select(each.c.rule, func.count(), func.sum(each.c.soon), func.sum(kept)).group_by(each.c.rule)
    registers = in_force(unit.session)
    rows = [(str(rule), count, int(soon), int(held)) for rule, count, soon, held in unit.session.execute(sums)]
    order = [key for register in registers.values() for key in register.rules]
    rows.sort(key=lambda row: (order.index(row[0]) if row[0] in order else len(order), row[0]))
    return [_counted(registers, language, *row) for row in rows]


def _counted(registers: dict[str, Register], language: str, rule: str, count: int, soon: int, held: int) -> RuleCount:
    found = next((register for register in registers.values() if rule in register.rules), None)
    if found is None:
        return RuleCount(rule, "", "", "", count, soon, held)
    own, dutch = found.rules[rule], language == "nl"
    whose = found.subjects[own.subject]
    return RuleCount(
        rule,
        whose.nl if dutch else whose.en,
        own.term_nl if dutch else own.term_en,
        own.selection_list or "",
        count,
        soon,
        held,
    )
