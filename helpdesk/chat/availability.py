"""Whether somebody is there to chat now: hours, closures, which advisors are there, and their places. Reads only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk.chat.presence import ADVISOR_GONE, advisor_name, seen_at
from helpdesk.errors import Unavailable
from helpdesk.models import Account, AccountRole, Chat, ChatAdvisor, Ticket
from helpdesk.people.accounts import desks_of
from helpdesk.service_levels.hours import Reason, Spell, Standing
from helpdesk.service_levels.opening import opening_of, standing_now
from helpdesk.unit import Unit

CHATS = frozenset({"available", "busy"})
"""The states in which a first line begins a chat; in all others it is a question that is answered by mail."""


@dataclass(frozen=True, slots=True)
class Availability:
    """One of available, busy, away, outside, closed, disturbed; `ahead` counts who waits already.

    `spells` are the hours of the week, to be said to whoever comes outside of them.
    """

    state: str
    until: dt.datetime | None = None
    opens_at: dt.datetime | None = None
    reason: Reason = Reason()
    ahead: int = 0
    spells: tuple[Spell, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """An advisor who is connected; `free` is how many more chats fit, `takes_new` whether those of the queue are."""

    account_id: int
    name: str
    desks: frozenset[str] | None
    free: int
    takes_new: bool

    def works_for(self, desk_key: str) -> bool:
        """Whether the advisor works for this desk."""
        return self.desks is None or desk_key in self.desks


def places(unit: Unit) -> list[Place]:
    """Every advisor who is there, for chats of the queue or for those handed over. Raises Unavailable."""
    chosen = (
        select(ChatAdvisor, Account)
        .join(Account, Account.id == ChatAdvisor.account_id)
        .join(AccountRole, (AccountRole.account_id == Account.id) & (AccountRole.role == "advisor"))
        .where(ChatAdvisor.state != "away", Account.active.is_(True))
        .order_by(Account.id)
    )
    rows = unit.session.execute(chosen).all()
    seen = seen_at(unit, [advisor_name(row.Account.id) for row in rows])
    taken = chats_of(unit, [row.Account.id for row in rows])
    return [
        Place(
            row.Account.id,
            row.Account.name,
            desks_of(row.Account),
            max(0, capacity_of(unit, row.ChatAdvisor) - taken.get(row.Account.id, 0)),
            row.ChatAdvisor.state == "available",
        )
        for row, at in zip(rows, seen, strict=True)
        if at is not None and unit.now - at < ADVISOR_GONE
    ]


def capacity_of(unit: Unit, advisor: ChatAdvisor) -> int:
    """How many chats an advisor has at once."""
    return unit.ports.settings.chat_capacity if advisor.capacity is None else advisor.capacity


def chats_of(unit: Unit, account_ids: Collection[int]) -> dict[int, int]:
    """How many chats each of these advisors has now."""
    counted = (
        select(Chat.account_id, func.count())
        .where(Chat.state == "active", Chat.account_id.in_(account_ids))
        .group_by(Chat.account_id)
    )
    return {account_id: count for account_id, count in unit.session.execute(counted) if account_id is not None}


def waiting_in(unit: Unit, desk_key: str) -> list[Chat]:
    """Who waits at a desk for anybody, in the order in which they are picked up."""
    queue = (
        select(Chat)
        .join(Ticket, Ticket.id == Chat.ticket_id)
        .where(Chat.state == "waiting", Chat.for_account_id.is_(None), Ticket.desk_key == desk_key)
    )
    return list(unit.session.scalars(queue.order_by(Chat.queued_at, Chat.id)))


def place_in_queue(unit: Unit, chat: Chat) -> tuple[int, str]:
    """The place of a waiting chat in its queue, from 1, with what it waits for (interface 3.2).

    "next": an advisor has room for it; "busy": all are in a conversation; "away": none is there. A chat that waits for
    one advisor alone is at place 0 and next.
    """
    desk_key = unit.session.scalar(select(Ticket.desk_key).where(Ticket.id == chat.ticket_id)) or ""
    ids = [one.id for one in waiting_in(unit, desk_key)]
    if chat.id not in ids:
        return 0, "next"
    position = ids.index(chat.id) + 1
    try:
        here = taking(places(unit), desk_key)
    except Unavailable:
        return position, "next" if position == 1 else "busy"
    if not here:
        return position, "away"
    return position, "next" if position <= sum(place.free for place in here) else "busy"


def taking(here: Iterable[Place], desk_key: str) -> list[Place]:
    """Those who take chats of this desk's queue, of all who are there."""
    return [place for place in here if place.takes_new and place.works_for(desk_key)]


def availability(unit: Unit, desk_key: str) -> Availability:
    """Whether a chat at this desk can begin now (interface 3.2)."""
    hours = standing_now(unit)
    if not hours.is_open:
        return _shut(unit, hours)
    try:
        here = taking(places(unit), desk_key)
    except Unavailable:
        return Availability("disturbed")
    if not here:
        return Availability("away", until=hours.until)
    ahead = len(waiting_in(unit, desk_key))
    free = sum(place.free for place in here)
    return Availability("available" if ahead < free else "busy", until=hours.until, ahead=ahead)


def _shut(unit: Unit, hours: Standing) -> Availability:
    state = "closed" if hours.closed_day else "outside"
    return Availability(state, opens_at=hours.opens_at, reason=hours.reason, spells=opening_of(unit).spells)
