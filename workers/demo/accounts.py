"""The people who work in the demonstration; the register that two put in force, and the first answers of one."""

from __future__ import annotations

from helpdesk.errors import Invalid
from helpdesk.people.accounts import actor_named, create_account
from helpdesk.ports import Ports
from helpdesk.privacy import policies
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from workers.demo import answers, configuration

_ROLES = {
    "advisor": ("advisor", "functional_admin", "technical_admin"),
    "officer": ("privacy_officer",),
    "archivist": ("record_manager",),
}
REGISTER = "551"


def make(ports: Ports) -> list[str]:
    """Make the accounts that are not there yet; with the first the register and answers. Returns the new ones."""
    made = [email for key, (email, name) in configuration.STAFF.items() if _made(ports, key, email, name)]
    if len(made) == len(configuration.STAFF):
        advisor, officer = _actors(ports)
        _register(ports, advisor, officer)
        answers.write(ports, advisor)
    return made


def _made(ports: Ports, key: str, email: str, name: str) -> bool:
    word = configuration.password(ports.settings.data, key)
    try:
        with unit_of_work(ports, SYSTEM) as unit:
            create_account(unit, email, name, _ROLES[key], word, from_start=True)
    except Invalid:
        return False
    return True


def _actors(ports: Ports) -> tuple[Actor, Actor]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return actor_named(unit, configuration.ADVISOR[0]), actor_named(unit, configuration.OFFICER[0])


def _register(ports: Ports, advisor: Actor, officer: Actor) -> None:
    with unit_of_work(ports, advisor) as unit:
        version = policies.propose(unit, policies.shipped_text(REGISTER))
    with unit_of_work(ports, officer) as unit:
        (sha256,) = [one.sha256 for one in policies.versions(unit) if one.version == version]
        policies.approve(unit, version, sha256)
