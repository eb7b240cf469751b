"""How far each advisor has read each ticket, so that lists can say what is unread. No act: no timeline, no hint."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.models import Entry, Seen
from helpdesk.people.access import ticket_for
from helpdesk.unit import Unit

_WAITS = ("new", "open")


def seen_by_me(unit: Unit, ticket_ids: Sequence[int]) -> dict[int, int]:
    """The newest entry the actor saw, by ticket; 0 where he marked it unread, no key where he never looked.

    One query for a page of a list.
    """
    if unit.actor.account_id is None:
        return {}
    found = select(Seen.ticket_id, Seen.entry_id).where(
        Seen.account_id == unit.actor.account_id, Seen.ticket_id.in_(select(unit.given(ticket_ids).c.id))
    )
    return dict(unit.session.execute(found).all())


def is_unread(status: str, newest_of_others: int, seen: int | None) -> bool:
    """Whether somebody who saw the ticket up to `seen` has something to read there.

    What he wrote himself is no news. A ticket he never opened is unread as long as it waits for an advisor: otherwise
    everything his colleagues did before he came would be bold.
    """
    if seen is None:
        return newest_of_others > 0 and status in _WAITS
    return seen == 0 or newest_of_others > seen


def newest_unseen(unit: Unit, number: str) -> int:
    """The newest entry of a ticket when the actor has not seen it, else 0; ask it before a write takes the lock."""
    _ticket_id, newest, seen = _stand(unit, number)
    return newest if unit.actor.account_id is not None and newest != seen else 0


def mark_read(unit: Unit, number: str, upto: int | None = None) -> None:
    """The actor saw the entries up to this one, all when it is None; writes nothing when he had seen them.

    What came while the page was on its way to him stays unread.
    """
    ticket_id, newest, seen = _stand(unit, number)
    read = max(seen or 0, newest if upto is None else min(newest, upto))
    if unit.actor.account_id is not None and read != seen:
        _keep(unit, ticket_id, read)


def _stand(unit: Unit, number: str) -> tuple[int, int, int | None]:
    """A ticket's id, its newest entry, and the newest the actor saw."""
    ticket = ticket_for(unit, number, "ticket.read")
    mine = select(Seen.entry_id).where(Seen.account_id == unit.actor.account_id, Seen.ticket_id == ticket.id)
    stand = select(func.max(Entry.id), mine.scalar_subquery()).where(Entry.ticket_id == ticket.id)
    newest, seen = unit.session.execute(stand).one()
    return ticket.id, newest or 0, seen


def mark_unread(unit: Unit, number: str) -> None:
    """The ticket is unread for the actor until he opens it again."""
    _keep(unit, ticket_for(unit, number, "ticket.read").id, 0)


def _keep(unit: Unit, ticket_id: int, entry_id: int) -> None:
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    row = dialect.insert(Seen).values(account_id=unit.actor.account_id, ticket_id=ticket_id, entry_id=entry_id)
    connection.execute(
        row.on_conflict_do_update(index_elements=[Seen.account_id, Seen.ticket_id], set_={"entry_id": entry_id})
    )
