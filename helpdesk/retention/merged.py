"""Which tickets stand for which: one may be merged into another that was merged on, however far (retention 4.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import CTE, ColumnElement, select
from sqlalchemy.orm import Session, aliased

from helpdesk.models import Ticket
from helpdesk.row_sets import among


def families(of: ColumnElement[bool]) -> CTE:
    """A table `root`, `id`: each ticket of which this holds with itself and all that was merged into it, near or far.

    Walked from ticket to ticket by index, so that it costs what the family is, not what the table is.
    """
    start = select(Ticket.id.label("root"), Ticket.id.label("id")).where(of)
    found = start.cte("families", recursive=True)
    below = aliased(Ticket)
    return found.union(select(found.c.root, below.id).join(found, below.merged_into_id == found.c.id))


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
    start = select(Ticket.id, Ticket.merged_into_id).where(among(session, Ticket.id, ids))
    found = start.cte("ends", recursive=True)
    above = aliased(Ticket)
    walked = found.union(select(above.id, above.merged_into_id).join(found, above.id == found.c.merged_into_id))
    return set(session.scalars(select(walked.c.id).where(walked.c.merged_into_id.is_(None)))) if ids else set()
