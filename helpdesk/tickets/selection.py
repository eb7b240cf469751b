"""One act on several tickets at once: each is checked and done by itself, and the whole can be taken back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import Event, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.tickets import handling, seen
from helpdesk.unit import Unit

MOST = 100
ACTS = ("take", "assign", "done", "read", "unread")
_FREE = frozenset({"read", "unread"})
"""Acts that concern the actor alone: nobody can have been first."""
_UNDONE = ("assigned", "status")


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen ticket, its version as the list showed it, and the newest entry one saw, for the act `read`."""

    number: str
    version: int
    upto: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The numbers of the tickets on which it was done, and of those that somebody else changed first."""

    done: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


def act_on(unit: Unit, picks: Sequence[Pick], act: str, account_id: int | None = None) -> Outcome:
    """Do one act on every chosen ticket that is as it was when it was chosen; the others stay as they are.

    `account_id` is who gets the tickets of the act `assign`, none for nobody. Raises Invalid for an empty or too large
    choice, an unknown act, or somebody who can't have tickets.
    """
    if act not in ACTS:
        raise Invalid("Choose what to do with these tickets.", field="act")
    if not picks:
        raise Invalid("Choose one or more tickets first.", field="nr")
    if len(picks) > MOST:
        raise Invalid("Choose at most {count} tickets at once.", field="nr", count=MOST)
    return _each(unit, sorted(picks, key=lambda pick: pick.number), lambda pick: _one(unit, pick, act, account_id))


def _each(unit: Unit, picks: Sequence[Pick], act: Callable[[Pick], None]) -> Outcome:
    """In the order of their numbers, so that two who choose the same tickets never wait for each other in a circle."""
    done, missed = [], []
    for pick in picks:
        try:
            with unit.savepoint():
                act(pick)
            done.append(pick.number)
        except (Conflict, NotFound):
            missed.append(pick.number)
    return Outcome(tuple(done), tuple(missed))


def _one(unit: Unit, pick: Pick, act: str, account_id: int | None) -> None:
    if act not in _FREE:
        unit.claim(Ticket, ticket_for(unit, pick.number, "ticket.handle").id, pick.version)
    if act == "done":
        handling.set_status(unit, pick.number, "done")
    elif act == "read":
        seen.mark_read(unit, pick.number, pick.upto)
    elif act == "unread":
        seen.mark_unread(unit, pick.number)
    else:
        handling.assign(unit, pick.number, unit.actor.account_id if act == "take" else account_id)


def undo(unit: Unit, numbers: Sequence[str], at: dt.datetime) -> Outcome:
    """Give tickets back the advisor, the state and the place in the list they had before one's own act at that moment.

    A ticket that was handled since is left alone and counts as missed.
    """
    picks = [Pick(number, 0) for number in sorted(set(numbers))[:MOST]]
    return _each(unit, picks, lambda pick: _give_back(unit, pick.number, at))


def _give_back(unit: Unit, number: str, at: dt.datetime) -> None:
    ticket = ticket_for(unit, number, "ticket.handle")
    since = unit.session.scalars(
        select(Event)
        .where(Event.ticket_id == ticket.id, Event.at >= at, Event.kind.in_(_UNDONE))
        .order_by(Event.id.desc())
    ).all()
    if any(event.account_id != unit.actor.account_id or event.at != at for event in since):
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.")
    unit.claim(Ticket, ticket.id, ticket.version)
    waiting_since = ticket.waiting_since
    for event in since:
        if event.kind == "assigned":
            handling.assign(unit, number, int(event.before) if event.before else None)
        else:
            handling.set_status(unit, number, event.before or "")
    ticket.waiting_since = waiting_since
