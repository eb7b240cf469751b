"""Which received rows may be filed now, and in which order. Reads only; filing.py acts on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select

from helpdesk.models import InboundMail
from helpdesk.ports import Ports
from helpdesk.row_sets import among
from helpdesk.unit import SYSTEM, Unit, unit_of_work

MANY = 20
"""Mails at once that mean a mailbox is being emptied."""
MOST_ON_SQLITE = 50
"""Mails in one set there at most: whoever else writes waits until a set is through."""
SETS = 4
"""Sets that are chosen at once, in one order: while one is filed, the next is parsed."""
_WAIT_FOR_PARENT = dt.timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the filer needs of a row before it opens its unit."""

    id: int
    blob: str
    size: int
    message_id_digest: str | None
    parent_digests: tuple[str, ...]
    arrived_at: dt.datetime


def filing_lease(mailbox: str) -> str:
    """The name of the lease under which a mailbox is filed."""
    return f"filing:{mailbox}"


def mailboxes_waiting(ports: Ports) -> list[str]:
    """Names of mailboxes and doors with mail that may be filed now."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        ready = select(InboundMail.mailbox).where(InboundMail.state == "received", _due(unit)).distinct()
        return list(unit.session.scalars(ready))


def _due(unit: Unit) -> ColumnElement[bool]:
    return or_(InboundMail.next_try_at.is_(None), InboundMail.next_try_at <= unit.now)


def sets_waiting(ports: Ports, mailbox: str) -> Iterator[list[Waiting]]:
    """The oldest rows by arrival whose parents are filed before them, in sets bounded by count and bytes.

    When the next set is asked for, the one before may still be on its way; all before that are filed. So it goes on for
    as long as mail comes in.
    """
    under_way: list[Waiting] = []
    while sets := _next_sets(ports, mailbox, {row.id for row in under_way}):
        for under_way in sets:
            yield under_way


def _next_sets(ports: Ports, mailbox: str, under_way: set[int]) -> list[list[Waiting]]:
    most = ports.settings.batch_mails
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        if unit.session.connection().dialect.name == "sqlite":
            most = min(most, MOST_ON_SQLITE)
        found = unit.session.execute(
            select(
                InboundMail.id,
                InboundMail.blob,
                InboundMail.size,
                InboundMail.message_id_digest,
                InboundMail.parent_digests,
                InboundMail.arrived_at,
            )
            .where(InboundMail.state == "received", InboundMail.mailbox == mailbox, _due(unit))
            .order_by(InboundMail.arrived_at, InboundMail.id)
            .limit(most * SETS + len(under_way))
        ).all()
        rows = [
            Waiting(r.id, r.blob, r.size, r.message_id_digest, tuple((r.parent_digests or "").split()), r.arrived_at)
            for r in found
            if r.id not in under_way
        ]
        waiting = _waiting_parents(unit, rows)
        now = unit.now
    waiting = {digest: inbound_id for digest, inbound_id in waiting.items() if inbound_id not in under_way}
    return _in_sets(_parents_first(rows, waiting, now), most, ports.settings.batch_bytes)


def _in_sets(rows: list[Waiting], most: int, most_bytes: int) -> list[list[Waiting]]:
    """A small last one is left for the next time: while it is filed the one behind it would not be parsed yet."""
    sets: list[list[Waiting]] = []
    total = 0
    for row in rows:
        total += row.size
        if not sets or len(sets[-1]) >= most or total > most_bytes:
            sets.append([])
            total = row.size
        sets[-1].append(row)
    if len(sets) > 1 and len(sets[-1]) < len(sets[-2]) // 2:
        del sets[-1]
    return sets


def _waiting_parents(unit: Unit, rows: list[Waiting]) -> dict[str, int]:
    """Message-ID digests named by these rows that belong to rows still waiting, in any mailbox."""
    named = {digest for row in rows for digest in row.parent_digests}
    if not named:
        return {}
    found = unit.session.execute(
        select(InboundMail.message_id_digest, InboundMail.id).where(
            InboundMail.state == "received", among(unit.session, InboundMail.message_id_digest, named)
        )
    )
    return {digest: inbound_id for digest, inbound_id in found if digest}


def _parents_first(rows: list[Waiting], waiting: dict[str, int], now: dt.datetime) -> list[Waiting]:
    """Rows in an order in which no answer comes before the mail it answers; one whose parent waits elsewhere stays.

    A parent that does not come within ten minutes (parked by a fault, or part of a ring) is waited for no longer.
    """
    here = {row.id: row for row in rows}
    placed: dict[int, Waiting] = {}
    on_the_way: set[int] = set()

    def place(row: Waiting) -> bool:
        if row.id in placed:
            return True
        on_the_way.add(row.id)
        for digest in row.parent_digests:
            parent = waiting.get(digest)
            if parent is None or parent in placed or parent in on_the_way:
                continue
            if (parent not in here or not place(here[parent])) and now - row.arrived_at < _WAIT_FOR_PARENT:
                on_the_way.discard(row.id)
                return False
        placed[row.id] = row
        return True

    for row in rows:
        place(row)
    return list(placed.values())
