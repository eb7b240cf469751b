"""Writes what a batch of rows was planned to change: a statement per table, and the clock for whom it touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, bindparam, insert, select, update

from helpdesk.facts.known import Known
from helpdesk.facts.planning import Plan
from helpdesk.facts.spells import Standing
from helpdesk.models import Address, Base, Fact, Person, Ticket, TicketPerson
from helpdesk.people.addresses import folded
from helpdesk.people.joining import join, tickets_of
from helpdesk.retention import clock
from helpdesk.retention.terms import begins_at
from helpdesk.timeline import record
from helpdesk.unit import Unit


def write(unit: Unit, plans: Sequence[Plan], feed: str) -> None:
    """Write these plans. Facts carry who acts, when it was recorded, and the feed they came from."""
    unit.rows.write()
    unit.rows.expect(2 * len(plans) + 1)
    ids: dict[int, int] = {}
    _people(unit, plans, ids)
    _addresses(unit, plans, ids)
    _facts(unit, plans, ids, feed)
    touched = {plan.before.id for plan in plans if plan.before is not None and plan.counted() != ["unchanged"]}
    touched |= _joined(unit, plans, ids)
    touched |= _moved_tickets(unit, plans, ids)
    unit.session.expire_all()
    clock.touch_people(unit, touched)


def _id(plan: Plan, ids: dict[int, int]) -> int:
    return ids.get(plan.after.id, plan.after.id)


def _many(unit: Unit, statement: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        unit.session.connection().execute(statement, rows)


def _table(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - for the type checker: every mapped class of ours has one
    return table


def _columns(person: Known) -> dict[str, Any]:
    return {
        "kind": person.kind,
        "personnel_no": person.number or None,
        "processing": person.processing,
        "display_name": person.name or None,
        "folded": folded(person.name),
        "dept_code": person.department or None,
        "account_status": person.account_status or None,
    }


def _people(unit: Unit, plans: Sequence[Plan], ids: dict[int, int]) -> None:
    new, changed = [], []
    for plan in plans:
        if plan.before is None and plan.after.id not in ids:
            ids[plan.after.id] = unit.rows.draw(Person)
            new.append(_columns(plan.after) | {"id": ids[plan.after.id], "created_at": unit.now})
        elif plan.before is not None and _columns(plan.before) != _columns(plan.after):
            changed.append(
                {f"new_{name}": value for name, value in _columns(plan.after).items()} | {"row": _id(plan, ids)}
            )
    table = _table(Person)
    _many(unit, insert(table), new)
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in _columns(plans[0].after)} if plans else {}
    _many(
        unit, update(table).where(table.c.id == bindparam("row")).values(version=table.c.version + 1, **values), changed
    )


def _addresses(unit: Unit, plans: Sequence[Plan], ids: dict[int, int]) -> None:
    table, at = _table(Address), unit.now
    new = [
        {"value": plan.address, "person_id": _id(plan, ids), "verified_at": at, "source": "import", "created_at": at}
        for plan in plans
        if plan.act == "new"
    ]
    _many(unit, insert(table), new)
    proved = [plan for plan in plans if plan.act in ("verify", "move", "join")]
    rows = [{"address": plan.address, "owner": _id(plan, ids), "at": at} for plan in proved]
    _many(
        unit,
        update(table)
        .where(table.c.value == bindparam("address"))
        .values(person_id=bindparam("owner"), verified_at=bindparam("at"), source="import"),
        rows,
    )


def _facts(unit: Unit, plans: Sequence[Plan], ids: dict[int, int], feed: str) -> None:
    """Facts in order; one that takes the place of a fact of the same batch points at the id drawn for it."""
    drawn: dict[Standing, int] = {}
    rows = []
    for plan in plans:
        made = [fact for fact in plan.after.facts if fact.id < 0]
        for change in plan.facts:
            fact_id = unit.rows.draw(Fact)
            for fact in made:
                if (fact.type, fact.valid_on) == (change.type, change.valid_on) and not change.retracts:
                    drawn[fact] = fact_id
            old = change.supersedes
            rows.append(
                {
                    "id": fact_id,
                    "person_id": _id(plan, ids),
                    "type": change.type,
                    "valid_on": change.valid_on,
                    "reason": plan.reason,
                    "recorded_at": unit.now,
                    "source": feed,
                    "source_ref": plan.reference or None,
                    "supersedes_id": drawn.get(old, old.id) if old is not None else None,
                    "retracts": change.retracts,
                    "recorded_by_id": unit.actor.account_id,
                }
            )
    _many(unit, insert(_table(Fact)), rows)


def _joined(unit: Unit, plans: Sequence[Plan], ids: dict[int, int]) -> set[int]:
    """Unknown senders who turned out to be somebody: their tickets say so."""
    pairs = {plan.other_id: _id(plan, ids) for plan in plans if plan.act == "join" and plan.other_id is not None}
    for from_id, ticket_ids in tickets_of(unit.session, list(pairs)).items():
        for ticket_id in sorted(ticket_ids):
            record(unit, ticket_id, "requester_matched", before=from_id, after=pairs[from_id])
    unit.rows.write()
    join(unit.session, pairs)
    return set(pairs.values())


def _moved_tickets(unit: Unit, plans: Sequence[Plan], ids: dict[int, int]) -> set[int]:
    """Tickets sent from an address after its former owner had left are those of the new one; earlier ones stay."""
    touched: set[int] = set()
    for plan in plans:
        if plan.act != "move" or plan.other_id is None or plan.since is None:
            continue
        owner = _id(plan, ids)
        for ticket_id in _sent_since(unit, plan.other_id, plan.address, plan.since):
            moved = update(TicketPerson).where(
                TicketPerson.ticket_id == ticket_id,
                TicketPerson.person_id == plan.other_id,
                TicketPerson.address == plan.address,
            )
            unit.session.execute(moved.values(person_id=owner).execution_options(synchronize_session=False))
            record(unit, ticket_id, "requester_matched", before=plan.other_id, after=owner)
            touched |= {owner, plan.other_id}
    return touched


def _sent_since(unit: Unit, person_id: int, address: str, since: dt.date) -> list[int]:
    found = (
        select(Ticket.id)
        .join(TicketPerson, TicketPerson.ticket_id == Ticket.id)
        .where(TicketPerson.person_id == person_id, TicketPerson.address == address)
        .where(TicketPerson.role == "requester", Ticket.opened_at >= begins_at(since))
    )
    return list(unit.session.scalars(found.order_by(Ticket.id)))
