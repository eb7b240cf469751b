"""Lists of tickets: views, counts and search results. Reads only."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Account, Content, Entry, SearchQuery, Ticket, TicketPerson
from helpdesk.people.access import require
from helpdesk.search import find_tickets
from helpdesk.text.rendering import preview, without_marks
from helpdesk.tickets.opening import folded
from helpdesk.tickets.seen import is_unread, seen_by_me
from helpdesk.tickets.views import ListPage, Row
from helpdesk.unit import Unit

ORDERS = ("", "newest", "oldest")
"""The orders of a view: its own one, and by when a ticket was opened."""
VIEWS = ("open", "mine", "unassigned", "waiting", "done", "all")
COUNT_LIMIT = 1000
QUERY_LIMIT = 400
_NUMBER = re.compile(r"^\s*v?-?(?:(\d{4})-)?0*(\d{1,9})\s*$", re.IGNORECASE)
_LIVE = ("new", "open")
_NONE = (0, 0, 0)


def _condition(unit: Unit, view: str) -> ColumnElement[bool]:
    conditions: dict[str, ColumnElement[bool]] = {
        "open": Ticket.status.in_(_LIVE),
        "mine": and_(Ticket.status.in_(_LIVE), Ticket.assignee_id == unit.actor.account_id),
        "unassigned": and_(Ticket.status.in_(_LIVE), Ticket.assignee_id.is_(None)),
        "waiting": Ticket.status.in_(("waiting_for_asker", "snoozed")),
        "done": Ticket.status == "done",
        "all": Ticket.id > 0,
    }
    if view not in conditions:
        raise NotFound("There is no such view.")
    return conditions[view]


def _seen(unit: Unit, statement: Select[int]) -> Select[int]:
    statement = statement.where(Ticket.retention_state != "destroying")
    if unit.actor.desks is not None:
        statement = statement.where(Ticket.desk_key.in_(unit.actor.desks))
    return statement


def _order(view: str, order: str) -> tuple[InstrumentedAttribute[dt.datetime], bool]:
    """The column a view stands in, and whether backwards.

    Only `ix_ticket_list` and the index of `changed_at` give a page of a million tickets at once. So the other orders
    of the views that hold few tickets, those somebody has to do something with, sort what their index finds; in `done`
    and `all` "newest" and "oldest" go by the last change, along its index in either direction.
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
    statement = _seen(unit, select(Ticket.id).where(_condition(unit, view)))
    column, newest_first = _order(view, order)
    if after:
        at, ticket_id = _cursor(after)
        beyond = (
            or_(column < at, and_(column == at, Ticket.id < ticket_id))
            if newest_first
            else or_(column > at, and_(column == at, Ticket.id > ticket_id))
        )
        statement = statement.where(beyond)
    by = (column.desc(), Ticket.id.desc()) if newest_first else (column, Ticket.id)
    ids = list(unit.session.scalars(statement.order_by(*by).limit(size + 1)))
    rows = _rows(unit, ids[:size])
    if len(ids) <= size:
        return ListPage(rows)
    last = unit.session.get_one(Ticket, ids[size - 1])
    stands: dt.datetime = getattr(last, column.key)
    return ListPage(rows, f"{stands.timestamp():.6f}_{last.id}")


def _cursor(text: str) -> tuple[dt.datetime, int]:
    try:
        at, ticket_id = text.split("_")
        return dt.datetime.fromtimestamp(float(at), dt.UTC), int(ticket_id)
    except (ValueError, OverflowError, OSError) as fault:
        raise Invalid("This page of the list does not exist.") from fault


def _rows(unit: Unit, ids: Iterable[int]) -> list[Row]:
    wanted = list(ids)
    if not wanted:
        return []
    subjects = dict(
        unit.session.execute(
            select(Content.ticket_id, Content.text).where(Content.ticket_id.in_(wanted), Content.kind == "subject")
        ).all()
    )
    people = _requesters(unit, wanted)
    counts = _counts(unit, wanted)
    seen = seen_by_me(unit, wanted)
    texts = _previews(unit, wanted, [newest for _entries, newest, _others in counts.values()])
    names = dict(unit.session.execute(select(Account.id, Account.name)).all())
    tickets = {t.id: t for t in unit.session.scalars(select(Ticket).where(Ticket.id.in_(wanted)))}
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


def _counts(unit: Unit, ticket_ids: list[int]) -> dict[int, tuple[int, int, int]]:
    """How many entries each ticket has, the newest, and the newest that somebody else wrote; 0 for none."""
    others = case((Entry.account_id.is_distinct_from(unit.actor.account_id), Entry.id))
    found = unit.session.execute(
        select(Entry.ticket_id, func.count(), func.max(Entry.id), func.coalesce(func.max(others), 0))
        .where(Entry.ticket_id.in_(ticket_ids))
        .group_by(Entry.ticket_id)
    )
    return {ticket_id: (entries, newest, by_others) for ticket_id, entries, newest, by_others in found}


def _requesters(unit: Unit, ticket_ids: list[int]) -> dict[int, str]:
    """How each ticket's requester is called, by ticket."""
    found = unit.session.execute(
        select(TicketPerson.ticket_id, TicketPerson.name, TicketPerson.address).where(
            TicketPerson.ticket_id.in_(ticket_ids), TicketPerson.role == "requester"
        )
    )
    return {row.ticket_id: row.name or row.address for row in found}


def _previews(unit: Unit, ticket_ids: list[int], entry_ids: list[int]) -> dict[int, str]:
    """The first words of the newest entries, by ticket."""
    found: dict[int, str] = {}
    rows = unit.session.execute(
        select(Content.ticket_id, Content.kind, func.substr(Content.text, 1, 300).label("text")).where(
            Content.ticket_id.in_(ticket_ids),
            Content.entry_id.in_(entry_ids),
            Content.kind.in_(("reply", "body", "markdown")),
        )
    )
    for row in rows:
        if row.ticket_id not in found or row.kind == "reply":
            found[row.ticket_id] = preview(without_marks(row.text) if row.kind == "markdown" else row.text, 140)
    return found


def counts(unit: Unit) -> dict[str, int]:
    """How many tickets each view holds; exact to a thousand, beyond that 1001 stands for more."""
    require(unit.actor, "ticket.read")
    found = {}
    for view in VIEWS:
        inner = _seen(unit, select(Ticket.id).where(_condition(unit, view))).limit(COUNT_LIMIT + 1).subquery()
        found[view] = unit.session.scalar(select(func.count()).select_from(inner)) or 0
    return found


def keep_query(unit: Unit, session_id: int, query: str) -> str:
    """Keep what was searched for with the session, so that no address holds it; returns its random id."""
    query_id = secrets.token_hex(8)
    unit.session.execute(
        insert(SearchQuery).values(id=query_id, session_id=session_id, query=query[:QUERY_LIMIT], created_at=unit.now)
    )
    return query_id


def query_of(unit: Unit, session_id: int, query_id: str) -> str:
    """What was searched for; NotFound in another session."""
    found = unit.session.scalar(
        select(SearchQuery.query).where(SearchQuery.id == query_id, SearchQuery.session_id == session_id)
    )
    if found is None:
        raise NotFound("This search has ended. Search again.")
    return found


def search_page(unit: Unit, query: str, size: int = 100) -> ListPage:
    """Tickets whose number, people or words fit the query, in that order."""
    require(unit.actor, "ticket.read")
    ids: list[int] = []
    if match := _NUMBER.match(query):
        year = match.group(1) or str(unit.now.year)
        ids += unit.session.scalars(select(Ticket.id).where(Ticket.number == f"{year}-{int(match.group(2)):05}"))
    ids += _by_person(unit, query, size)
    ids += find_tickets(unit, query, size)
    wanted = list(dict.fromkeys(ids))[: size * 2]
    allowed = set(unit.session.scalars(_seen(unit, select(Ticket.id).where(Ticket.id.in_(wanted)))))
    return ListPage(_rows(unit, [ticket_id for ticket_id in wanted if ticket_id in allowed][:size]))


def _by_person(unit: Unit, query: str, size: int) -> list[int]:
    """Tickets of people whose name or address holds every word of the query as the start of a word."""
    words = folded(query).split()[:5]
    if not words or any(len(word) < 2 for word in words):
        return []
    conditions = []
    for word in words:
        safe = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        start = TicketPerson.folded.like(f"{safe}%", escape="\\")
        conditions.append(or_(start, TicketPerson.folded.like(f"% {safe}%", escape="\\")))
    found = select(TicketPerson.ticket_id).where(and_(*conditions), TicketPerson.role != "cc")
    return list(unit.session.scalars(found.order_by(TicketPerson.ticket_id.desc()).limit(size)))
