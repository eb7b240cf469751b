"""When the terms of tickets end, by month or year, in numbers and bytes; and which tickets these are. Reads only."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, literal, select, union_all

from helpdesk.errors import NotFound
from helpdesk.models import Attachment, Hold, HoldTicket, InboundMail, Ticket
from helpdesk.people.access import require
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.model import Ages
from helpdesk.retention.terms import day_of, latest_anchor
from helpdesk.tickets.states import StandingTicket, page_of
from helpdesk.unit import Unit

MONTHS, YEARS, MOST_YEARS = 24, 0, 15
"""How many months are told when nothing else is asked; stands for years; how many of them at most."""
BEFORE, LATER, UNDATED = "before", "later", "none"
NOW, LATE, HELD = "now", "late", "held"
"""What may go, what should have gone, what a legal hold keeps: groups beside the months."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How many terms end in one month or year, how many of these tickets a legal hold keeps, and the bytes of both.

    `key` is 2027-03 or 2027, or one of BEFORE, LATER and UNDATED for all that lies outside; then `first`, its first
    day, is none. Bytes are those of mails and files, and 0 when nobody asked for them.
    """

    key: str
    first: dt.date | None
    count: int
    held: int
    size: int = 0
    held_size: int = 0

    @property
    def free(self) -> int:
        """How many no hold keeps."""
        return self.count - self.held

    @property
    def free_size(self) -> int:
        """The bytes of those that no hold keeps."""
        return self.size - self.held_size


def endings(unit: Unit, span: int = MONTHS, *, sizes: bool = False) -> list[Ending]:
    """The first days of destruction: what lies before this month, the coming months or years, later, and no day.

    `span` is a number of months, or YEARS for every year that there is. Together they are all tickets.
    """
    require(unit.actor, "retention.read")
    this = day_of(unit.now).replace(day=1)
    firsts = _years(unit, this) if span == YEARS else {f"{one:%Y-%m}": one for one in _months(this, span)}
    found = {key: [0, 0, 0, 0] for key in (BEFORE, *firsts, LATER, UNDATED)}
    for day, kept, count, size in unit.session.execute(_by_day(sizes=sizes)):
        sums = found[_key_of(day, this, firsts)]
        sums[0] += count
        sums[2] += int(size)
        if kept:
            sums[1] += count
            sums[3] += int(size)
    return [Ending(key, firsts.get(key), *sums) for key, sums in found.items()]


def _months(this: dt.date, number: int) -> list[dt.date]:
    return [_later(this, place) for place in range(number)]


def _years(unit: Unit, this: dt.date) -> dict[str, dt.date]:
    last = max(unit.session.scalar(select(func.max(Ticket.due_on))) or this, this)
    return {str(year): dt.date(year, 1, 1) for year in range(this.year, min(last.year, this.year + MOST_YEARS - 1) + 1)}


def _by_day(*, sizes: bool) -> Select[Any]:
    size: ColumnElement[int] = literal(0)
    own = _sizes()
    if sizes:
        size = func.coalesce(own.c.size, 0)
    each = select(Ticket.due_on.label("day"), held_now().label("kept"), size.label("size"))
    one = (each.outerjoin(own, own.c.ticket_id == Ticket.id) if sizes else each).subquery()
    return select(one.c.day, one.c.kept, func.count(), func.sum(one.c.size)).group_by(one.c.day, one.c.kept)


def _sizes() -> Subquery:
    """The bytes of the mails and files of each ticket."""
    parts = union_all(
        select(Attachment.ticket_id.label("ticket_id"), Attachment.size.label("size")),
        select(InboundMail.ticket_id, InboundMail.size).where(InboundMail.ticket_id.is_not(None)),
    ).subquery()
    return select(parts.c.ticket_id, func.sum(parts.c.size).label("size")).group_by(parts.c.ticket_id).subquery()


def _key_of(day: dt.date | None, this: dt.date, firsts: dict[str, dt.date]) -> str:
    if day is None:
        return UNDATED
    if day < this:
        return BEFORE
    return next((key for key in (f"{day:%Y-%m}", str(day.year)) if key in firsts), LATER)


def held_now() -> ColumnElement[bool]:
    """Whether a legal hold stands on the ticket."""
    standing = select(HoldTicket.ticket_id).join(Hold, Hold.id == HoldTicket.hold_id)
    return Ticket.id.in_(standing.where(Hold.released_at.is_(None)))


def _later(first: dt.date, number: int) -> dt.date:
    years, month = divmod(first.month - 1 + number, 12)
    return dt.date(first.year + years, month + 1, 1)


def groups(unit: Unit) -> dict[str, int]:
    """How many may go, should have gone, and are kept by a legal hold."""
    return {key: count_of(unit, key) for key in (NOW, LATE, HELD)}


def tickets_of(unit: Unit, key: str, span: int = MONTHS, skip: int = 0) -> list[StandingTicket]:
    """A page of the tickets of one `Ending` or group. Raises NotFound for a month or year that there is not."""
    require(unit.actor, "retention.read")
    return page_of(unit, _within(unit, key, span), skip)


def count_of(unit: Unit, key: str, span: int = MONTHS) -> int:
    """How many there are on all its pages."""
    require(unit.actor, "retention.read")
    return unit.session.scalar(select(func.count()).select_from(Ticket).where(_within(unit, key, span))) or 0


def _within(unit: Unit, key: str, span: int) -> ColumnElement[bool]:
    this = day_of(unit.now).replace(day=1)
    if key in (NOW, LATE, HELD):
        return _in_group(unit, key)
    if key == BEFORE:
        return Ticket.due_on < this
    if key == UNDATED:
        return Ticket.due_on.is_(None)
    if key == LATER:
        end = dt.date(this.year + MOST_YEARS, 1, 1) if span == YEARS else _later(this, span)
        return Ticket.due_on >= end
    if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", key):
        first = dt.date(int(key[:4]), int(key[5:]), 1)
        return and_(Ticket.due_on >= first, Ticket.due_on < _later(first, 1))
    if re.fullmatch(r"20\d\d", key) and int(key) >= this.year:
        first = max(dt.date(int(key), 1, 1), this)
        return and_(Ticket.due_on >= first, Ticket.due_on < dt.date(int(key) + 1, 1, 1))
    raise NotFound("There is no such month.")


def _in_group(unit: Unit, key: str) -> ColumnElement[bool]:
    if key == HELD:
        return held_now()
    over = Ticket.retention_state.in_(("due", "listed"))
    if key == NOW:
        return over
    ages = next((register.ages for register in in_force(unit.session).values()), Ages())
    return and_(over, Ticket.due_on <= latest_anchor(ages.due_after, day_of(unit.now)))
