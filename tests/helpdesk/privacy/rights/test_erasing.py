"""Erasure before the term: a ground, two people of whom one keeps the records, no hold; the same run and proof."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import DisposalItem, DisposalList, InboundMail, RequestTicket, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import balance, destruction, listing
from helpdesk.privacy.rights import answering, erasing
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import destroy_ids, ledger, list_state
from tests.helpdesk.privacy.rights.asking import asked, person_at, request_row
from tests.holds import place, release
from tests.letters import ASKER, letter, receive
from tests.retention import policy_in_force

ONE, TWO, THREE = "2026-00001", "2026-00002", "2026-00003"


def _lived(ports: Ports, officer: Actor, kind: str = "erasure") -> int:
    """Two tickets of Femke's and one of somebody else, none of them due for years; returns the request."""
    policy_in_force(ports)
    receive(ports, letter("Een."), letter("Twee.", subject="Anders", message_id="<2@x>"))
    receive(ports, letter("Drie.", sender="Bo <bo@x.example>", message_id="<3@x>", Cc=ASKER))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
    return asked(ports, officer, kind, person_at(ports, ASKER))


def _there(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.number).order_by(Ticket.number)))


def test_it_takes_a_ground_and_a_record_manager_and_leaves_the_same_proof(
    ports: Ports, officer: Actor, second: Actor, archivist: Actor
) -> None:
    request_id = _lived(ports, officer)
    names = destroy_ids(ports, [ONE, TWO])
    with pytest.raises(Invalid), unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "zomaar")
    with unit_of_work(ports, officer) as unit:
        (list_id,) = erasing.propose(unit, request_id, "unlawful")
    for actor, fault in ((officer, NotFound), (second, NotFound)):
        with pytest.raises(fault), unit_of_work(ports, actor) as unit:
            erasing.approve(unit, request_id)
    assert destruction.run(ports).destroyed == 0, "not before the second person"
    with unit_of_work(ports, archivist) as unit:
        erasing.approve(unit, request_id)
    assert destruction.run(ports).destroyed == 2
    assert (list_state(ports, list_id), _there(ports)) == ("done", [THREE])
    lines = [line for line in ledger(ports, "destroyed") if line.id in names]
    assert len(lines) == len(names)
    assert all("early_unlawful" in line.methods.split(",") for line in lines)
    assert {line.id for line in ledger(ports, "intent")} == names
    balance.watch(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(RequestTicket.ticket_id)).all() == [3]
    with unit_of_work(ports, officer) as unit:
        answering.close(unit, request_id, "granted", "Alles is gewist.")
    assert request_row(ports, request_id).state == "closed"


def test_a_hold_refuses_it_at_every_step(
    ports: Ports, admin: Actor, officer: Actor, second: Actor, archivist: Actor
) -> None:
    request_id = _lived(ports, officer, "objection")
    placed = place(ports, admin, numbers=[ONE])
    with pytest.raises(Conflict, match="legal hold"), unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "objection")
    release(ports, admin, second, placed.hold_id)
    with unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "objection")
    placed = place(ports, admin, numbers=[ONE])
    with pytest.raises(Conflict, match="legal hold"), unit_of_work(ports, archivist) as unit:
        erasing.approve(unit, request_id)
    release(ports, admin, second, placed.hold_id)
    with unit_of_work(ports, archivist) as unit:
        erasing.approve(unit, request_id)
    place(ports, admin, numbers=[ONE])
    ran = destruction.run(ports)
    assert (ran.destroyed, ran.dropped, _there(ports)) == (1, 1, [ONE, THREE]), "a hold wins to the last"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        left = unit.session.execute(select(DisposalItem.state, DisposalItem.reason)).all()
    assert [tuple(row) for row in left] == [("withdrawn", "hold")]


def test_it_can_be_taken_back_and_mail_that_would_come_again_refuses_it(
    ports: Ports, officer: Actor, archivist: Actor
) -> None:
    request_id = _lived(ports, officer)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(InboundMail).where(InboundMail.ticket_id == 1).values(removed_at=None))
    with pytest.raises(Conflict) as fault, unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "unlawful")
    assert fault.value.code == "original"
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
    with unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "unlawful")
    with pytest.raises(Conflict), unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "unlawful")
    with unit_of_work(ports, officer) as unit:
        assert erasing.withdraw(unit, request_id) == 1
    listing.propose(ports)
    with pytest.raises(NotFound), unit_of_work(ports, archivist) as unit:
        erasing.approve(unit, request_id)
    assert destruction.run(ports).destroyed == 0


def test_the_database_wants_a_ground_and_two_people_too(ports: Ports, officer: Actor, archivist: Actor) -> None:
    request_id = _lived(ports, officer)
    with unit_of_work(ports, officer) as unit:
        erasing.propose(unit, request_id, "unlawful")
    for wrong in ({"ground": None}, {"state": "approved"}, {"mode": "auto"}, {"approved_by_id": officer.account_id}):
        with pytest.raises(IntegrityError), unit_of_work(ports, archivist) as unit:
            unit.session.execute(update(DisposalList).values(**wrong))
    assert request_row(ports, request_id).state == "collecting"
