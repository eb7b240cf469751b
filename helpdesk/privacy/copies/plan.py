"""Which rows go with a ticket: made from the foreign keys of the tables, so that no table is forgotten. Pure.

A table that leads to `ticket` and is neither deleted with it nor named here with a reason stops every process at its
start, by name (RD-51).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from sqlalchemy import ColumnElement, ForeignKey, MetaData, Table, select

from helpdesk.errors import Misconfigured
from helpdesk.models import Base
from helpdesk.row_sets import among_ids, ids_joined

OWNED = frozenset({"inbound_mail.ticket_id"})
"""Links that a lost ticket would leave empty, of rows that go with it all the same."""
LEFT_EMPTY = {
    "ticket.hint_ticket_id": "a hint is nothing without what it hints at",
    "ticket.merged_into_id": "what was merged goes in the same batch",
    "ticket.previous_ticket_id": "the question before is gone; the one that follows has its own term",
    "rights_request.ticket_id": "a request has its own term (rule C)",
}
"""Links to a ticket that become none, and why their rows stay."""
BY_DIGEST = "mail_seen"
"""Has no foreign key: its rows go by the digest of the mail they remember."""
DIVIDED = ("content", "search_text")
"""Tables in partitions by ticket, on PostgreSQL."""
_TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class Step:
    """The rows of one table that go: those whose `column` points at a ticket, or at a row of the table `over`."""

    table: Table
    column: str
    over: Step | None = None

    def here(self, dialect: str) -> ColumnElement[bool]:
        """The rows that go with the tickets whose ids are given when the statement runs (`ids_given`)."""
        if self.over is None:
            return among_ids(dialect, self.table.c[self.column])
        return self.table.c[self.column].in_(select(self.over.table.c.id).where(self.over.here(dialect)))

    def left(self, dialect: str) -> ColumnElement[bool]:
        """Whether any of these rows is there."""
        if dialect == "postgresql":
            return ids_joined(self.table.c[self.column]).exists()
        return select(self.table).where(self.here(dialect)).exists()


@cache
def steps() -> tuple[Step, ...]:
    """The plan of this very schema, in the order of deleting: rows that point at others first, `ticket` last."""
    return plan_of(Base.metadata)


def plan_of(metadata: MetaData) -> tuple[Step, ...]:
    """The plan of these tables. Raises Misconfigured, by name, for a link to a ticket that nobody decided on."""
    found = {_TICKET: Step(metadata.tables[_TICKET], "id")}
    for table in metadata.sorted_tables:
        _no_loose_end(table)
        if table.name != _TICKET and (step := _step(table, found)) is not None:
            found[table.name] = step
        _all_decided(table, found)
    return tuple(reversed(found.values()))


def _step(table: Table, found: dict[str, Step]) -> Step | None:
    """By the ticket itself where the table names it, else by the row that does."""
    goes = [key for key in _into(table, found) if key.ondelete == "CASCADE" or _name(key) in OWNED]
    goes.sort(key=lambda key: key.column.table.name != _TICKET)
    if not goes:
        return None
    over = found[goes[0].column.table.name]
    return Step(table, goes[0].parent.name, None if over.table.name == _TICKET else over)


def _into(table: Table, found: dict[str, Step]) -> list[ForeignKey]:
    return sorted((key for key in table.foreign_keys if key.column.table.name in found), key=_name)


def _name(key: ForeignKey) -> str:
    return f"{key.parent.table.name}.{key.parent.name}"


def _all_decided(table: Table, found: dict[str, Step]) -> None:
    if table.name in found and table.name != _TICKET:
        return
    open_links = [_name(key) for key in _into(table, found) if _name(key) not in LEFT_EMPTY]
    if open_links:
        raise _undecided(open_links)


def _no_loose_end(table: Table) -> None:
    """A column that names a ticket without saying so in a foreign key would be seen by nobody."""
    loose = [one for one in table.columns if one.name.endswith("ticket_id") and not one.foreign_keys]
    if loose:
        raise _undecided([f"{table.name}.{one.name}" for one in loose])


def _undecided(links: Sequence[str]) -> Misconfigured:
    return Misconfigured(
        "{link} leads to tickets, and the plan of destruction does not say what becomes of it.",
        link=", ".join(links),
        code="plan_gap",
    )


@cache
def blob_columns() -> tuple[tuple[Step, str], ...]:
    """Where the plan's rows name bytes on the disk."""
    named = ((step, [one.name for one in step.table.columns if one.name.endswith("blob")]) for step in steps())
    return tuple((step, name) for step, names in named for name in names)


@cache
def with_people() -> frozenset[str]:
    """The tables of the plan that hold anything about people, by their own word."""
    return frozenset(
        step.table.name for step in steps() if any("personal" in column.info for column in step.table.columns)
    )
