"""The retention clock: keeps the state of RD-24 on tickets as facts, people and rules change. Destroys nothing.

A change touches only its own tickets (RD-101); what time alone changes is found by one index (RD-100). What is asked is
asked in sets, whatever the number of tickets.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, delete, func, insert, select, update
from sqlalchemy.orm import Session, aliased

from helpdesk.models import Address, Entry, Fact, Flag, Person, Ticket, TicketPerson
from helpdesk.ports import Ports
from helpdesk.retention import ended, holds, listed
from helpdesk.retention.merged import ends_of, with_merged
from helpdesk.retention.policy import in_force
from helpdesk.retention.reckoning import Asker, Known, Matter, Reckoning, reckon
from helpdesk.retention.register.model import Register
from helpdesk.retention.terms import day_of
from helpdesk.row_sets import among, among_ids, ids_given
from helpdesk.unit import SYSTEM, Unit, unit_of_work

STATES = ("waiting", "dated", "due", "blocked", "listed", "destroying")
FIRST_STATE = "waiting:register"
"""The state of a ticket from its first row until the end of the unit that made it."""
_CHUNK = ended.CHUNK
_WALK = "reckon_after"
_PASSED = ("due", "blocked:restricted", "blocked:open")
_LATER = aliased(Fact)
_SPOKEN = ("mail", "answer", "chat", "forward")


def touch(unit: Unit, ticket_id: int) -> None:
    """Reckon this ticket at the end of the unit, with all others it touched, in the same transaction."""
    unit.before_commit(_reckon_touched, ticket_id)


def touch_people(unit: Unit, person_ids: Collection[int]) -> None:
    """Reckon every ticket these people asked, at the end of the unit (RD-101), and all that a hold of them keeps."""
    unit.session.flush()
    for ticket_id in asked_by(unit.session, person_ids) | holds.watched(unit.session, person_ids):
        touch(unit, ticket_id)


def asked_by(session: Session, person_ids: Collection[int]) -> set[int]:
    """The tickets these people asked; where one was merged, the ticket it went to."""
    asked = select(TicketPerson.ticket_id).where(
        among(session, TicketPerson.person_id, person_ids), TicketPerson.role == "requester"
    )
    return ends_of(session, set(session.scalars(asked))) if person_ids else set()


def _reckon_touched(unit: Unit, ids: set[int]) -> None:
    unit.session.flush()
    holds.catch(unit, ids)
    reckon_tickets(unit.session, ids, day_of(unit.now))


def reckon_tickets(session: Session, ids: Iterable[int], today: dt.date) -> None:
    """Write the state of these tickets; a listed one stays listed while it is still due, a destroying one is let be."""
    registers = in_force(session)
    wanted = sorted(set(ids))
    merged: set[int] = set()
    for start in range(0, len(wanted), _CHUNK):
        rows = _rows(session, wanted[start : start + _CHUNK])
        found = _reckonings(session, rows, registers, today)
        merged.update(ticket_id for ticket_id, one in found.items() if one.state == "waiting:merged")
        _write(session, found, rows)
    # What holds for a merged ticket shows at the one it went to.
    if others := ends_of(session, merged) - set(wanted):
        rows = _rows(session, sorted(others))
        _write(session, _reckonings(session, rows, registers, today), rows)


def tick(ports: Ports, limit: int = 20_000) -> int:
    """Reckon what time or a new register changed, at most `limit` tickets, a unit per chunk. Returns how many."""
    done = 0
    while done < limit:
        with unit_of_work(ports, SYSTEM) as unit:
            today, over = day_of(unit.now), list[int]()
            if not (ids := _walk(unit)):
                over, ids = ended.passed(unit.session, today, in_force(unit.session))
            ended.call_due(unit.session, over, today)
            reckon_tickets(unit.session, ids, today)
        if not ids and not over:
            break
        done += len(ids) + len(over)
    return done


def reckon_all(unit: Unit) -> None:
    """Have `tick` reckon every ticket anew, in chunks that any process may go on with: a register changed."""
    unit.session.execute(delete(Flag).where(Flag.name == _WALK))
    unit.session.execute(insert(Flag).values(name=_WALK, value="0"))


def _walk(unit: Unit) -> list[int]:
    after = unit.session.scalar(select(Flag.value).where(Flag.name == _WALK))
    if after is None:
        return []
    ids = list(unit.session.scalars(select(Ticket.id).where(Ticket.id > int(after)).order_by(Ticket.id).limit(_CHUNK)))
    here = (Flag.name == _WALK) & (Flag.value == after)
    moved = update(Flag).where(here).values(value=str(ids[-1])) if ids else delete(Flag).where(here)
    unit.session.execute(moved.execution_options(synchronize_session=False))
    return ids


def reckoned(session: Session, ticket_id: int, registers: Mapping[str, Register], today: dt.date) -> Reckoning:
    """What holds for one ticket today, with every step of the reckoning; changes nothing (RD-104)."""
    return _reckonings(session, _rows(session, [ticket_id]), registers, today)[ticket_id]


def foreseen(
    session: Session,
    ids: Collection[int],
    asked: Mapping[int, Asker],
    today: dt.date,
    registers: Mapping[str, Register] | None = None,
) -> dict[int, Reckoning]:
    """What would hold for these tickets if those people were as told, or those registers in force; changes nothing.

    RD-14, RD-26.
    """
    return _reckonings(session, _rows(session, ids), registers or in_force(session), today, asked)


def is_state(word: str) -> bool:
    """Whether a word is one of the states of RD-24; waiting and blocked must say why."""
    state, colon, why = word.partition(":")
    return state in STATES and (state in ("waiting", "blocked")) == bool(colon and why)


def _write(session: Session, found: Mapping[int, Reckoning], read: Iterable[Row[Any]]) -> None:
    """Write what changed since these rows were read."""
    held = {row.id: tuple(row[-len(_WRITTEN) :]) for row in read}
    rows = [
        {
            "row_id": ticket_id,
            "state": one.state,
            "due": one.due_on,
            "recheck": one.recheck_on,
            "rule_key": one.rule,
            "pv": one.version,
        }
        for ticket_id, one in found.items()
        if (before := held.get(ticket_id)) is None or not _stands(one, before)
    ]
    if not rows:
        return
    table: Any = Ticket.__table__
    # On its list for these very reasons: with any other it waits for the next one (RD-42).
    same = (table.c.due_on == bindparam("due")) & (table.c.rule == bindparam("rule_key"))
    same &= table.c.policy_version == bindparam("pv")
    stays = (table.c.retention_state == "listed") & (bindparam("state") == "due") & same
    session.connection().execute(
        update(table)
        .where(table.c.id == bindparam("row_id"), table.c.retention_state != "destroying")
        .values(
            retention_state=case((stays, "listed"), else_=bindparam("state")),
            due_on=bindparam("due"),
            recheck_on=bindparam("recheck"),
            rule=bindparam("rule_key"),
            policy_version=bindparam("pv"),
        ),
        rows,
    )
    listed.take_off(session, {one: _off(found[one], before) for one, before in held.items() if before[0] == "listed"})
    for ticket in session.identity_map.values():
        if isinstance(ticket, Ticket) and ticket.id in found:
            session.expire(ticket, ["retention_state", "due_on", "recheck_on", "rule", "policy_version"])


def _stands(now: Reckoning, before: tuple[Any, ...]) -> bool:
    """Whether that is what was read; what is listed for these very reasons is still due."""
    state = "listed" if now.state == "due" and before[0] == "listed" else now.state
    return before == (state, now.due_on, now.recheck_on, now.rule, now.version)


def _off(now: Reckoning, before: tuple[Any, ...]) -> str:
    """Why a listed ticket leaves its list, if it does."""
    return listed.reason(now.state, other_text=now.version is not None and now.version != before[4])


_READ: tuple[Any, ...] = (Ticket.id, Ticket.opened_at, Ticket.status, Ticket.restricted, Ticket.merged_into_id)
_WRITTEN = (Ticket.retention_state, Ticket.due_on, Ticket.recheck_on, Ticket.rule, Ticket.policy_version)


def _rows(session: Session, ids: Collection[int]) -> Sequence[Row[Any]]:
    """What counts of these tickets, and behind it what stands on them now."""
    dialect = session.get_bind().dialect.name
    return session.execute(_rows_of(dialect), ids_given(dialect, ids)).all()


@cache
def _rows_of(dialect: str) -> Select[Any]:
    return select(*_READ, *_WRITTEN).where(among_ids(dialect, Ticket.id))


def _reckonings(
    session: Session,
    rows: Sequence[Row[Any]],
    registers: Mapping[str, Register],
    today: dt.date,
    told: Mapping[int, Asker] | None = None,
) -> dict[int, Reckoning]:
    if not registers:
        return {row.id: Reckoning(FIRST_STATE) for row in rows}
    ids = [row.id for row in rows]
    askers, contacts = _askers(session, ids, told or {}), _last_contacts(session, ids)
    matters = {
        row.id: Matter(
            opened_on=day_of(row.opened_at),
            last_contact_on=contacts.get(row.id, day_of(row.opened_at)),
            askers=tuple(askers.get(row.id, ())),
            done=row.status == "done",
            restricted=row.restricted,
        )
        for row in rows
        if row.merged_into_id is None
    }
    found = {row.id: Reckoning("waiting:merged") for row in rows if row.merged_into_id is not None}
    found |= {ticket_id: reckon(matter, registers, today) for ticket_id, matter in matters.items()}
    _see_what_keeps(session, found, matters, registers, today)
    return found


def _see_what_keeps(
    session: Session,
    found: dict[int, Reckoning],
    matters: dict[int, Matter],
    of: Mapping[str, Register],
    today: dt.date,
) -> None:
    """Reckon those once more whose term is over, with what may keep them and is asked for such only."""
    passed = [one for one, reckoning in found.items() if reckoning.state in _PASSED]
    for ticket_id in holds.held_with_merged(session, passed):
        matters[ticket_id] = replace(matters[ticket_id], held=True)
        found[ticket_id] = reckon(matters[ticket_id], of, today)
    passed = [one for one in passed if found[one].state in ("due", "blocked:open")]
    for ticket_id in ended.originals(session, passed):
        found[ticket_id] = reckon(replace(matters[ticket_id], original_in_mailbox=True), of, today)
    passed = [one for one in passed if found[one].state in ("due", "blocked:open")]
    for ticket_id, until in listed.excepted_until(session, passed).items():
        found[ticket_id] = reckon(replace(matters[ticket_id], excepted_until=until), of, today)


def _askers(session: Session, ids: Collection[int], told: Mapping[int, Asker]) -> dict[int, list[Asker]]:
    """The requesters of each ticket and of those merged into it, with their facts in force, or as told."""
    roots = with_merged(session, ids)
    rows = session.execute(
        select(TicketPerson.ticket_id, Person.id, Person.kind, Person.processing, Address.shared)
        .join(Person, Person.id == TicketPerson.person_id)
        .outerjoin(Address, (Address.person_id == Person.id) & (Address.value == TicketPerson.address))
        .where(among(session, TicketPerson.ticket_id, roots), TicketPerson.role == "requester")
    ).all()
    facts = facts_of(session, {row[1] for row in rows})
    shared = {(root, row[1]) for row in rows if row[4] for root in roots[row[0]]}
    found: dict[int, dict[int, Asker]] = defaultdict(dict)
    for ticket_id, person_id, kind, processing, _shared in sorted(rows, key=lambda row: row[1]):
        for root in roots[ticket_id]:
            if (root, person_id) in shared:
                asker = Asker(person_id, "unknown", processing)
            else:
                asker = told.get(person_id) or Asker(person_id, kind, processing, facts[person_id])
            found[root][person_id] = asker
    return {root: list(askers.values()) for root, askers in found.items()}


def facts_of(session: Session, person_ids: Collection[int]) -> dict[int, tuple[Known, ...]]:
    """The facts in force of these people: those that no later row supersedes or retracts (RD-20)."""
    if not person_ids:
        return {}
    rows = session.execute(
        select(Fact.person_id, Fact.type, Fact.valid_on)
        .outerjoin(_LATER, _LATER.supersedes_id == Fact.id)
        .where(among(session, Fact.person_id, person_ids), Fact.retracts.is_(False), _LATER.id.is_(None))
    )
    found: dict[int, list[Known]] = {person_id: [] for person_id in person_ids}
    for person_id, kind, day in rows:
        found[person_id or 0].append(Known(kind, day))
    return {person_id: tuple(facts) for person_id, facts in found.items()}


def _last_contacts(session: Session, ids: Collection[int]) -> dict[int, dt.date]:
    newest = (
        select(Entry.ticket_id, func.max(Entry.at))
        .where(among(session, Entry.ticket_id, ids), Entry.kind.in_(_SPOKEN))
        .group_by(Entry.ticket_id)
    )
    return {ticket_id: day_of(at) for ticket_id, at in session.execute(newest)}
