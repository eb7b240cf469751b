"""The rows of a ticket in our own database: all of the plan, in few statements a batch, and the sums they leave.

What is deleted is looked for once more before the commit; anything left undoes the transaction.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Delete,
    Select,
    Update,
    delete,
    func,
    literal_column,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.errors import Unavailable
from helpdesk.models import Attachment, Counter, Entry, InboundMail, IntakeTotal, MailSeen, SearchText, Ticket
from helpdesk.privacy.copies import people
from helpdesk.privacy.copies.plan import steps
from helpdesk.retention.terms import day_of
from helpdesk.row_sets import among, among_ids, ids_given
from helpdesk.rows import table_of
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
    connection = unit.session.connection()
    dialect = connection.dialect.name
    given = ids_given(dialect, ids)
    counted = {
        (what, ticket_id): (many, size) for what, ticket_id, many, size in connection.execute(_sums(dialect), given)
    }
    found = {}
    here = select(Ticket.id, Ticket.opened_at, Ticket.merged_into_id).where(among_ids(dialect, Ticket.id))
    for ticket_id, opened_at, merged_into_id in connection.execute(here, given):
        (entries, _), (files, of_files), (mails, of_mails) = (
            counted.get((what, ticket_id), (0, 0)) for what in _COUNTED
        )
        found[ticket_id] = Parts(
            entries=entries,
            files=files,
            mails=mails,
            kilobytes=-(-int(of_files + of_mails) // 1000),
            year=day_of(opened_at).year,
            merged=merged_into_id is not None,
        )
    return found


_COUNTED = ("entries", "files", "mails")


@cache
def _sums(dialect: str) -> CompoundSelect[Any]:
    """What, of which ticket, how many, how many bytes."""
    nothing: ColumnElement[Any] = literal_column("0")
    sized = (
        (Entry.ticket_id, nothing),
        (Attachment.ticket_id, Attachment.size),
        (InboundMail.ticket_id, InboundMail.size),
    )
    return union_all(
        *(
            select(literal_column(f"'{what}'"), owner, func.count(), func.sum(size))
            .where(among_ids(dialect, owner))
            .group_by(owner)
            for what, (owner, size) in zip(_COUNTED, sized, strict=True)
        )
    )


def destroy(unit: Unit, ids: Sequence[int]) -> None:
    """Delete everything that goes with these tickets, and the people whom nothing refers to any more.

    Raises Unavailable, so that nothing is deleted, when anything is left.
    """
    unit.session.flush()
    connection = unit.session.connection()
    dialect = connection.dialect.name
    given = ids_given(dialect, ids)
    words = a_word_of_each(unit, ids)
    who = people.of_tickets(unit, ids)
    _intake_log(unit, given)
    connection.execute(_no_hints(dialect), given)
    forget_tickets(unit, ids)
    for statement in deletes(dialect):
        connection.execute(statement, given)
    people.destroy(unit, who, day_of(unit.now))
    left = connection.execute(_left(dialect), given).scalars().all()
    if left:
        raise Unavailable("Rows of {table} are left of what was destroyed.", code="rows_left", table=", ".join(left))
    if still_found(unit, words):
        raise Unavailable("The index still finds what was destroyed.", code="index_left")


@cache
def deletes(dialect: str) -> tuple[Delete, ...]:
    """The statements that delete all of the plan for the ids they are given, in its order; but for the index.

    That is forgotten before, by its own verb.
    """
    index = table_of(SearchText)
    return tuple(delete(step.table).where(step.here(dialect)) for step in steps() if step.table is not index)


@cache
def _no_hints(dialect: str) -> Update:
    hints = update(Ticket).where(among_ids(dialect, Ticket.hint_ticket_id), ~among_ids(dialect, Ticket.id))
    return hints.values(hint_ticket_id=None, hint_reason=None)


@cache
def _left(dialect: str) -> CompoundSelect[Any]:
    """The tables in which anything is left, by name."""
    there: list[Select[Any]] = [
        select(literal_column(f"'{step.table.name}'")).where(step.left(dialect))
        for step in steps()
        if step.over is None
    ]
    return union_all(*there)


def _intake_log(unit: Unit, given: dict[str, Any]) -> None:
    """Second sightings and the memory of the mails go, too; the sums of what was seen stay (rulings C2, C7)."""
    connection = unit.session.connection()
    dialect = connection.dialect.name
    columns = (InboundMail.id, InboundMail.mailbox, InboundMail.state, InboundMail.received_at, InboundMail.digest)
    rows = connection.execute(select(*columns).where(among_ids(dialect, InboundMail.ticket_id)), given).all()
    again = select(*columns).where(among_ids(dialect, InboundMail.duplicate_of_id))
    firsts = {row.id for row in rows}
    seconds = connection.execute(again, ids_given(dialect, firsts)).all()
    seen = {row.id: row for row in (*rows, *seconds)}
    sums = Tally((row.mailbox, day_of(row.received_at).isoformat()[:7], row.state) for row in seen.values())
    digests = [row.digest for row in rows if row.digest is not None]
    unit.session.execute(delete(MailSeen).where(among(unit.session, MailSeen.digest, digests)))
    if seconds:
        said = ids_given(dialect, (row.id for row in seconds))
        connection.execute(delete(InboundMail).where(among_ids(dialect, InboundMail.id)), said)
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
