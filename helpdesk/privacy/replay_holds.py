"""Legal holds after a restore: those the ledger tells of stand again before anything is destroyed (RD-34).

The ledger knows tickets and kinds, no words: a hold that the backup does not know comes back on its tickets only, to be
looked at by people. A release is not repeated: it took two people, and keeping too long can be mended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import case, select

from helpdesk.errors import Misconfigured
from helpdesk.models import Account, AccountRole, Hold, Ticket
from helpdesk.ports import Ports
from helpdesk.retention import clock, holds
from helpdesk.retention.ledger import Entry
from helpdesk.retention.terms import day_of
from helpdesk.row_sets import among
from helpdesk.text.language import N_, words_of
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_CHUNK = 500
_ROLES = ("privacy_officer", "functional_admin")


@dataclass(slots=True)
class _Told:
    """A hold as the ledger tells it: its kind, its tickets by random name, whether it was released."""

    kind: str
    names: list[str] = field(default_factory=list)
    released: bool = False


def apply_holds(ports: Ports, newer: Iterable[Entry]) -> None:
    """Place what was placed since the backup, and put its tickets under it. May be repeated."""
    for key, told in _told(newer).items():
        with unit_of_work(ports, SYSTEM) as unit:
            hold_id = _standing(unit, key, told)
        if hold_id is None:
            continue
        for start in range(0, len(told.names), _CHUNK):
            with unit_of_work(ports, SYSTEM) as unit:
                some = told.names[start : start + _CHUNK]
                ids = unit.session.scalars(select(Ticket.id).where(among(unit.session, Ticket.destroy_id, some)))
                taken = holds.take(unit, unit.session.get_one(Hold, hold_id), ids.all())
                for ticket_id in taken.ids:
                    clock.touch(unit, ticket_id)


def _told(newer: Iterable[Entry]) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for entry in newer:
        if entry.op in ("hold", "release"):
            told = found.setdefault(entry.run, _Told(entry.methods))
            told.released |= entry.op == "release"
            if entry.op == "hold" and entry.id != entry.run:
                told.names.append(entry.id)
    return found


def _standing(unit: Unit, key: str, told: _Told) -> int | None:
    """The id of the hold, made anew where the backup does not know it; none when it was placed and released since."""
    today = day_of(unit.now)
    one = unit.session.scalar(select(Hold).where(Hold.key == key))
    if one is None and told.released:
        return None
    if one is None:
        one = _again(unit, key, told.kind, today)
    if one.released_at is not None:
        return None
    # Somebody has to look: its words are lost, or its release is.
    one.review_on = min(one.review_on, today)
    unit.session.flush()
    return one.id


def _again(unit: Unit, key: str, kind: str, today: dt.date) -> Hold:
    say = words_of(unit.ports.settings.language)
    reason = N_(
        "Placed after the backup that was restored. The ledger knows its tickets, not its words: ask who placed it, "
        "and place it anew."
    )
    account_id = _answerable(unit)
    one = Hold(
        key=key,
        kind=kind,
        scope="ticket",
        reference=say(N_("ledger {name}"), name=key[:8]),
        reason=say(reason),
        owner_id=account_id,
        placed_by_id=account_id,
        placed_at=unit.now,
        review_on=today,
        settled_at=unit.now,
    )
    unit.session.add(one)
    unit.session.flush()
    return one


def _answerable(unit: Unit) -> int:
    """Who has to look at it: a privacy officer, else a functional administrator."""
    order = case((AccountRole.role == _ROLES[0], 0), else_=1)
    on = select(Account.id).join(AccountRole, AccountRole.account_id == Account.id)
    on = on.where(Account.active, AccountRole.role.in_(_ROLES)).order_by(order, Account.id)
    found = unit.session.scalar(on.limit(1))
    if found is None:
        raise Misconfigured(
            "The ledger tells of a legal hold, and in the restored backup nobody can answer for it: add a privacy "
            "officer with 'helpdesk user add', then start again.",
            code="nobody_answers",
        )
    return found
