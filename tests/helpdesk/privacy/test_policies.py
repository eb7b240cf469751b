"""A register comes in force by two people only, never changes, and reckons every ticket anew."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from helpdesk import security_log
from helpdesk.adapters.memory import SetClock
from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotAllowed, NotFound
from helpdesk.models import Policy, SecurityEvent, Ticket
from helpdesk.people.accounts import set_roles
from helpdesk.ports import Ports
from helpdesk.privacy import policies
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.retention.register.load import load
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

TEXT = policies.shipped_text("551")
SHA = load(TEXT).sha256


def _proposed(ports: Ports) -> str:
    with unit_of_work(ports, staff(ports, "beheer", "functional_admin")) as unit:
        return policies.propose(unit, TEXT)


def test_two_people_put_a_register_in_force(ports: Ports) -> None:
    receive(ports, letter("vraag"))
    version = policy_in_force(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert {key: one.version for key, one in in_force(unit.session).items()} == {"551": version}
        assert unit.session.scalar(select(Ticket.retention_state)) == "waiting:match"
        verbs = unit.session.scalars(select(SecurityEvent.verb)).all()
    assert verbs[-2:] == ["policy.propose", "policy.approve"]


@pytest.mark.parametrize(
    ("roles", "fault"),
    [
        (("functional_admin",), NotFound),
        (("advisor",), NotFound),
        (("technical_admin",), NotFound),
        (("privacy_officer", "functional_admin"), NotAllowed),
        (("record_manager", "technical_admin"), NotAllowed),
    ],
)
def test_who_cannot_be_the_second_person(ports: Ports, roles: tuple[str, ...], fault: type[HelpdeskError]) -> None:
    version = _proposed(ports)
    with pytest.raises(fault), unit_of_work(ports, staff(ports, "tweede", *roles)) as unit:
        policies.approve(unit, version, SHA)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert in_force(unit.session) == {}


def test_nobody_approves_an_own_proposal(ports: Ports) -> None:
    officer = staff(ports, "privacy", "privacy_officer")
    with unit_of_work(ports, officer) as unit:
        version = policies.propose(unit, TEXT)
    with pytest.raises(NotAllowed, match="your own"), unit_of_work(ports, officer) as unit:
        policies.approve(unit, version, SHA)


def test_the_system_is_no_second_person(ports: Ports) -> None:
    version = _proposed(ports)
    with pytest.raises(NotAllowed, match="A person"), unit_of_work(ports, SYSTEM) as unit:
        policies.approve(unit, version, SHA)


def test_a_role_of_today_does_not_count(ports: Ports) -> None:
    version = _proposed(ports)
    someone = staff(ports, "nieuw", "advisor")
    with unit_of_work(ports, SYSTEM) as unit:
        set_roles(unit, "nieuw@academie.example", ["privacy_officer"])
    officer = Actor(someone.account_id, frozenset({"privacy_officer"}))
    with pytest.raises(NotAllowed, match="younger than a day"), unit_of_work(ports, officer) as unit:
        policies.approve(unit, version, SHA)
    assert isinstance(ports.now, SetClock)
    ports.now.at += dt.timedelta(days=1)
    with unit_of_work(ports, officer) as unit:
        policies.approve(unit, version, SHA)


def test_another_text_than_the_one_seen_is_refused(ports: Ports) -> None:
    version = _proposed(ports)
    with (
        pytest.raises(Conflict, match="not the text"),
        unit_of_work(ports, staff(ports, "p", "privacy_officer")) as unit,
    ):
        policies.approve(unit, version, "0" * 64)


def test_the_database_refuses_the_same_person_and_a_changed_text(ports: Ports) -> None:
    version = _proposed(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        row = unit.session.scalars(select(Policy)).one()
        again = {
            "processing": "M895",
            "version": "x",
            "sha256": "x",
            "text": "",
            "state": "in_force",
            "proposed_by_id": row.proposed_by_id,
            "proposed_at": row.proposed_at,
        }
    for approver in (again["proposed_by_id"], None):
        with pytest.raises(IntegrityError), ports.engine.begin() as connection:
            connection.execute(insert(Policy).values(**again, approved_by_id=approver))
    with pytest.raises(Exception, match="only added to"), ports.engine.begin() as connection:
        connection.execute(update(Policy).where(Policy.version == version).values(text="iets anders"))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[processing]\n", "can't be used"),
        (TEXT.replace(b'period = "P7Y"', b'period = "P5Y"'), "can't be used"),
        (TEXT.replace(b'covers = ["case"]\n', b""), "can't be used"),
    ],
)
def test_a_register_that_does_not_add_up_is_not_even_proposed(ports: Ports, content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says), unit_of_work(ports, staff(ports, "b", "functional_admin")) as unit:
        policies.propose(unit, content)


def test_a_new_version_retires_the_old_and_moves_dates(ports: Ports) -> None:
    first = policy_in_force(ports)
    longer = TEXT.replace(b"is 7 jaar na", b"is 8 jaar na", 1).replace(b'period = "P7Y"', b'period = "P8Y"', 1)
    second = policy_in_force(ports, longer)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        states = {policy.version: policy.state for policy in unit.session.scalars(select(Policy))}
        assert states == {first: "retired", second: "in_force"}
        term = in_force(unit.session)["551"].rules["R1"].term_of("ticket")
    assert term is not None
    assert str(term.period) == "P8Y"


def test_every_ticket_is_reckoned_anew_in_chunks(ports: Ports) -> None:
    receive(ports, *(letter(f"{n}", message_id=f"<{n}@x>") for n in range(3)))
    policy_in_force(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert set(unit.session.scalars(select(Ticket.retention_state))) == {"waiting:match"}
    assert clock.tick(ports) == 0


def test_the_security_log_shows_a_changed_or_missing_row(ports: Ports) -> None:
    for name in ("een", "twee", "drie"):
        staff(ports, name, "advisor")
    with unit_of_work(ports, SYSTEM) as unit:
        assert security_log.broken(unit) is None
        ids = unit.session.scalars(select(SecurityEvent.id).order_by(SecurityEvent.id)).all()
        unit.session.delete(unit.session.get_one(SecurityEvent, ids[1]))
        unit.session.flush()
        assert security_log.broken(unit) == ids[2]
        unit.session.rollback()
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.delete(unit.session.get_one(SecurityEvent, ids[-1]))
        unit.session.flush()
        assert security_log.broken(unit) == 0
