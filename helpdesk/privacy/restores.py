"""What people decide after a backup was put back: about the outbox, the mailboxes, and the dates entered by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.models import OutgoingMail, Restore, RestoreTicket, Ticket
from helpdesk.models.restore import UNPLAYED
from helpdesk.people.access import require
from helpdesk.people.two_people import require_second
from helpdesk.ports import DELIVER_WAITING
from helpdesk.retention.restored import waiting_of
from helpdesk.security_log import note
from helpdesk.unit import Unit

_UNSENT = ("queued", "sending")


@dataclass(frozen=True, slots=True)
class Waits:
    """A mail that was in the outbox of the backup; it may have left long ago."""

    id: int
    kind: str
    number: str
    date: dt.datetime


@dataclass(frozen=True, slots=True)
class RestoreView:
    """A restored backup and what it still waits for; `again` are tickets by what has to be done to them again."""

    id: int
    backup: str
    made_at: dt.datetime
    found_at: dt.datetime
    replayed: bool
    destroyed: int
    outbox: tuple[Waits, ...]
    outbox_waits: bool
    mailbox_waits: bool
    facts_wait: bool
    feeds: tuple[str, ...]
    again: dict[str, tuple[str, ...]]

    @property
    def over(self) -> bool:
        """Whether all of it was confirmed."""
        return self.replayed and not (self.outbox_waits or self.mailbox_waits or self.facts_wait or self.feeds)


def restores(unit: Unit) -> list[RestoreView]:
    """Every restored backup, the newest first."""
    require(unit.actor, "restore.read")
    return [_view(unit, one) for one in unit.session.scalars(select(Restore).order_by(Restore.id.desc()))]


def unconfirmed(unit: Unit) -> int:
    """How many restored backups people have not confirmed in full; those that they have are not asked again."""
    views = [(one, _view(unit, one)) for one in unit.session.scalars(select(Restore).where(Restore.state != "over"))]
    for one, view in views:
        if view.over:
            one.state = "over"
    return sum(not view.over for _one, view in views)


def _view(unit: Unit, one: Restore) -> RestoreView:
    left = waiting_of(unit.session, one)
    return RestoreView(
        id=one.id,
        backup=one.backup_key or "",
        made_at=one.made_at,
        found_at=one.found_at,
        replayed=one.state not in UNPLAYED,
        destroyed=one.destroyed,
        outbox=tuple(_unsent(unit, one)) if one.outbox_at is None else (),
        outbox_waits=one.outbox_at is None,
        mailbox_waits=one.mailbox_at is None,
        facts_wait=left.facts,
        feeds=left.feeds,
        again=_again(unit, one.id),
    )


def _unsent(unit: Unit, one: Restore) -> list[Waits]:
    mails = (
        select(OutgoingMail.id, OutgoingMail.kind, Ticket.number, OutgoingMail.date)
        .outerjoin(Ticket, Ticket.id == OutgoingMail.ticket_id)
        .where(OutgoingMail.state.in_(_UNSENT), OutgoingMail.date <= one.found_at)
        .order_by(OutgoingMail.id)
    )
    return [Waits(row.id, row.kind, row.number or "", row.date) for row in unit.session.execute(mails)]


def _again(unit: Unit, restore_id: int) -> dict[str, tuple[str, ...]]:
    noted = (
        select(RestoreTicket.why, Ticket.number)
        .join(Ticket, Ticket.id == RestoreTicket.ticket_id)
        .where(RestoreTicket.restore_id == restore_id, Ticket.retention_state != "destroying")
        .order_by(Ticket.number)
    )
    found: dict[str, list[str]] = {}
    for why, number in unit.session.execute(noted):
        found.setdefault(why, []).append(number)
    return {why: tuple(numbers) for why, numbers in found.items()}


def confirm_outbox(unit: Unit, drop: Collection[int] = (), *, drop_all: bool = False) -> tuple[int, int]:
    """Let mail be sent again, without the mails of the backup that are dropped. Returns how many are sent and dropped.

    Raises NotFound for a mail that does not wait, Conflict when nothing was restored.
    """
    one = _waiting(unit, "restore.confirm", Restore.outbox_at.is_(None))
    waits = {mail.id for row in one for mail in _unsent(unit, row)}
    dropped = waits if drop_all else set(drop)
    if dropped - waits:
        raise NotFound("Mail {id} does not wait in the restored outbox.", id=min(dropped - waits))
    gone = update(OutgoingMail).where(OutgoingMail.id.in_(dropped), OutgoingMail.state.in_(_UNSENT))
    unit.session.execute(
        gone.values(state="cancelled", claimed_at=None, version=OutgoingMail.version + 1).execution_options(
            synchronize_session=False
        )
    )
    for row in one:
        row.outbox_at, row.outbox_by_id = unit.now, unit.actor.account_id
    unit.session.flush()
    note(unit, "restore.outbox", "restore", one[0].id)
    unit.nudge(DELIVER_WAITING)
    return len(waits - dropped), len(dropped)


def confirm_mailbox(unit: Unit) -> None:
    """Let mail be removed from the mailboxes again, once it is kept."""
    found = _waiting(unit, "restore.confirm", Restore.mailbox_at.is_(None))
    for row in found:
        row.mailbox_at, row.mailbox_by_id = unit.now, unit.actor.account_id
    unit.session.flush()
    note(unit, "restore.mailbox", "restore", found[0].id)


def confirm_facts(unit: Unit) -> None:
    """Vouch that every date entered by hand since the backup was entered again; nobody who enters them may."""
    found = _waiting(unit, "restore.facts", Restore.facts_at.is_(None))
    require_second(unit, "restore.facts", None)
    for row in found:
        row.facts_at, row.facts_by_id = unit.now, unit.actor.account_id
    unit.session.flush()
    note(unit, "restore.facts", "restore", found[0].id)


def _waiting(unit: Unit, verb: str, waits: ColumnElement[bool]) -> list[Restore]:
    require(unit.actor, verb)
    if unit.actor.is_system:
        raise NotAllowed("A person has to decide this.", code="second_person")
    rows = select(Restore).where(waits).order_by(Restore.id.desc()).with_for_update()
    found = list(unit.session.scalars(rows))
    if not found:
        raise Conflict("Nothing waits for this.", code="nothing_restored")
    if any(one.state in UNPLAYED for one in found):
        raise Conflict("The ledger is not replayed yet: start the helpdesk first.", code="not_replayed")
    return found
