"""The rows of a ticket in our own database: all of the plan, in few statements a batch, and the sums they leave.

What is deleted is looked for once more before the commit; anything left undoes the transaction.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import Unavailable
from helpdesk.models import Attachment, Counter, Entry, InboundMail, IntakeTotal, MailSeen, Ticket
from helpdesk.privacy.copies import people
from helpdesk.privacy.copies.plan import steps
from helpdesk.retention.terms import day_of
from helpdesk.search import a_word_of_each, forget_tickets, still_found
from helpdesk.unit import Unit


@dataclass(frozen=True, slots=True)
class Parts:
    """What a ticket consisted of, in numbers that say nothing about anybody (retention 3.4)."""

    entries: int
    files: int
    mails: int
    kilobytes: int
    year: int
    merged: bool

    def __str__(self) -> str:
        numbers = {"entries": self.entries, "files": self.files, "mails": self.mails, "kb": self.kilobytes}
        said = numbers | {"year": self.year} | ({"merged": 1} if self.merged else {})
        return ",".join(f"{name}={number}" for name, number in said.items())


def parts_of(unit: Unit, ids: Collection[int]) -> dict[int, Parts]:
    """The parts of each of these tickets."""
    entries = _grouped(unit, select(Entry.ticket_id, func.count(), func.count()), Entry.ticket_id, ids)
    files = _grouped(unit, select(Attachment.ticket_id, func.count(), func.sum(Attachment.size)), Attachment, ids)
    mails = _grouped(unit, select(InboundMail.ticket_id, func.count(), func.sum(InboundMail.size)), InboundMail, ids)
    rows = unit.session.execute(
        select(Ticket.id, Ticket.opened_at, Ticket.merged_into_id).where(Ticket.id.in_(ids))
    ).all()
    nothing = (0, 0)
    return {
        row.id: Parts(
            entries=entries.get(row.id, nothing)[0],
            files=files.get(row.id, nothing)[0],
            mails=mails.get(row.id, nothing)[0],
            kilobytes=-(-(files.get(row.id, nothing)[1] + mails.get(row.id, nothing)[1]) // 1000),
            year=day_of(row.opened_at).year,
            merged=row.merged_into_id is not None,
        )
        for row in rows
    }


def _grouped(unit: Unit, counted: Any, where: Any, ids: Collection[int]) -> dict[int, tuple[int, int]]:
    column = getattr(where, "ticket_id", where)
    rows = unit.session.execute(counted.where(column.in_(ids)).group_by(column))
    return {ticket_id: (many, int(size or 0)) for ticket_id, many, size in rows}


def destroy(unit: Unit, ids: Sequence[int]) -> None:
    """Delete everything that goes with these tickets, and the people whom nothing refers to any more.

    Raises Unavailable, so that nothing is deleted, when anything is left.
    """
    words = a_word_of_each(unit, ids)
    who = people.of_tickets(unit, ids)
    _intake_log(unit, ids)
    hints = update(Ticket).where(Ticket.hint_ticket_id.in_(ids), Ticket.id.not_in(ids))
    unit.session.execute(
        hints.values(hint_ticket_id=None, hint_reason=None).execution_options(synchronize_session=False)
    )
    forget_tickets(unit, ids)
    for step in steps():
        unit.session.execute(delete(step.table).where(step.here(ids)))
    people.destroy(unit, who, day_of(unit.now))
    _look(unit, ids)
    if still_found(unit, words):
        raise Unavailable("The index still finds what was destroyed.", code="index_left")


def _intake_log(unit: Unit, ids: Sequence[int]) -> None:
    """Second sightings and the memory of the mails go, too; the sums of what was seen stay (rulings C2, C7)."""
    first = select(InboundMail.id, InboundMail.digest).where(InboundMail.ticket_id.in_(ids))
    rows = unit.session.execute(first).all()
    mine = [row.id for row in rows]
    again = select(InboundMail.id).where(InboundMail.duplicate_of_id.in_(mine))
    gone = [*mine, *unit.session.scalars(again)]
    seen = select(InboundMail.mailbox, InboundMail.state, InboundMail.received_at).where(InboundMail.id.in_(gone))
    sums = Tally(
        (row.mailbox, day_of(row.received_at).isoformat()[:7], row.state) for row in unit.session.execute(seen)
    )
    digests = [row.digest for row in rows if row.digest is not None]
    unit.session.execute(delete(MailSeen).where(MailSeen.digest.in_(digests)))
    unit.session.execute(delete(InboundMail).where(InboundMail.id.in_(gone)))
    for (mailbox, month, state), many in sorted(sums.items()):
        _add(unit, IntakeTotal, {"mailbox": mailbox, "month": month, "state": state}, "count", many)


def add_to_counter(unit: Unit, name: str, many: int) -> None:
    """Let one of the numbers that only grow grow."""
    _add(unit, Counter, {"name": name}, "value", many)


def _add(unit: Unit, model: Any, key: dict[str, str], column: str, many: int) -> None:
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(model).values(**key, **{column: many})
    grown = {column: getattr(model, column) + many}
    connection.execute(fresh.on_conflict_do_update(index_elements=[getattr(model, name) for name in key], set_=grown))


def _look(unit: Unit, ids: Sequence[int]) -> None:
    for step in steps():
        if step.over is None:
            left = select(func.count()).select_from(step.table).where(step.here(ids))
            if unit.session.scalar(left):
                raise Unavailable(
                    "Rows of {table} are left of what was destroyed.", code="rows_left", table=step.table.name
                )
