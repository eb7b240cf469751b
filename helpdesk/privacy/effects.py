"""What each proposed register would do, kept beside it for who decides (RD-14): reckoned by workers, a while at a time.

Any process goes on where another stopped: the row of all tickets says how far it came. Decides nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import time
from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from helpdesk import leases
from helpdesk.errors import Conflict
from helpdesk.models import Policy, PolicyEffect
from helpdesk.people.access import require
from helpdesk.ports import POLICY_WAITING, Ports
from helpdesk.privacy.simulating import NO_RULE, Effect, moves
from helpdesk.retention.policy import version
from helpdesk.retention.terms import day_of
from helpdesk.unit import SYSTEM, Unit, unit_of_work

TOTAL = ""
"""Stands for the rule of all tickets together."""
LEASE = "policy.effects"
_LEASE_SECONDS = 60
_COUNTS = tuple(one.name for one in dataclasses.fields(Effect))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What is known of the effect of a version: of all tickets so far, and by rule; `done_at` once it is of all."""

    total: Effect
    rules: tuple[Effect, ...]
    done_at: dt.datetime | None


def foreseen(unit: Unit, name: str) -> Foreseen:
    """What a version that was proposed would do, as far as it is known."""
    require(unit.actor, "policy.read")
    effects, row = _kept(unit, name)
    total = effects.pop(TOTAL, Effect(TOTAL))
    return Foreseen(total, tuple(effects[rule] for rule in sorted(effects)), row.done_at if row else None)


def ask(unit: Unit, name: str) -> None:
    """Have it reckoned anew, because time went by. Raises Conflict for a version that is not proposed any more."""
    require(unit.actor, "policy.read")
    policy = unit.session.scalar(select(Policy).where(Policy.version == name))
    if policy is None or policy.state != "proposed":
        raise Conflict("This version was decided already.", code="decided")
    unit.session.execute(delete(PolicyEffect).where(PolicyEffect.policy_id == policy.id))
    unit.nudge(POLICY_WAITING)


def reckon_waiting(ports: Ports, seconds: float = 20) -> bool:
    """Reckon for a while what is not known yet of proposed versions. Returns whether something is left."""
    if not leases.hold(ports, LEASE, _LEASE_SECONDS):
        return False
    try:
        ends_at = time.monotonic() + seconds
        left = [_reckon(ports, name, ends_at) for name in _waiting(ports)]
        return any(left)
    finally:
        leases.release(ports, LEASE)


def _waiting(ports: Ports) -> list[str]:
    known = select(PolicyEffect.policy_id).where(PolicyEffect.rule == TOTAL, PolicyEffect.done_at.is_not(None))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        waits = select(Policy.version).where(Policy.state == "proposed", Policy.id.not_in(known))
        return list(unit.session.scalars(waits.order_by(Policy.id)))


def _reckon(ports: Ports, name: str, ends_at: float) -> bool:
    """Go on with one version. Returns whether something is left of it."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        register, today = version(unit.session, name), day_of(unit.now)
        effects, row = _kept(unit, name)
        after = row.after_id if row else 0
    total = effects.setdefault(TOTAL, Effect(TOTAL))
    for some in moves(ports, SYSTEM, register, today, after):
        for one in some:
            rule = one.rule_before or one.rule or NO_RULE
            for effect in (total, effects.setdefault(rule, Effect(rule))):
                effect.add(one, today)
        after = some[-1].ticket_id
        if time.monotonic() > ends_at:
            _keep(ports, name, effects, after, done=False)
            return True
    _keep(ports, name, effects, after, done=True)
    return False


def _kept(unit: Unit, name: str) -> tuple[dict[str, Effect], PolicyEffect | None]:
    found = select(PolicyEffect).join(Policy, Policy.id == PolicyEffect.policy_id).where(Policy.version == name)
    rows = unit.session.scalars(found).all()
    effects = {row.rule: Effect(**{count: getattr(row, count) for count in _COUNTS}) for row in rows}
    return effects, next((row for row in rows if row.rule == TOTAL), None)


def _keep(ports: Ports, name: str, effects: dict[str, Effect], after: int, *, done: bool) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        leases.hold_in(unit, LEASE, _LEASE_SECONDS)
        policy_id = unit.session.execute(select(Policy.id).where(Policy.version == name)).scalar_one()
        unit.session.execute(delete(PolicyEffect).where(PolicyEffect.policy_id == policy_id))
        far = {"policy_id": policy_id, "after_id": after, "done_at": unit.now if done else None}
        unit.session.execute(insert(PolicyEffect), [dataclasses.asdict(one) | far for one in effects.values()])
