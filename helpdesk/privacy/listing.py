"""Gathers what fell due onto lists, one open list per rule, in chunks; decides nothing and destroys nothing.

A list of a rule that runs by itself gets its window at once; one that needs people, or that the brake stopped, stays
open until somebody proposes it, and takes up what falls due until then.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import leases
from helpdesk.models import DisposalItem, DisposalList, Flag, Ticket
from helpdesk.people.access import require
from helpdesk.ports import DISPOSAL_WAITING, Ports
from helpdesk.privacy.balance import CREATED, DESTROYED, counter, watch
from helpdesk.retention import clock, listed
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.model import Brake, Register, Rule
from helpdesk.retention.terms import day_of, due_on
from helpdesk.row_sets import among
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Unit, unit_of_work

LEASE = "disposal.lists"
_LEASE_SECONDS = 60
_LISTED_ON = "disposal_listed_on"
_CHUNK = 200
_AT_ONCE = 20_000
"""Tickets that are reckoned at one call; what is beyond waits for the next."""


def propose(ports: Ports) -> list[int]:
    """Put every ticket that is due on the list of its rule. Returns the ids of the lists that took some up.

    What time alone made due until now is known first: what falls due is listed the same day, whichever job comes first.
    Reads what is due, in the order of one index, whatever else there is (RD-100); not while another process does.
    """
    return _propose(ports) or []


def _propose(ports: Ports) -> list[int] | None:
    """None while another process does it, more waits to be reckoned first, or nothing is to be done in an update."""
    if not leases.hold(ports, LEASE, _LEASE_SECONDS):
        return None
    try:
        if clock.tick(ports, _AT_ONCE) >= _AT_ONCE:
            return None
        _free_withdrawn(ports)
        return _gather(ports)
    finally:
        leases.release(ports, LEASE)


def propose_daily(ports: Ports) -> list[int]:
    """As `propose`, at the first call of a day in Amsterdam; and look whether any ticket is gone without ground."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        today = day_of(unit.now).isoformat()
        if unit.session.scalar(select(Flag.value).where(Flag.name == _LISTED_ON)) == today:
            return []
    watch(ports)
    found = _propose(ports)
    if found is None:
        return []
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag).where(Flag.name == _LISTED_ON))
        unit.session.execute(insert(Flag).values(name=_LISTED_ON, value=today))
    return found


def ask(unit: Unit) -> None:
    """Have a worker propose now, once more than once a day."""
    require(unit.actor, "list.propose")
    unit.session.execute(delete(Flag).where(Flag.name == _LISTED_ON))
    unit.nudge(DISPOSAL_WAITING)


def _gather(ports: Ports) -> list[int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        registers = {register.version: register for register in in_force(unit.session).values()}
        counts = _counted(unit)
        braked = too_many(unit, sum(counts.values()), registers)
    found = []
    for rule_key, version in counts:
        # Under a register that is no longer in force: the clock reckons them anew first.
        rule = registers[version].rules.get(rule_key) if version in registers else None
        if rule is None:
            continue
        list_id = _opened(ports, rule, version, braked=braked)
        while _take_up(ports, list_id, rule_key, version):
            pass
        _give_window(ports, list_id, rule)
        found.append(list_id)
    return found


def _counted(unit: Unit) -> dict[tuple[str, str], int]:
    """How many tickets are due, by rule and version of the register."""
    counted = select(Ticket.rule, Ticket.policy_version, func.count())
    rows = unit.session.execute(
        counted.where(Ticket.retention_state == "due")
        .group_by(Ticket.rule, Ticket.policy_version)
        .order_by(Ticket.rule, Ticket.policy_version)
    )
    return {(rule or "", version or ""): many for rule, version, many in rows}


def too_many(unit: Unit, due: int, registers: Mapping[str, Register]) -> bool:
    """Whether so many at once must not go without a second person (RD-26)."""
    brakes = [register.brake for register in registers.values()] or [Brake()]
    if due <= min(brake.count for brake in brakes):
        return False
    present = counter(unit, CREATED) - counter(unit, DESTROYED)
    return any(due > max(brake.count, brake.share * present) for brake in brakes)


def _opened(ports: Ports, rule: Rule, version: str, *, braked: bool) -> int:
    """The open list of a rule that nobody proposed yet, or a new one."""
    with unit_of_work(ports, SYSTEM) as unit:
        still_open = select(DisposalList).where(
            DisposalList.kind == "due",
            DisposalList.rule == rule.key,
            DisposalList.policy_version == version,
            DisposalList.state == "open",
        )
        found = unit.session.scalar(still_open.order_by(DisposalList.id).limit(1))
        if found is None:
            found = DisposalList(
                key=secrets.token_hex(16),
                rule=rule.key,
                policy_version=version,
                mode=rule.mode,
                proposed_at=unit.now,
                executes_on=window_end(unit, rule),
            )
            unit.session.add(found)
            unit.session.flush()
            note(unit, "list.open", "list", found.id)
        if braked and not found.braked:
            found.braked = True
            note(unit, "list.brake", "list", found.id)
        return found.id


def window_end(unit: Unit, rule: Rule) -> dt.date:
    """The first day after a window for objections that opens today (RD-43)."""
    return due_on(day_of(unit.now), rule.objection_window)


def _take_up(ports: Ports, list_id: int, rule_key: str, version: str) -> int:
    """A chunk of what is due, locked, onto the list. Returns how many; none once somebody proposed the list."""
    with unit_of_work(ports, SYSTEM) as unit:
        row = unit.session.get_one(DisposalList, list_id)
        unit.claim(DisposalList, list_id, row.version)
        if row.state != "open" or not leases.hold_in(unit, LEASE, _LEASE_SECONDS):
            return 0
        due = select(Ticket.id).where(
            Ticket.retention_state == "due", Ticket.rule == rule_key, Ticket.policy_version == version
        )
        ids = list(unit.session.scalars(due.order_by(Ticket.due_on, Ticket.id).limit(_CHUNK).with_for_update()))
        if ids:
            _put_on(unit, list_id, ids)
            _set_state(unit, ids, "listed")
        return len(ids)


def _put_on(unit: Unit, list_id: int, ids: list[int]) -> None:
    """Write the items; one that was taken off this very list is on it again."""
    connection = unit.session.connection()
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    fresh = dialect.insert(DisposalItem).on_conflict_do_update(
        index_elements=[DisposalItem.list_id, DisposalItem.ticket_id],
        set_={"state": "listed", "reason": None, "changed_by_id": None, "excepted_from": None},
    )
    connection.execute(fresh, [{"list_id": list_id, "ticket_id": one, "state": "listed"} for one in ids])


def _set_state(unit: Unit, ids: list[int], state: str) -> None:
    here = update(Ticket).where(among(unit.session, Ticket.id, ids)).values(retention_state=state)
    unit.session.execute(here.execution_options(synchronize_session=False))


def _give_window(ports: Ports, list_id: int, rule: Rule) -> None:
    """Open the window for objections of a list that needs nobody: two people approved its rule (retention 4.4)."""
    with unit_of_work(ports, SYSTEM) as unit:
        row = unit.session.get_one(DisposalList, list_id)
        if row.state != "open" or row.mode != "auto" or row.braked:
            return
        unit.claim(DisposalList, list_id, row.version)
        row.state, row.executes_on = "window", window_end(unit, rule)
        unit.session.flush()
        note(unit, "list.window", "list", list_id)


def _free_withdrawn(ports: Ports) -> None:
    """Let the tickets of withdrawn lists be due again, a chunk at a time; they come on the next list of their rule."""
    while True:
        with unit_of_work(ports, SYSTEM) as unit:
            left = (
                select(DisposalItem.ticket_id)
                .join(DisposalList, DisposalList.id == DisposalItem.list_id)
                .where(DisposalList.state == "withdrawn", DisposalItem.state == "listed")
                .order_by(DisposalItem.ticket_id)
                .limit(_CHUNK)
            )
            ids = list(unit.session.scalars(left))
            if not ids:
                return
            unit.session.execute(select(Ticket.id).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update())
            on = select(Ticket.id).where(Ticket.id.in_(ids), Ticket.retention_state == "listed")
            _set_state(unit, list(unit.session.scalars(on)), "due")
            listed.take_off(unit.session, dict.fromkeys(ids, listed.LIST))
