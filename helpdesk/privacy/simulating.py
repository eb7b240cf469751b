"""What a register would do to the tickets that are there, before anybody approves it (RD-14). Changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import select

from helpdesk.models import Ticket
from helpdesk.people.access import require
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force, version
from helpdesk.retention.register.model import Register
from helpdesk.retention.terms import day_of
from helpdesk.unit import Actor, unit_of_work

_CHUNK = 500
NO_RULE = "-"
"""Stands for the rule of a ticket that has none, before and after."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One ticket before and after: its rule and its first day of destruction, None while it waits for something."""

    ticket_id: int
    rule_before: str | None
    due_before: dt.date | None
    rule: str | None
    due_on: dt.date | None


@dataclass(slots=True)
class Effect:
    """What becomes of the tickets of one rule, that of today where they have one: how many move, and where to.

    `dated` get a date they did not have; `due` would be due today and are not now; `first_due_on` is the earliest day.
    """

    rule: str
    tickets: int = 0
    earlier: int = 0
    later: int = 0
    never: int = 0
    dated: int = 0
    due: int = 0
    first_due_on: dt.date | None = None

    @property
    def changed(self) -> int:
        """How many get another day, a day, or lose theirs."""
        return self.earlier + self.later + self.never + self.dated

    def add(self, one: Moved, today: dt.date) -> None:
        """Count one ticket."""
        before, after = one.due_before, one.due_on
        self.tickets += 1
        self.dated += before is None and after is not None
        self.never += before is not None and after is None
        if before is not None and after is not None:
            self.earlier += after < before
            self.later += after > before
        self.due += _is_due(after, today) and not _is_due(before, today)
        if after is not None:
            self.first_due_on = after if self.first_due_on is None else min(after, self.first_due_on)


@dataclass(frozen=True, slots=True)
class Simulation:
    """The register that was tried, on which day, and its effect on the tickets of each rule, by the rule's key."""

    version: str
    processing: str
    on: dt.date
    effects: list[Effect] = field(default_factory=list)


def simulate(ports: Ports, actor: Actor, name: str) -> Simulation:
    """Reckon every ticket under a version that was proposed, beside what stands on it now; a chunk at a time.

    Raises NotFound for a version that is not there, or an actor who may not read registers.
    """
    with unit_of_work(ports, actor, write=False) as unit:
        require(actor, "policy.read")
        register, today = version(unit.session, name), day_of(unit.now)
    effects: dict[str, Effect] = {}
    for some in moves(ports, actor, register, today):
        for one in some:
            rule = one.rule_before or one.rule or NO_RULE
            effects.setdefault(rule, Effect(rule)).add(one, today)
    return Simulation(register.version, register.id, today, [effects[rule] for rule in sorted(effects)])


def moves(ports: Ports, actor: Actor, register: Register, today: dt.date, after: int = 0) -> Iterator[list[Moved]]:
    """Every ticket as it stands and as it would under this register, in chunks; none that is being destroyed.

    With `after` those with a higher id than this, for who goes on where another stopped.
    """
    while True:
        with unit_of_work(ports, actor, write=False) as unit:
            registers = in_force(unit.session) | {register.id: register}
            rows = unit.session.execute(
                select(Ticket.id, Ticket.rule, Ticket.due_on)
                .where(Ticket.id > after, Ticket.retention_state != "destroying")
                .order_by(Ticket.id)
                .limit(_CHUNK)
            ).all()
            would = clock.foreseen(unit.session, [row.id for row in rows], {}, today, registers)
        if not rows:
            return
        yield [Moved(row.id, row.rule, row.due_on, would[row.id].rule, would[row.id].due_on) for row in rows]
        after = rows[-1].id


def _is_due(day: dt.date | None, today: dt.date) -> bool:
    return day is not None and day <= today
