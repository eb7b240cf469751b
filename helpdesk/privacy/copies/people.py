"""People whom nothing refers to any more: they go with their last ticket, unless the directory's own term runs (R2, F).

Addresses, names and dates are a person's own and go with them; anything else that points at a person keeps them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import ForeignKey, Row, Select, delete, select, union

from helpdesk.models import Address, Base, Entry, Fact, KnownName, Person, TicketPerson
from helpdesk.retention.clock import facts_of
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import Asker
from helpdesk.retention.register.coverage import rule_for
from helpdesk.retention.register.model import Register
from helpdesk.retention.terms import due_on
from helpdesk.row_sets import among_ids, ids_given
from helpdesk.unit import Unit

_OWN: tuple[type[Fact] | type[Address] | type[KnownName], ...] = (Fact, Address, KnownName)
_COPIED = ("dept_code", "personnel_no", "account_status")
"""What only the directory says of a person; a name may come from a mail."""


@cache
def _references() -> tuple[ForeignKey, ...]:
    """Every foreign key to a person but those of what is their own."""
    own = {model.__tablename__ for model in _OWN}
    keys = (key for table in Base.metadata.sorted_tables for key in table.foreign_keys)
    return tuple(key for key in keys if key.column.table.name == "person" and key.parent.table.name not in own)


def of_tickets(unit: Unit, ids: Collection[int]) -> set[int]:
    """Whoever took part in these tickets."""
    connection = unit.session.connection()
    dialect = connection.dialect.name
    took_part = select(TicketPerson.person_id).where(among_ids(dialect, TicketPerson.ticket_id))
    wrote = select(Entry.person_id).where(among_ids(dialect, Entry.ticket_id), Entry.person_id.is_not(None))
    found = connection.execute(union(took_part, wrote), ids_given(dialect, ids)).scalars()
    return {person_id for person_id in found if person_id is not None}


def destroy(unit: Unit, candidates: Collection[int], today: dt.date) -> int:
    """Delete those of these people whom nothing refers to and no term of the directory keeps. Returns how many.

    They are locked first: whoever files a mail of theirs at this moment is waited for, and seen.
    """
    unit.session.flush()
    connection = unit.session.connection()
    dialect = connection.dialect.name
    locked = select(Person.id).where(among_ids(dialect, Person.id)).order_by(Person.id).with_for_update()
    ids = connection.execute(locked, ids_given(dialect, candidates)).scalars().all()
    if not ids:
        return 0
    people = connection.execute(_lonely(dialect), ids_given(dialect, ids)).all()
    facts = facts_of(unit.session, [person.id for person in people])
    askers = [(Asker(person.id, person.kind, person.processing, facts[person.id]), person) for person in people]
    known = [asker for asker, person in askers if asker.facts or _in_directory(person)]
    registers = in_force(unit.session) if known else {}
    kept = {asker.person_id for asker in known if not _term_over(asker, registers, today)}
    gone = [person.id for person in people if person.id not in kept]
    for model in _OWN:
        connection.execute(delete(model).where(among_ids(dialect, model.person_id)), ids_given(dialect, gone))
    connection.execute(delete(Person).where(among_ids(dialect, Person.id)), ids_given(dialect, gone))
    return len(gone)


@cache
def _lonely(dialect: str) -> Select[Any]:
    """Those of the people given whom nothing refers to."""
    copied = (getattr(Person, name) for name in _COPIED)
    lonely = select(Person.id, Person.kind, Person.processing, *copied).where(among_ids(dialect, Person.id))
    for key in _references():
        column: Any = key.parent
        lonely = lonely.where(~select(column).where(column == Person.id).exists())
    return lonely


def _in_directory(person: Row[Any]) -> bool:
    return any(getattr(person, name) is not None for name in _COPIED)


def _term_over(asker: Asker, registers: dict[str, Register], today: dt.date) -> bool:
    """Whether the term of the directory's copy has passed; where the register does not say, it has not."""
    if asker.processing not in registers:
        return False
    rule = rule_for(registers, asker.processing, "directory", asker.clock_kind)
    if rule is None:
        return False
    term = rule.term_of("directory")
    if term is None:
        return True
    anchor = asker.newest(term.anchor)
    start = asker.newest("employment.start")
    if anchor is None:
        # What would count instead is something said in a ticket, and there is none left.
        return registers[asker.processing].anchors[term.anchor].otherwise is not None
    if start is not None and start > anchor:
        return False
    return due_on(anchor, term.period) <= today
