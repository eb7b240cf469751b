"""Legal holds as the rest of the house meets them: what they catch by themselves, and what they forbid (RD-30, RD-32).

A hold never stops the clock. Placing and releasing are decisions of people and stand in `helpdesk.privacy.holds`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, null, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from helpdesk.errors import Conflict
from helpdesk.models import Hold, HoldTicket, SearchText, SecurityEvent, Ticket, TicketPerson
from helpdesk.retention.ledger_writing import write_down
from helpdesk.retention.merged import with_merged
from helpdesk.row_sets import among, among_ids, ids_given
from helpdesk.security_log import note
from helpdesk.text.stems import query_stems
from helpdesk.timeline import record
from helpdesk.unit import Unit

ROLES = ("requester", "participant")
"""Whose tickets a hold of a person keeps: what they asked or took part in, not what they got a copy of."""
MERGE, UNDO_MERGE, MOVE, REWRITE, REDACT = "merge", "undo_merge", "move", "rewrite", "redact"
"""What a hold forbids; `refuse_held` says what to do instead."""
_CHUNK = 500
_FOLLOW = "hold.follow"


@dataclass(frozen=True, slots=True)
class _Watch:
    """A standing hold that new tickets may come under."""

    id: int
    key: str
    kind: str
    person_id: int | None
    query: str | None


@dataclass(frozen=True, slots=True)
class Taken:
    """Tickets that came under a hold: their ids, and the numbers of those that were being destroyed already."""

    ids: tuple[int, ...] = ()
    destroying: tuple[str, ...] = ()

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.ids + other.ids, self.destroying + other.destroying)


def held_with_merged(session: Session, ids: Collection[int]) -> frozenset[int]:
    """Those of the tickets that stand under a hold, or into which one was merged that does: they go together."""
    if not ids:
        return frozenset()
    roots = with_merged(session, ids)
    standing = (
        select(HoldTicket.ticket_id)
        .join(Hold, Hold.id == HoldTicket.hold_id)
        .where(among(session, HoldTicket.ticket_id, roots), Hold.released_at.is_(None))
    )
    return frozenset(root for ticket_id in session.scalars(standing) for root in roots[ticket_id])


def catch(unit: Unit, ids: Iterable[int]) -> frozenset[int]:
    """Put these tickets under the holds of people and queries that they fit by now. Returns those that are held.

    One statement where no hold watches; it stands in for the one that asks which of them are held (RD-32).
    """
    wanted = sorted(set(ids))
    found: frozenset[int] = frozenset()
    for start in range(0, len(wanted), _CHUNK):
        found |= _catch(unit, wanted[start : start + _CHUNK])
    return found


def _catch(unit: Unit, ids: Sequence[int]) -> frozenset[int]:
    watches, there = _standing(unit.session, ids)
    found = {ticket_id for _hold_id, ticket_id in there}
    fitting = _of_people(unit, watches, ids) + _of_queries(unit, watches, ids)
    for watch in watches:
        fresh = {ticket_id for hold_id, ticket_id in fitting if hold_id == watch.id} - {
            ticket_id for hold_id, ticket_id in there if hold_id == watch.id
        }
        if fresh:
            found.update(_take(unit, watch.id, watch.key, watch.kind, fresh).ids)
    return frozenset(found)


def _standing(session: Session, ids: Sequence[int]) -> tuple[list[_Watch], set[tuple[int, int]]]:
    """The holds that watch, and which of these tickets stand under which hold, in one statement."""
    dialect = session.get_bind().dialect.name
    rows: Sequence[Any] = session.execute(_standing_of(dialect), ids_given(dialect, ids)).all()
    watches = [_Watch(hold_id, *more) for hold_id, ticket_id, *more in rows if ticket_id is None]
    there = {(hold_id, ticket_id) for hold_id, ticket_id, *_more in rows if ticket_id is not None}
    return sorted(watches, key=lambda watch: watch.id), there


@cache
def _standing_of(dialect: str) -> CompoundSelect[Any]:
    watching = select(Hold.id, null().label("ticket_id"), Hold.key, Hold.kind, Hold.person_id, Hold.query).where(
        Hold.released_at.is_(None), Hold.scope != "ticket"
    )
    holding = (
        select(Hold.id, HoldTicket.ticket_id, null(), null(), null(), null())
        .join(HoldTicket, HoldTicket.hold_id == Hold.id)
        .where(among_ids(dialect, HoldTicket.ticket_id), Hold.released_at.is_(None))
    )
    return union_all(watching, holding)


def _of_people(unit: Unit, watches: Iterable[_Watch], ids: Sequence[int]) -> list[tuple[int, int]]:
    people = {watch.person_id for watch in watches if watch.person_id is not None}
    if not people:
        return []
    on = select(TicketPerson.person_id, TicketPerson.ticket_id).where(
        TicketPerson.person_id.in_(people), TicketPerson.ticket_id.in_(ids), TicketPerson.role.in_(ROLES)
    )
    pairs = {(row.person_id, row.ticket_id) for row in unit.session.execute(on)}
    return [(watch.id, ticket_id) for watch in watches for who, ticket_id in pairs if who == watch.person_id]


def _of_queries(unit: Unit, watches: Iterable[_Watch], ids: Sequence[int]) -> list[tuple[int, int]]:
    """As the search finds them: one message holds every word."""
    queries = {watch.id: query_stems(watch.query) for watch in watches if watch.query is not None}
    if not queries:
        return []
    given = unit.given(ids)
    indexed = select(SearchText.ticket_id, SearchText.stems).join(given, given.c.id == SearchText.ticket_id)
    found = []
    for ticket_id, stems in unit.session.execute(indexed):
        words = set(stems.split())
        found += [(hold_id, ticket_id) for hold_id, asked in queries.items() if _fits(words, asked)]
    return found


def _fits(words: set[str], asked: Sequence[tuple[str, ...]]) -> bool:
    return bool(asked) and all(not words.isdisjoint(stems) for stems in asked)


def take(unit: Unit, hold: Hold, ids: Collection[int]) -> Taken:
    """Put these tickets under a hold, each under its row lock: either it is held or it is being destroyed (RD-31)."""
    return _take(unit, hold.id, hold.key, hold.kind, ids)


def _take(unit: Unit, hold_id: int, key: str, kind: str, ids: Collection[int]) -> Taken:
    locked = select(Ticket.id, Ticket.number, Ticket.destroy_id, Ticket.retention_state).where(Ticket.id.in_(ids))
    rows = unit.session.execute(locked.order_by(Ticket.id).with_for_update()).all()
    names = {row.id: row.destroy_id for row in rows if row.retention_state != "destroying"}
    late = tuple(row.number for row in rows if row.id not in names)
    if not names:
        return Taken((), late)
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(HoldTicket).values([{"hold_id": hold_id, "ticket_id": one} for one in names])
    new = connection.execute(fresh.on_conflict_do_nothing().returning(HoldTicket.ticket_id)).scalars()
    for ticket_id in sorted(new):
        # A line for each ticket and hold: after a restore they are held before anything is destroyed again (RD-34).
        write_down(unit, "hold", names[ticket_id], run=key, methods=kind)
        record(unit, ticket_id, "held", after=hold_id)
    return Taken(tuple(names), late)


def refuse_held(unit: Unit, act: str, ticket_id: int, *others: int) -> None:
    """Raise Conflict, in a sentence that says what to do, where a hold forbids this act on a ticket (RD-30).

    It is locked, and with it the others the act is about, always in the same order: no hold comes before the commit.
    """
    ids = [ticket_id, *others]
    unit.session.execute(select(Ticket.id).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update()).all()
    if ticket_id in catch(unit, [ticket_id]):
        number = unit.session.scalar(select(Ticket.number).where(Ticket.id == ticket_id))
        raise _refusal(act, number or "")


def _refusal(act: str, number: str) -> Conflict:
    if act == MERGE:
        return Conflict(
            "A legal hold keeps ticket {number} as it is, so it can't be merged into another one. Merge the other one "
            "into it, or ask a privacy officer whether the hold can be released.",
            code="held",
            number=number,
        )
    if act == UNDO_MERGE:
        return Conflict(
            "A legal hold keeps ticket {number} as it is, so this merge can't be undone. Ask a privacy officer whether "
            "the hold can be released.",
            code="held",
            number=number,
        )
    if act == MOVE:
        return Conflict(
            "A legal hold keeps ticket {number} as it is, so no message can be moved out of it. Ask a privacy officer "
            "whether the hold can be released.",
            code="held",
            number=number,
        )
    if act == REDACT:
        return Conflict(
            "A legal hold keeps ticket {number} as it is, so nothing of it can be destroyed. Ask a privacy officer "
            "whether the hold can be released.",
            code="held",
            number=number,
        )
    return Conflict(
        "A legal hold keeps ticket {number} as it is, so nothing in it can be overwritten. Put what is right beside it "
        "as an internal note, or ask a privacy officer whether the hold can be released.",
        code="held",
        number=number,
    )


def watched(session: Session, person_ids: Collection[int]) -> frozenset[int]:
    """The tickets of those of these people whose tickets a hold keeps."""
    found = (
        select(TicketPerson.ticket_id)
        .join(Hold, Hold.person_id == TicketPerson.person_id)
        .where(Hold.person_id.in_(person_ids), Hold.released_at.is_(None), TicketPerson.role.in_(ROLES))
    )
    return frozenset(session.scalars(found)) if person_ids else frozenset()


def note_following(unit: Unit, from_id: int) -> None:
    """Note which holds go along when a person turns out to be another one, so that an undo knows them."""
    standing = select(Hold.id).where(Hold.person_id == from_id, Hold.released_at.is_(None)).order_by(Hold.id)
    for hold_id in unit.session.scalars(standing).all():
        note(unit, _FOLLOW, "hold", hold_id)


def give_back(unit: Unit, at: dt.datetime, people: Mapping[int, int]) -> None:
    """Let the holds that went along at that moment keep the tickets of the first person again; none lets go of any."""
    gone = select(SecurityEvent.object_id).where(SecurityEvent.verb == _FOLLOW, SecurityEvent.at == at)
    for from_id, to_id in people.items():
        here = (Hold.person_id == from_id) & Hold.id.in_(gone)
        unit.session.execute(
            update(Hold).where(here).values(person_id=to_id).execution_options(synchronize_session=False)
        )
