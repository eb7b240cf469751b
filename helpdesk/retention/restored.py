"""What a restored backup forbids until people have confirmed it: sending, removing mail, destroying (RD-73, RD-76).

Putting a backup back and replaying the ledger stands in `helpdesk.privacy`.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from helpdesk.errors import Conflict, Unavailable
from helpdesk.migrating import require_head
from helpdesk.models import Fact, ImportRun, Restore
from helpdesk.models.restore import UNPLAYED
from helpdesk.ports import Ports
from helpdesk.retention.ledger_writing import require_level
from helpdesk.unit import SYSTEM, Unit, unit_of_work


def outbox_stopped() -> ColumnElement[bool]:
    """Whether nothing may be sent: in what was restored stands mail that left long ago."""
    return select(Restore.id).where(Restore.outbox_at.is_(None)).exists()


def mailbox_kept(unit: Unit) -> bool:
    """Whether nothing may be removed from a mailbox, and no mail that was seen forgotten."""
    return unit.session.scalar(select(Restore.id).where(Restore.mailbox_at.is_(None)).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Waiting:
    """What destruction waits for: feeds without a file that is newer than the backup, and whether dates by hand do."""

    made_at: dt.datetime
    feeds: tuple[str, ...]
    facts: bool

    @property
    def over(self) -> bool:
        """Whether nothing is left to wait for."""
        return not self.feeds and not self.facts


def waiting_of(session: Session, one: Restore) -> Waiting:
    """What this restore still keeps destruction from.

    Of each feed that ever told a date, a file must have been brought in whole since, that was made after the backup.
    """
    told = set(session.scalars(select(Fact.source).distinct()))
    feeds = set(session.scalars(select(ImportRun.feed).where(ImportRun.state == "done").distinct())) | (told - {"hand"})
    newest = (
        select(ImportRun.feed, func.max(ImportRun.taken_at))
        .where(ImportRun.state == "done", ImportRun.started_at > one.found_at)
        .group_by(ImportRun.feed)
    )
    fresh = {feed for feed, at in session.execute(newest) if at > one.made_at}
    return Waiting(one.made_at, tuple(sorted(feeds - fresh)), one.facts_at is None)


def refuse_to_destroy(unit: Unit) -> None:
    """Raise Conflict while dates may be missing that came after a restored backup: too early is as wrong as late."""
    for one in unit.session.scalars(select(Restore).where(Restore.state != "over").order_by(Restore.id)):
        left = waiting_of(unit.session, one)
        if not left.over or one.state in UNPLAYED:
            raise Conflict(
                "A backup was restored: nothing is destroyed until every feed was imported anew and the dates entered "
                "by hand since were confirmed. See 'helpdesk restore status'.",
                code="restored",
            )


def require_replayed(ports: Ports) -> None:
    """Raise Conflict while this database may still hold what the ledger says is destroyed; for whoever reads it."""
    try:
        require_level(ports)
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            waits = unit.session.scalar(select(Restore.id).where(Restore.state.in_(UNPLAYED)).limit(1)) is not None
    except (DBAPIError, Unavailable):
        require_head(ports.engine)
        raise
    if waits:
        raise Conflict(
            "A backup was restored, and the ledger is not replayed yet: start the helpdesk, or run "
            "'helpdesk restore replay'.",
            code="not_replayed",
        )
