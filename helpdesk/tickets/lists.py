"""Lists of tickets: views and their counts. Reads only, and no more of a large list than of a small one.

Each view has an index in its order (`models/ticket.py`): a page starts where the one before it ended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, ScalarSelect, and_, case, func, literal, select, text, true, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Content, Entry, Ticket, TicketPerson
from helpdesk.models.base import UtcTime
from helpdesk.models.ticket import IN_VIEW
from helpdesk.people.access import require
from helpdesk.people.accounts import account_names
from helpdesk.text.rendering import preview, without_marks
from helpdesk.tickets.seen import is_unread, seen_by_me
from helpdesk.tickets.views import ListPage, Row
from helpdesk.unit import Unit

ORDERS = ("", "newest", "oldest")
"""The orders of a view: its own one, and by when a ticket was opened."""
VIEWS = ("open", "mine", "unassigned", "waiting", "done", "all")
COUNT_LIMIT = 1000
_NONE = (0, 0, 0)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)

Key = tuple[dt.datetime, int]
"""Where a ticket stands in a list: a time, and its id where times are equal."""


def _in_view(unit: Unit, view: str) -> ColumnElement[bool]:
    if view not in VIEWS:
        raise NotFound("There is no such view.")
    condition = and_(text(IN_VIEW[view]), own_desk(unit))
    return and_(condition, Ticket.assignee_id == unit.actor.account_id) if view == "mine" else condition


def own_desk(unit: Unit) -> ColumnElement[bool]:
    """What restricts a list to the desks of the actor."""
    return true() if unit.actor.desks is None else Ticket.desk_key.in_(unit.actor.desks)


def _order(view: str, order: str) -> tuple[InstrumentedAttribute[dt.datetime], bool]:
    """The column a view stands in, and whether backwards; in `done` and `all` each order goes by the last change.

    Each of these columns has an index in each view (`models/ticket.py`).
    """
    if order not in ORDERS:
        raise NotFound("There is no such order.")
    if view in ("done", "all"):
        return Ticket.changed_at, order != "oldest"
    return (Ticket.opened_at, order == "newest") if order else (Ticket.waiting_since, False)


def list_page(unit: Unit, view: str, after: str | None = None, size: int = 50, order: str = "") -> ListPage:
    """One page of a view: who waits longest stands first, done and all newest first; keyset paging by `after`.

    `order` is one of ORDERS; a cursor belongs to the order it came from.
    """
    require(unit.actor, "ticket.read")
    column, newest_first = _order(view, order)
    place = tuple_(column, Ticket.id)
    statement = select(column, Ticket.id).where(_in_view(unit, view))
    if after:
        at, ticket_id = read_cursor(after)
        beyond = tuple_(literal(at, UtcTime), literal(ticket_id))
        statement = statement.where(place < beyond if newest_first else place > beyond)
    by = (column.desc(), Ticket.id.desc()) if newest_first else (column, Ticket.id)
    found = unit.session.execute(statement.order_by(*by).limit(size + 1)).all()
    rows = rows_of(unit, [ticket_id for _at, ticket_id in found[:size]])
    return ListPage(rows, cursor(*found[size - 1]) if len(found) > size else None)


def cursor(at: dt.datetime, ticket_id: int) -> str:
    """The place of a ticket as an address carries it: microseconds since 1970, and the id."""
    return f"{(at - _EPOCH) // _MICROSECOND}_{ticket_id}"


def read_cursor(said: str) -> Key:
    """The place that a cursor names; raises Invalid when it names none."""
    try:
        at, ticket_id = said.split("_")
        return _EPOCH + int(at) * _MICROSECOND, int(ticket_id)
    except (ValueError, OverflowError) as fault:
        raise Invalid("This page of the list does not exist.") from fault


def rows_of(unit: Unit, wanted: list[int]) -> list[Row]:
    """The lines of these tickets, in this order; whether the actor may see them is known."""
    if not wanted:
        return []
    subjects = subjects_of(unit, wanted)
    people = _requesters(unit, wanted)
    counts = _counts(unit, wanted)
    seen = seen_by_me(unit, wanted)
    texts = _previews(unit, [newest for _entries, newest, _others in counts.values()])
    names = account_names(unit)
    given = unit.given(wanted)
    tickets = {t.id: t for t in unit.session.scalars(select(Ticket).join(given, given.c.id == Ticket.id))}
    return [
        Row(
            number=ticket.number,
            subject=subjects.get(ticket.id, ""),
            requester=people.get(ticket.id, ""),
            waiting_since=ticket.waiting_since,
            changed_at=ticket.changed_at,
            status=ticket.status,
            assignee=names.get(ticket.assignee_id) if ticket.assignee_id else None,
            preview=texts.get(ticket.id, ""),
            channel=ticket.channel,
            entry_count=counts.get(ticket.id, _NONE)[0],
            spam=ticket.spam,
            language=ticket.language,
            version=ticket.version,
            unread=is_unread(ticket.status, counts.get(ticket.id, _NONE)[2], seen.get(ticket.id)),
        )
        for ticket in (tickets[ticket_id] for ticket_id in wanted if ticket_id in tickets)
    ]


def subjects_of(unit: Unit, ticket_ids: Sequence[int]) -> dict[int, str]:
    """What each ticket is about, by ticket."""
    given = unit.given(ticket_ids)
    found = (
        select(given.c.id, Content.text)
        .join(Content, Content.ticket_id == given.c.id)
        .where(Content.entry_id.is_(None), Content.kind == "subject")
    )
    return dict(unit.session.execute(found).all())


def _counts(unit: Unit, ticket_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    """How many entries each ticket has, the newest, and the newest that somebody else wrote; 0 for none."""
    others = case((Entry.account_id.is_distinct_from(unit.actor.account_id), Entry.id))
    given = unit.given(ticket_ids)
    found = unit.session.execute(
        select(Entry.ticket_id, func.count(), func.max(Entry.id), func.coalesce(func.max(others), 0))
        .join(given, given.c.id == Entry.ticket_id)
        .group_by(Entry.ticket_id)
    )
    return {ticket_id: (entries, newest, by_others) for ticket_id, entries, newest, by_others in found}


def _requesters(unit: Unit, ticket_ids: list[int]) -> dict[int, str]:
    """How each ticket's requester is called, by ticket."""
    given = unit.given(ticket_ids)
    found = unit.session.execute(
        select(TicketPerson.ticket_id, TicketPerson.name, TicketPerson.address)
        .join(given, given.c.id == TicketPerson.ticket_id)
        .where(TicketPerson.role == "requester")
    )
    return {row.ticket_id: row.name or row.address for row in found}


def _previews(unit: Unit, entry_ids: list[int]) -> dict[int, str]:
    """The first words of these entries, by ticket."""
    found: dict[int, str] = {}
    given = unit.given(entry_ids)
    rows = unit.session.execute(
        select(Content.ticket_id, Content.kind, func.substr(Content.text, 1, 300).label("text"))
        .select_from(given)
        .join(Entry, Entry.id == given.c.id)
        .join(Content, and_(Content.ticket_id == Entry.ticket_id, Content.entry_id == Entry.id))
        .where(Content.kind.in_(("reply", "body", "markdown")))
    )
    for row in rows:
        if row.ticket_id not in found or row.kind == "reply":
            found[row.ticket_id] = preview(without_marks(row.text) if row.kind == "markdown" else row.text, 140)
    return found


def counts(unit: Unit, views: Sequence[str] = VIEWS) -> dict[str, int]:
    """How many tickets these views hold, asked at once; exact to a thousand, beyond that 1001 stands for more."""
    return asked_at_once(unit, views_counted(unit, views))


def views_counted(unit: Unit, views: Sequence[str]) -> dict[str, ScalarSelect[int]]:
    """The same as parts of another statement, by view."""
    require(unit.actor, "ticket.read")
    each = [select(Ticket.id).where(_in_view(unit, view)).limit(COUNT_LIMIT + 1).subquery() for view in views]
    return {
        view: select(func.count()).select_from(one).scalar_subquery() for view, one in zip(views, each, strict=True)
    }


def asked_at_once(unit: Unit, numbers: Mapping[str, ScalarSelect[int]]) -> dict[str, int]:
    """Numbers by name, in one statement: a round trip costs a page as much as counting."""
    return dict(zip(numbers, unit.session.execute(select(*numbers.values())).one(), strict=True)) if numbers else {}
