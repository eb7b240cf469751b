"""Which tickets stand for which: one may be merged into another that was merged on, however far (retention 4.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import CTE, ColumnElement, select
from sqlalchemy.orm import Session, aliased

from helpdesk.models import Ticket
from helpdesk.row_sets import among

_BELOW = aliased(Ticket)
"""One for all statements: making one takes longer than asking."""


def families(of: ColumnElement[bool]) -> CTE:
    """A table `root`, `id`: each ticket of which this holds with itself and all that was merged into it, near or far.

    Walked from ticket to ticket by index, so that it costs what the family is, not what the table is.
    """
    start = select(Ticket.id.label("root"), Ticket.id.label("id")).where(of)
    found = start.cte("families", recursive=True)
    return found.union(select(found.c.root, _BELOW.id).join(found, _BELOW.merged_into_id == found.c.id))


def with_merged(session: Session, ids: Collection[int]) -> dict[int, set[int]]:
    """These tickets and, however far round, those that were merged into them: each with those of these it belongs to.

    One statement where none was merged: a planner that does not know how few they are would read whole tables for them.
    """
    found = defaultdict(set, {one: {one} for one in ids})
    above = set(found)
    while above:
        below = select(Ticket.id, Ticket.merged_into_id).where(among(session, Ticket.merged_into_id, above))
        above = set()
        for ticket_id, into in session.execute(below):
            if into is not None and not found[into] <= found[ticket_id]:
                found[ticket_id] |= found[into]
                above.add(ticket_id)
    return dict(found)


def ends_of(session: Session, ids: Collection[int]) -> set[int]:
    """The tickets in which these have ended up: themselves, unless they were merged."""
    ends, seen, left = set[int](), set[int](), set(ids)
    while left:
        seen |= left
        rows = session.execute(select(Ticket.id, Ticket.merged_into_id).where(among(session, Ticket.id, left))).all()
        ends |= {ticket_id for ticket_id, into in rows if into is None}
        left = {into for _ticket_id, into in rows if into is not None} - seen
    return ends
