"""One's own notices: the page of the bell, its count, and the mails that carry a number and a link (RD-05)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, and_, delete, func, or_, select, text

from helpdesk import notices
from helpdesk.mail.incoming import Sender
from helpdesk.mail.outbox import queue_notice
from helpdesk.models import Account, Content, Notice, Ticket
from helpdesk.models.ticket import SHOWN
from helpdesk.people.access import require, ticket_for
from helpdesk.tickets.lists import own_desk
from helpdesk.unit import Unit

COUNTED_TO = 99
KEPT = dt.timedelta(days=90)
KEPT_SEEN = dt.timedelta(days=14)
READ_FIRST = dt.timedelta(minutes=2)
"""Who reads the notice on the screen within this time gets no mail about it."""


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One line of the bell's page; `by` is who did it, None for the system or the asker."""

    id: int
    number: str
    subject: str
    kind: str
    by: str | None
    at: dt.datetime
    seen: bool


def notices_page(unit: Unit, limit: int = 100) -> list[NoticeView]:
    """One's own notices: unread ones first, then by time, newest first."""
    require(unit.actor, "ticket.read")
    rows = unit.session.execute(
        select(Notice, Ticket.number, Account.name)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .outerjoin(Account, Account.id == Notice.actor_id)
        .where(_mine(unit))
        .order_by(Notice.seen_at.is_not(None), Notice.at.desc(), Notice.id.desc())
        .limit(limit)
    ).all()
    subjects = dict(
        unit.session.execute(
            select(Content.ticket_id, Content.text).where(
                Content.ticket_id.in_([notice.ticket_id for notice, _number, _name in rows]), Content.kind == "subject"
            )
        ).all()
    )
    return [
        NoticeView(
            notice.id,
            number,
            subjects.get(notice.ticket_id, ""),
            notice.kind,
            name,
            notice.at,
            notice.seen_at is not None,
        )
        for notice, number, name in rows
    ]


def _mine(unit: Unit) -> ColumnElement[bool]:
    return and_(Notice.account_id == unit.actor.account_id, text(SHOWN), own_desk(unit))


def unseen_counted(unit: Unit) -> ScalarSelect[int]:
    """How many notices are unread, counted to a hundred, as a part of a statement."""
    unread = (
        select(Notice.id)
        .join(Ticket, Ticket.id == Notice.ticket_id)
        .where(_mine(unit), Notice.seen_at.is_(None))
        .limit(COUNTED_TO + 1)
        .subquery()
    )
    return select(func.count()).select_from(unread).scalar_subquery()


def mark_seen(unit: Unit, number: str | None = None) -> None:
    """Mark one's own notices as read: those of one ticket, or all."""
    require(unit.actor, "ticket.read")
    notices.seen(unit, ticket_for(unit, number, "ticket.read").id if number else None)


def queue_mails(unit: Unit, limit: int = 200) -> int:
    """Queue the mails of notices that stayed unread, one for each advisor and ticket; returns how many."""
    due = unit.session.scalars(
        select(Notice)
        .where(Notice.to_mail.is_(True), or_(Notice.seen_at.is_not(None), Notice.at <= unit.now - READ_FIRST))
        .order_by(Notice.id)
        .limit(limit)
    ).all()
    queued: set[tuple[int, int]] = set()
    for notice in due:
        notice.to_mail = False
        account = unit.session.get_one(Account, notice.account_id)
        what = (notice.account_id, notice.ticket_id)
        if notice.seen_at is None and account.active and what not in queued:
            queued.add(what)
            ticket = unit.session.get_one(Ticket, notice.ticket_id)
            if ticket.restricted:
                continue
            queue_notice(unit, ticket, Sender(account.email, account.name), account.language)
    return len(queued)


def forget(unit: Unit) -> None:
    """Delete notices that were read two weeks ago, and any that are three months old."""
    unit.session.execute(
        delete(Notice).where(or_(Notice.seen_at < unit.now - KEPT_SEEN, Notice.at < unit.now - KEPT)),
        execution_options={"synchronize_session": False},
    )
