"""What follows a decision about a hold: the ledger and the logs, and what is found and reckoned behind it."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from helpdesk.models import Event, Hold, LedgerLine, SecurityEvent, Ticket
from helpdesk.models.policy import HOLD_KINDS
from helpdesk.ports import HOLD_WAITING, Ports
from helpdesk.privacy import hold_finding, holds
from helpdesk.retention import ledger_writing
from helpdesk.retention.ledger import read
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.holds import asker_of, held, let_terms_end, place, release, states, three, wish
from tests.letters import letter, receive
from workers.job import run_here

ONE, TWO = "2026-00001", "2026-00002"


@pytest.mark.parametrize("kind", HOLD_KINDS)
def test_the_ledger_and_the_logs_tell_it_by_ids_alone(ports: Ports, admin: Actor, officer: Actor, kind: str) -> None:
    receive(ports, letter("Over reiskosten."))
    placed = place(ports, admin, kind, query="reiskosten")
    release(ports, admin, officer, placed.hold_id)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        key = unit.session.scalars(select(Hold.key)).one()
        destroy_id = unit.session.scalars(select(Ticket.destroy_id)).one()
        verbs = list(unit.session.scalars(select(SecurityEvent.verb).order_by(SecurityEvent.id)))
        events = list(unit.session.scalars(select(Event.kind).where(Event.kind.like("h%")).order_by(Event.id)))
    ledger_writing.flush(ports)
    lines = [(one.op, one.id, one.run, one.methods) for one in read(ports.ledger.lines()) if one.op != "begin"]
    assert lines == [("hold", key, key, kind), ("hold", destroy_id, key, kind), ("release", key, key, kind)]
    assert verbs[-3:] == ["hold.place", "hold.propose", "hold.release"]
    assert events == ["held", "hold_released"]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(LedgerLine.id)) is None


def test_what_a_killed_process_left_is_found_by_the_next(ports: Ports, admin: Actor) -> None:
    three(ports)
    let_terms_end(ports)
    with unit_of_work(ports, admin) as unit:
        hold_id = holds.place(unit, wish(person_id=asker_of(ports, ONE))).hold_id
    assert held(ports, hold_id) == []
    assert run_here(HOLD_WAITING, ports)
    assert held(ports, hold_id) == [ONE, TWO]
    assert states(ports) == ["blocked:hold", "blocked:hold", "due"]
    assert hold_finding.find_waiting(ports) == 0


def test_a_state_written_beside_the_decision_is_set_right_behind_it(ports: Ports, admin: Actor, officer: Actor) -> None:
    three(ports)
    let_terms_end(ports)
    with unit_of_work(ports, admin) as unit:
        hold_id = holds.place(unit, wish(numbers=[ONE])).hold_id
    with unit_of_work(ports, SYSTEM) as unit:  # As by a unit that had looked for holds before this one was there.
        unit.session.execute(update(Ticket).where(Ticket.number == ONE).values(retention_state="due"))
    hold_finding.find_waiting(ports)
    assert states(ports)[0] == "blocked:hold"
    with unit_of_work(ports, admin) as unit:
        holds.propose_release(unit, hold_id, "De zaak is gesloten")
    with unit_of_work(ports, officer) as unit:
        holds.release(unit, hold_id)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).where(Ticket.number == ONE).values(retention_state="blocked:hold"))
    hold_finding.find_waiting(ports)
    assert states(ports)[0] == "due"


def _ids(ports: Ports) -> list[int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.id).order_by(Ticket.id)).all()[:1])
