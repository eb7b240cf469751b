"""Finds tickets by the names and addresses of their people, by the beginnings of words; keeps the names for that.

Tickets are many and people few, so a name is matched once, among the ways people are written, and each way knows its
tickets. Copies (cc) are not found.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, String, Subquery, and_, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from helpdesk.models import KnownName, KnownNameWord, TicketPerson
from helpdesk.text.stems import fold
from helpdesk.unit import Unit

MOST_WORDS = 5
MOST_NAMES = 5000
"""Ways of writing people that one search looks at: a word that fits more, like one's own domain, says little."""
_LAST = "\U0010ffff"


def know(unit: Unit, person_id: int, name: str, address: str) -> int | None:
    """Keep this way of writing a person, unless it is known; returns its id, which follows from it, so nothing is read.

    None where nothing is written that could be found. The id stands in the row of the ticket's person.
    """
    folded = fold(f"{name} {address}")[:700]
    if not folded:
        return None
    name_id = int(unit.ports.keys.word_digest("known-name", f"{person_id} {folded}")[:16], 16) >> 1
    unit.rows.put_once(KnownName, {"id": name_id, "person_id": person_id, "folded": folded})
    for word in dict.fromkeys(folded.split()):
        unit.rows.put_once(KnownNameWord, {"known_name_id": name_id, "word": word[:40]})
    return name_id


def newest_by_people(unit: Unit, query: str, most: int) -> list[int]:
    """Ids of the newest `most` tickets of people whose name and address hold each word as the beginning of one.

    Nothing for a query of which no word has two letters.
    """
    words = sorted(fold(query).split()[:MOST_WORDS], key=len, reverse=True)
    if not words or len(words[0]) < 2:
        return []
    each = 16
    while True:
        found = _newest_of_each(unit, words, each)
        cut = [tickets[-1] for tickets in found if len(tickets) == each]
        sure = {ticket_id for tickets in found for ticket_id in tickets if ticket_id >= max(cut, default=0)}
        if len(sure) >= most or not cut:
            return sorted(sure, reverse=True)[:most]
        each = max(4 * each, most // len(found))


def _newest_of_each(unit: Unit, words: list[str], each: int) -> list[list[int]]:
    """Per way of writing that fits, its newest tickets, at most `each`, newest first."""
    names = _names(words)
    newest = (
        select(TicketPerson.ticket_id)
        .where(TicketPerson.known_name_id == names.c.known_name_id)
        .order_by(TicketPerson.ticket_id.desc())
        .limit(each)
        .correlate(names)
        .subquery()
    )
    tickets = select(func.aggregate_strings(cast(newest.c.ticket_id, String), ",")).scalar_subquery()
    found = unit.session.scalars(select(tickets).select_from(names))
    return [sorted(map(int, each_of.split(",")), reverse=True) for each_of in found if each_of]


def _names(words: list[str]) -> Subquery:
    first, *others = words
    fitting = select(KnownNameWord.known_name_id).distinct().where(_begins(KnownNameWord.word, first))
    for word in others:
        other = aliased(KnownNameWord)
        same = other.known_name_id == KnownNameWord.known_name_id
        fitting = fitting.where(select(other.word).where(same, _begins(other.word, word)).exists())
    return fitting.limit(MOST_NAMES).subquery()


def _begins(column: InstrumentedAttribute[str], word: str) -> ColumnElement[bool]:
    return and_(column >= word, column < word + _LAST)
