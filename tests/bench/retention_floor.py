"""The least that destroying can take: the same files, rows and syncs in the same batches, and nothing asked or proved.

What any destruction needs that survives a kill at any moment: a durable mark on the tickets, their names in a file
that is synced, the files gone and their folders synced, the rows gone in one transaction, and the names once more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Sequence

from sqlalchemy import delete, select, update

from helpdesk.models import Address, Fact, InboundMail, KnownName, MailSeen, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.privacy.copies import blobs
from helpdesk.privacy.copies.rows import deletes
from helpdesk.row_sets import among_ids, ids_given
from helpdesk.search import forget_tickets
from helpdesk.unit import SYSTEM, Unit, unit_of_work


def destroy(ports: Ports, ids: Sequence[int], batch: int) -> float:
    """Destroy these tickets, so many at a time. Returns the seconds that it took."""
    groups = [list(ids[start : start + batch]) for start in range(0, len(ids), batch)]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        keys = [blobs.keys_of(unit, group) for group in groups]
        names = [unit.session.scalars(select(Ticket.destroy_id).where(Ticket.id.in_(group))).all() for group in groups]
        asked = select(TicketPerson.person_id).where(TicketPerson.role == "requester")
        people = [unit.session.scalars(asked.where(TicketPerson.ticket_id.in_(group))).all() for group in groups]
    journal = os.open(ports.settings.data / "floor.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    began = time.perf_counter()
    for group, files, told, who in zip(groups, keys, names, people, strict=True):
        with unit_of_work(ports, SYSTEM) as unit:
            going = update(Ticket).where(Ticket.id.in_(group)).values(retention_state="destroying")
            unit.session.execute(going.execution_options(synchronize_session=False))
        _note(journal, told)
        ports.blobs.destroy(files)
        with unit_of_work(ports, SYSTEM) as unit:
            _delete(unit, group, [one for one in who if one is not None])
        _note(journal, told)
    took = time.perf_counter() - began
    os.close(journal)
    return took


def _note(journal: int, names: Collection[str]) -> None:
    os.write(journal, "".join(f'{{"id":"{name}"}}\n' for name in names).encode())
    os.fsync(journal)


def _delete(unit: Unit, ids: Sequence[int], people: Sequence[int]) -> None:
    """By the statements that the product uses for the plan, so that neither side has the better ones."""
    connection = unit.session.connection()
    dialect = connection.dialect.name
    given = ids_given(dialect, ids)
    digests = select(InboundMail.digest).where(among_ids(dialect, InboundMail.ticket_id))
    connection.execute(delete(MailSeen).where(MailSeen.digest.in_(digests)), given)
    forget_tickets(unit, ids)
    for statement in deletes(dialect):
        connection.execute(statement, given)
    given = ids_given(dialect, people)
    for model in (Fact, Address, KnownName):
        connection.execute(delete(model).where(among_ids(dialect, model.person_id)), given)
    connection.execute(delete(Person).where(among_ids(dialect, Person.id)), given)
