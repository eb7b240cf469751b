"""Two rows that are one person: an unknown sender who turns out to be known. The caller reckons and tells."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from helpdesk.models import Address, Base, Entry, Hold, KnownName, RightsRequest, TicketPerson

_POINTING: tuple[type[Base], ...] = (TicketPerson, Entry, KnownName, Address, Hold, RightsRequest)
"""What points at a person, but for facts: a person with facts of their own is never joined to another."""


def join(session: Session, pairs: Mapping[int, int]) -> None:
    """Let everything that points at the first of each pair point at the second; the first row is left, empty."""
    rows = [{"from_id": from_id, "into_id": into_id} for from_id, into_id in pairs.items()]
    for model in _POINTING if rows else ():
        table = model.__table__
        moved = update(table).where(table.c.person_id == bindparam("from_id")).values(person_id=bindparam("into_id"))  # type: ignore[arg-type] # a mapped class's table is a Table
        session.connection().execute(moved, rows)
    session.expire_all()


def tickets_of(session: Session, person_ids: list[int]) -> dict[int, set[int]]:
    """The tickets each of these people is on, by person."""
    found: dict[int, set[int]] = {person_id: set() for person_id in person_ids}
    on = select(TicketPerson.person_id, TicketPerson.ticket_id).where(TicketPerson.person_id.in_(person_ids))
    for person_id, ticket_id in session.execute(on):
        found[person_id].add(ticket_id)
    return found
