"""Registers, facts and people for tests of retention, through the verbs that people use."""

from __future__ import annotations

from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.privacy import policies
from helpdesk.retention import clock
from helpdesk.retention.register.load import load
from helpdesk.unit import SYSTEM, Actor, unit_of_work


def staff(ports: Ports, name: str, *roles: str) -> Actor:
    """A new account with these roles, as an actor."""
    with unit_of_work(ports, SYSTEM) as unit:
        account_id = create_account(unit, f"{name}@academie.example", name.title(), roles, None, from_start=True)
    return Actor(account_id, frozenset(roles))


def policy_in_force(ports: Ports, content: bytes | None = None) -> str:
    """A register (551 as it comes, if none is given) put in force by two people; returns its version."""
    text = content or policies.shipped_text("551")
    register = load(text)
    proposer = staff(ports, f"beheer-{register.version}", "functional_admin")
    second = staff(ports, f"privacy-{register.version}", "privacy_officer")
    with unit_of_work(ports, proposer) as unit:
        version = policies.propose(unit, text)
    with unit_of_work(ports, second) as unit:
        policies.approve(unit, version, register.sha256)
    clock.tick(ports)
    return version
