"""Whether every ticket is accounted for: created = present + destroyed + merged (RD-62). Repairs nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from helpdesk.models import Counter, Flag, LedgerLine, Ticket
from helpdesk.ports import Ports
from helpdesk.retention.ledger import read
from helpdesk.unit import SYSTEM, Unit, unit_of_work

CREATED, DESTROYED = "tickets_created", "tickets_destroyed"
MISSING = "tickets_missing"
"""The flag that says how many tickets are gone without ground, while there are any; `status` makes an alarm of it."""


@dataclass(frozen=True, slots=True)
class Balance:
    """Tickets by what became of them; those merged into others are counted on both sides while they are there."""

    created: int
    present: int
    destroyed: int
    merged: int

    @property
    def missing(self) -> int:
        """How many are gone without ground; below nought there are more than ever were."""
        return self.created - self.present - self.destroyed - self.merged


def counter(unit: Unit, name: str) -> int:
    """What one of the numbers that only grow stands at."""
    return unit.session.scalar(select(Counter.value).where(Counter.name == name)) or 0


def balance(unit: Unit) -> Balance:
    """From the rows and the ledger itself; a line counts once, whether it is appended already or waits for it."""
    said = {entry.id: "merged=1" in entry.parts for entry in read(unit.ports.ledger.lines()) if entry.op == "destroyed"}
    waiting = select(LedgerLine.object_id, LedgerLine.parts).where(LedgerLine.op == "destroyed")
    said |= {row.object_id: "merged=1" in row.parts for row in unit.session.execute(waiting)}
    merged = sum(said.values())
    return Balance(counter(unit, CREATED), _present(unit), len(said) - merged, merged)


def watch(ports: Ports) -> int:
    """Compare by our own counts, which is quick, and write down how many are gone without ground. Returns it.

    All tickets are counted while others write; one statement, so that it sees one moment.
    """
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        present = select(func.count()).select_from(Ticket).scalar_subquery()
        created, destroyed = (
            func.coalesce(select(Counter.value).where(Counter.name == name).scalar_subquery(), 0)
            for name in (CREATED, DESTROYED)
        )
        missing: int = unit.session.execute(select(created - destroyed - present)).scalar_one()
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag).where(Flag.name == MISSING))
        if missing:
            unit.session.execute(insert(Flag).values(name=MISSING, value=str(missing)))
    return missing


def _present(unit: Unit) -> int:
    return unit.session.scalar(select(func.count()).select_from(Ticket)) or 0
