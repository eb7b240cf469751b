"""Registers of processing: one person proposes a version, another puts it in force, and nobody changes it (RD-13)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, true, update
from sqlalchemy.orm import aliased

from helpdesk.errors import Conflict, Invalid, Misconfigured, NotFound
from helpdesk.models import Account, Policy
from helpdesk.people.access import require
from helpdesk.people.two_people import require_second
from helpdesk.ports import POLICY_WAITING
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force, version
from helpdesk.retention.register.coverage import coverage
from helpdesk.retention.register.load import FOLDER, load
from helpdesk.retention.register.model import Register
from helpdesk.security_log import note
from helpdesk.text.language import N_
from helpdesk.unit import Unit

STATE = {
    "proposed": N_("proposed"),
    "in_force": N_("in force"),
    "retired": N_("was in force"),
    "withdrawn": N_("taken back"),
}


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A version of a register as somebody decided on it."""

    processing: str
    version: str
    sha256: str
    state: str
    proposed_by_id: int
    proposed_by: str
    proposed_at: dt.datetime
    approved_by: str
    approved_at: dt.datetime | None


def versions(unit: Unit, processing: str | None = None) -> list[PolicyView]:
    """Every version of a register, or of all, newest first."""
    require(unit.actor, "policy.read")
    proposer, approver = aliased(Account), aliased(Account)
    rows = unit.session.execute(
        select(Policy, proposer.name, approver.name)
        .join(proposer, proposer.id == Policy.proposed_by_id)
        .outerjoin(approver, approver.id == Policy.approved_by_id)
        .where(Policy.processing == processing if processing else true())
        .order_by(Policy.id.desc())
    )
    return [
        PolicyView(
            processing=row.processing,
            version=row.version,
            sha256=row.sha256,
            state=row.state,
            proposed_by_id=row.proposed_by_id,
            proposed_by=proposed,
            proposed_at=row.proposed_at,
            approved_by=approved or "",
            approved_at=row.approved_at,
        )
        for row, proposed, approved in rows
    ]


def register_of(unit: Unit, name: str) -> Register:
    """A register by its version, whatever became of it. Raises NotFound."""
    require(unit.actor, "policy.read")
    return version(unit.session, name)


def shipped_text(processing: str) -> bytes:
    """The text of the register that comes with the software. Raises NotFound."""
    path = FOLDER / f"{processing}.toml"
    if processing not in {file.stem for file in FOLDER.glob("*.toml")}:
        raise NotFound("There is no such register.")
    return path.read_bytes()


def propose(unit: Unit, content: bytes) -> str:
    """Propose a version of a register. Returns its version; Invalid when it does not add up or was proposed before."""
    require(unit.actor, "policy.propose")
    try:
        register = load(content)
        coverage(in_force(unit.session) | {register.id: register}, register.id)
    except (Misconfigured, KeyError) as fault:
        why = fault.message.format(**fault.values) if isinstance(fault, Misconfigured) else str(fault)
        raise Invalid("This register can't be used: {why}", field="register", why=why) from fault
    if unit.session.scalar(select(Policy.id).where(Policy.version == register.version)) is not None:
        raise Invalid("This very text was proposed before.", field="register", code="known_version")
    policy = Policy(
        processing=register.id,
        version=register.version,
        sha256=register.sha256,
        text=content.decode(),
        proposed_by_id=unit.actor.account_id,
        proposed_at=unit.now,
    )
    unit.session.add(policy)
    unit.session.flush()
    note(unit, "policy.propose", "policy", policy.id)
    unit.nudge(POLICY_WAITING)
    return register.version


def approve(unit: Unit, version: str, sha256: str) -> None:
    """Put a proposed version in force, as the second person; every ticket is reckoned anew by `clock.tick`.

    `sha256` is the hash that this person saw: a text that is not the one seen is refused with Conflict.
    """
    policy = _proposed(unit, version)
    require_second(unit, "policy.approve", policy.proposed_by_id)
    if policy.sha256 != sha256 or load(policy.text.encode()).sha256 != sha256:
        raise Conflict("This is not the text you looked at. Look again.", code="other_text")
    unit.session.execute(
        update(Policy)
        .where(Policy.processing == policy.processing, Policy.state == "in_force")
        .values(state="retired", row_version=Policy.row_version + 1)
    )
    policy.state, policy.approved_by_id, policy.approved_at = "in_force", unit.actor.account_id, unit.now
    unit.session.flush()
    note(unit, "policy.approve", "policy", policy.id)
    clock.reckon_all(unit)


def withdraw(unit: Unit, version: str) -> None:
    """Take a proposal back."""
    policy = _proposed(unit, version)
    require(unit.actor, "policy.propose")
    policy.state = "withdrawn"
    note(unit, "policy.withdraw", "policy", policy.id)


def _proposed(unit: Unit, version: str) -> Policy:
    policy = unit.session.scalar(select(Policy).where(Policy.version == version))
    if policy is None:
        raise NotFound("There is no such register.")
    if policy.state != "proposed":
        raise Conflict("This version was decided already.", code="decided")
    unit.session.execute(update(Policy).where(Policy.id == policy.id).values(row_version=Policy.row_version + 1))
    return policy
