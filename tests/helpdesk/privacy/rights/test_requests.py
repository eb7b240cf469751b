"""Requests as they are recorded, handled and put right: who may, until when, and what stays to be seen."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.models import Address, Event, Hold, RightsRequest, TicketPerson
from helpdesk.ports import Ports
from helpdesk.privacy.rights import answering, rectifying
from helpdesk.privacy.rights.answering import Wish
from helpdesk.privacy.rights.request_views import request_view, requests_page
from helpdesk.status import check_alarms, status
from helpdesk.tickets import finding
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.privacy.rights.asking import RECEIVED, asked, person_at, person_row, request_row
from tests.letters import ASKER, letter, receive, wait

ONE = "2026-00001"


def test_it_has_a_deadline_that_can_be_extended_once(ports: Ports, officer: Actor) -> None:
    receive(ports, letter("Wat weet u van mij?"))
    request_id = asked(ports, officer, "access", person_at(ports, ASKER))
    assert request_row(ports, request_id).due_on == dt.date(2026, 12, 2)
    with pytest.raises(Invalid), unit_of_work(ports, officer) as unit:
        answering.extend(unit, request_id, " ")
    with unit_of_work(ports, officer) as unit:
        assert answering.extend(unit, request_id, "Er is veel te zoeken.") == dt.date(2027, 2, 2)
    with pytest.raises(Conflict), unit_of_work(ports, officer) as unit:
        answering.extend(unit, request_id, "Nog meer.")
    with pytest.raises(Invalid), unit_of_work(ports, officer) as unit:
        answering.open_request(unit, Wish("access", dt.date(2026, 11, 23), "Morgen."))
    late = asked(ports, officer, "objection", person_at(ports, ASKER))
    wait(ports, dt.timedelta(days=11))
    with pytest.raises(Conflict), unit_of_work(ports, officer) as unit:
        answering.extend(unit, late, "Te laat.")


def test_an_alarm_comes_a_week_before_and_goes_with_the_answer(ports: Ports, officer: Actor) -> None:
    receive(ports, letter("Wat weet u van mij?"))
    request_id = asked(ports, officer, "objection", person_at(ports, ASKER))

    def alarms() -> set[str]:
        check_alarms(ports)
        return {one["kind"] for one in status(ports)["alarms"]}

    wait(ports, dt.timedelta(days=2))
    assert "request_due" not in alarms()
    wait(ports, dt.timedelta(days=1))
    assert "request_due" in alarms(), "seven days before 2 December"
    with unit_of_work(ports, officer, write=False) as unit:
        (row,) = requests_page(unit)
    assert (row.days_left, row.near) == (7, True)
    with unit_of_work(ports, officer) as unit:
        answering.close(unit, request_id, "withdrawn", "Ingetrokken.")
    assert "request_due" not in alarms()


def test_only_who_handles_them_sees_them(ports: Ports, officer: Actor, advisor: Actor, archivist: Actor) -> None:
    receive(ports, letter("Wat weet u van mij?"))
    with unit_of_work(ports, advisor) as unit:
        request_id = answering.open_request(unit, Wish("access", RECEIVED, "Wat weet u van mij?", number=ONE))
    with pytest.raises(NotFound), unit_of_work(ports, advisor, write=False) as unit:
        requests_page(unit)
    with unit_of_work(ports, archivist, write=False) as unit:
        view = request_view(unit, request_id)
    assert (view.wish, view.person, view.tickets) == ("", "", []), "the record manager decides, and reads no content"
    with unit_of_work(ports, officer, write=False) as unit:
        assert request_view(unit, request_id).person == "Femke de Vries"
        assert unit.session.scalars(select(Hold.kind)).all() == ["dsr"], "kept from the moment it is recorded"


def test_a_name_and_an_address_are_put_right_and_the_old_ones_stay_for_the_officer(
    ports: Ports, officer: Actor, advisor: Actor
) -> None:
    receive(ports, letter("Ik heet anders."))
    person_id = person_at(ports, ASKER)
    request_id = asked(ports, officer, "rectification", person_id, "Ik heet Femke Bos.")
    with unit_of_work(ports, officer) as unit:
        rectifying.rename(unit, request_id, "Femke Bos")
        rectifying.readdress(unit, request_id, ASKER, "Femke.Bos@minbz.example")
        rectifying.remark(unit, request_id, ONE, "Zij heet Femke Bos; het bericht noemt haar oude naam.")
    assert person_row(ports, person_id).display_name == "Femke Bos"
    with unit_of_work(ports, advisor, write=False) as unit:
        thread = thread_of(unit, ONE)
        assert [(one.name, one.address) for one in thread.people] == [("Femke Bos", "femke.bos@minbz.example")]
        assert thread.entries[0].text.startswith("Ik heet anders."), "messages are not rewritten"
        assert "oude naam" in thread.entries[1].text
        assert [row.number for row in finding.search_page(unit, "Bos").rows] == [ONE]
        assert finding.search_page(unit, "Vries").rows == []
        kinds = unit.session.scalars(select(Event.kind)).all()
    assert kinds.count("rectified") == 2
    with unit_of_work(ports, officer, write=False) as unit:
        history = [(one.field, one.before, one.after) for one in rectifying.history(unit, request_id)]
        assert unit.session.scalars(select(Address.value)).all() == ["femke.bos@minbz.example"]
        assert unit.session.scalars(select(TicketPerson.address)).all() == ["femke.bos@minbz.example"]
    assert history == [
        ("name", "Femke de Vries", "Femke Bos"),
        ("address", ASKER, "femke.bos@minbz.example"),
    ]
    receive(ports, letter("Dank.", sender="Femke Bos <femke.bos@minbz.example>", message_id="<4@x>"))
    assert person_at(ports, "femke.bos@minbz.example") == person_id


def test_the_database_wants_two_people_too(ports: Ports, officer: Actor) -> None:
    receive(ports, letter("Wat weet u van mij?"))
    request_id = asked(ports, officer, "access", person_at(ports, ASKER))
    for wrong in (
        {"second_id": officer.account_id},
        {"proposed_by_id": officer.account_id, "second_id": officer.account_id},
        {"export_blob": "0" * 32},
        {"state": "closed"},
    ):
        with pytest.raises(IntegrityError), unit_of_work(ports, SYSTEM) as unit:
            unit.session.execute(update(RightsRequest).where(RightsRequest.id == request_id).values(**wrong))
