"""Tells an advisor that something happened to a ticket: the only writer of Notice. Ids and fixed words, no mail."""

from __future__ import annotations

from sqlalchemy import insert, select, update

from helpdesk.models import Account, Notice
from helpdesk.unit import Unit


def tell(unit: Unit, account_id: int | None, ticket_id: int, kind: str) -> None:
    """Write a notice for an account; none for nobody, for a closed account, or about what one did oneself.

    A notice of the same kind that is still unread is moved to now instead of standing there twice.
    """
    if account_id is None or account_id == unit.actor.account_id:
        return
    wants = unit.session.execute(
        select(Account.notify_mail).where(Account.id == account_id, Account.active.is_(True))
    ).first()
    if wants is None:
        return
    unread = update(Notice).where(
        Notice.account_id == account_id,
        Notice.ticket_id == ticket_id,
        Notice.kind == kind,
        Notice.seen_at.is_(None),
    )
    again = unread.values(at=unit.now, actor_id=unit.actor.account_id).returning(Notice.id)
    if unit.session.execute(again, execution_options={"synchronize_session": False}).first() is None:
        unit.session.execute(
            insert(Notice).values(
                account_id=account_id,
                ticket_id=ticket_id,
                kind=kind,
                actor_id=unit.actor.account_id,
                at=unit.now,
                to_mail=bool(wants.notify_mail),
            )
        )
    unit.hint(f"account:{account_id}", {"kind": "notice"})


def seen(unit: Unit, ticket_id: int | None = None) -> None:
    """Mark the actor's notices as read: those of one ticket, or all."""
    mine = update(Notice).where(Notice.account_id == unit.actor.account_id, Notice.seen_at.is_(None))
    if ticket_id is not None:
        mine = mine.where(Notice.ticket_id == ticket_id)
    unit.session.execute(mine.values(seen_at=unit.now), execution_options={"synchronize_session": False})
