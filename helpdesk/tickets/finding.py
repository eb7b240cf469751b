"""Search: tickets by number, people and words, and what a session searched for. Changes nothing but that."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable

from sqlalchemy import insert, select, text

from helpdesk.errors import NotFound
from helpdesk.models import SearchQuery, Ticket
from helpdesk.models.ticket import SHOWN
from helpdesk.people.access import require
from helpdesk.read_log import note_reads
from helpdesk.search import newest_hits
from helpdesk.tickets.known_names import newest_by_people
from helpdesk.tickets.lists import COUNT_LIMIT, cursor, own_desk, read_cursor, rows_of
from helpdesk.tickets.views import ListPage
from helpdesk.unit import Unit

QUERY_LIMIT = 400
_NUMBER = re.compile(r"^\s*v?-?(?:(\d{4})-)?0*(\d{1,9})\s*$", re.IGNORECASE)

Found = dict[int, dt.datetime]
"""Tickets that fit and may be seen, with the time they changed."""


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


def search_page(unit: Unit, query: str, after: str | None = None, size: int = 50) -> ListPage:
    """Tickets whose number, people or words fit the query: the number first, then what changed last.

    At most a thousand are shown: those whose fitting words came in last, and the newest of the people. Keyset paging
    by `after`, with the cursors of a list. Their first words are shown, so each is a read.
    """
    require(unit.actor, "ticket.read")
    numbered = _visible(unit, _by_number(unit, query))
    found = _visible(unit, newest_by_people(unit, query, COUNT_LIMIT + 1))
    _add_by_words(unit, query, found)
    keys = sorted(((at, ticket_id) for ticket_id, at in found.items() if ticket_id not in numbered), reverse=True)
    total = min(len(keys) + len(numbered), COUNT_LIMIT + 1)
    keys = keys[:COUNT_LIMIT]
    if after:
        place = read_cursor(after)
        shown = [key for key in keys if key < place]
    else:
        shown = [(at, ticket_id) for ticket_id, at in numbered.items()] + keys
    page = shown[:size]
    note_reads(unit, [ticket_id for _at, ticket_id in page], "search")
    rows = rows_of(unit, [ticket_id for _at, ticket_id in page])
    return ListPage(rows, cursor(*page[-1]) if len(shown) > size else None, total)


def number_in(said: str, year: int) -> str:
    """The number that somebody wrote, with or without V- and zeros; of this year where none is said. Empty for none."""
    match = _NUMBER.match(said)
    return f"{match.group(1) or year}-{int(match.group(2)):05}" if match else ""


def _by_number(unit: Unit, query: str) -> list[int]:
    """The ticket with this number; of this year where no year is said."""
    number = number_in(query, unit.now.year)
    return list(unit.session.scalars(select(Ticket.id).where(Ticket.number == number))) if number else []


def _visible(unit: Unit, ticket_ids: Iterable[int]) -> Found:
    """Those of the tickets that the actor may see."""
    wanted = list(ticket_ids)
    if not wanted:
        return {}
    given = unit.given(wanted)
    statement = select(Ticket.id, Ticket.changed_at).join(given, given.c.id == Ticket.id)
    statement = statement.where(text(SHOWN), own_desk(unit))
    return dict(unit.session.execute(statement).all())


def _add_by_words(unit: Unit, query: str, found: Found) -> None:
    """Add the tickets with the newest fitting entries, until there are more than are counted."""
    by_words: Found = {}
    for hits in newest_hits(unit, query):
        by_words |= _visible(unit, {ticket_id for _entry_id, ticket_id in hits} - by_words.keys())
        if len(by_words) > COUNT_LIMIT:
            break
    found |= by_words
