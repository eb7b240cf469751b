"""People in the browser without scripts: found with no name in an address, their dates put right, tickets reckoned."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from helpdesk.models import Fact, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.web.visitor import Page, Visitor

SEARCH = "/beheer/mensen"


@pytest.fixture
def femke(site_ports: Ports) -> str:
    """The page of somebody with a ticket."""
    policy_in_force(site_ports)
    receive(site_ports, letter("vraag", sender="Femke <femke@x.example>"))
    admin = staff(site_ports, "x", "functional_admin")
    bring_in(site_ports, admin, "m250", [M250, row("12345", "femke@x.example"), row("7", "b@x.example", name="Bram")])
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        found = unit.session.scalars(select(Person.id).where(Person.personnel_no == "12345")).one()
    return f"{SEARCH}/{found}"


def due(ports: Ports) -> tuple[str, dt.date | None]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        one = unit.session.scalars(select(Ticket)).one()
        return one.retention_state, one.due_on


@pytest.mark.parametrize("words", ["femke", "DE VR", "123", "femke@x"])
def test_somebody_is_found_and_no_address_holds_the_words(femke: str, fenna: Visitor, words: str) -> None:
    answer = fenna.send(fenna.page(SEARCH).form("/zoeken"), wie=words)
    assert answer.status_code == 200
    assert words.lower() not in answer.request.path
    assert femke in Page(answer.text).links


def test_nobody_is_found_and_another_session_sees_no_search(femke: str, fenna: Visitor, priya: Visitor) -> None:
    answer = fenna.send(fenna.page(SEARCH).form("/zoeken"), wie="zwaardwalvis")
    assert "Niemand gevonden" in answer.text
    assert priya.get(answer.request.path).status_code == 404
    assert priya.get(femke).status_code == 200


def test_dates_are_added_corrected_and_taken_back_and_the_ticket_follows(
    site_ports: Ports, femke: str, fenna: Visitor
) -> None:
    assert "bewaard zolang de vrager in dienst is" in fenna.page(femke).text
    form = fenna.page(femke).form("/datums")
    for wrong, said in (
        ({"valid_on": "31-02-2020", "reference": "brief"}, "Schrijf de dag als 31-12-2026."),
        ({"valid_on": "", "reference": "brief"}, "Schrijf de dag als 31-12-2026."),
        ({"valid_on": "29-02-2020", "reference": " "}, "waar deze datum vandaan komt"),
        ({"valid_on": "01-01-2090", "reference": "brief"}, "moet nog komen"),
    ):
        answer = fenna.send(form, fields={"type": "dismissal.settled"} | wrong)
        assert (answer.status_code, said in answer.text) == (422, True), said
    added = fenna.send(form, fields={"type": "dismissal.settled", "valid_on": "29-02-2020", "reference": "brief 12"})
    assert "zaterdag 29 februari 2020" in added.text
    assert "brief 12" in added.text
    assert due(site_ports) == ("dated", dt.date(2027, 3, 1))
    assert "tot en met zondag 28 februari 2027" in fenna.page(femke).text
    late = fenna.page(femke).form("/verbeteren")
    fenna.send(late, fields={"valid_on": "31 maart 2020", "reference": "brief 13"})
    assert due(site_ports) == ("dated", dt.date(2027, 4, 1))
    page = fenna.page(femke)
    assert "verbeterd" in page.text
    stale = fenna.send(late, fields={"valid_on": "01-04-2020", "reference": "brief 14"})
    assert stale.status_code == 409
    taken = fenna.send(page.form("/terugnemen"), fields={"reference": "uitspraak"})
    assert "teruggenomen" in taken.text
    assert due(site_ports)[1] is None
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        assert len(unit.session.scalars(select(Fact)).all()) == 3, "nothing is erased"


def test_a_privacy_officer_reads_dates_and_writes_none(femke: str, priya: Visitor, fenna: Visitor) -> None:
    page = priya.page(femke)
    assert "12345" in page.text
    assert not [form for form in page.forms if "/datums" in form.action]
    sent = fenna.page(femke).form("/datums").fields | {"valid_on": "01-01-2020", "reference": "x"}
    token = page.forms[-1].fields["formulier"]
    answer = priya.client.post(f"{femke}/datums", data=sent | {"formulier": token})
    assert answer.status_code == 404


@pytest.mark.parametrize("who", ["marije", "tess"])
def test_nobody_else_sees_people(femke: str, who: str, request: pytest.FixtureRequest) -> None:
    other: Visitor = request.getfixturevalue(who)
    for path in (SEARCH, femke, f"{SEARCH}/99999"):
        assert other.get(path).status_code == 404


def test_subjects_are_for_who_reads_tickets(site_ports: Ports, femke: str, fenna: Visitor) -> None:
    assert "Training verzetten" not in fenna.page(femke).text
    assert "V-2026-00001" in fenna.page(femke).text
    assert fenna.get(f"{SEARCH}/99999").status_code == 404
