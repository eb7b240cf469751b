"""Saying by hand who asked, in the browser without scripts: found, matched, undone; and the worklist with its days."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from helpdesk.adapters.memory import SetClock
from helpdesk.models import Person, Ticket, TicketPerson
from helpdesk.people.finding import find_people
from helpdesk.ports import Ports
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, unit_of_work
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.web.visitor import Form, Page, Visitor

LIST, TICKET = "/werk/onbekend", "/werk/w/alle/2026-00001"


@pytest.fixture(autouse=True)
def known(site_ports: Ports) -> None:
    """A register, two people whom a file named, and two tickets of somebody who writes from home."""
    policy_in_force(site_ports)
    admin = staff(site_ports, "x", "functional_admin")
    rows = [M250, row("12345", "femke@x.example"), row("777", "bram@x.example", name="Bram")]
    bring_in(site_ports, admin, "m250", rows)
    for number in range(2):
        mail = letter(f"vraag {number}", sender="Femke <thuis@home.example>", message_id=f"<{number}@x>")
        receive(site_ports, mail)


def askers(ports: Ports) -> list[str | None]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = (
            select(Person.personnel_no)
            .join(TicketPerson, TicketPerson.person_id == Person.id)
            .where(TicketPerson.role == "requester")
        )
        return list(unit.session.scalars(found.order_by(TicketPerson.ticket_id)))


def states(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.retention_state).order_by(Ticket.id)))


def test_an_asker_is_found_matched_and_undone_from_the_ticket(site_ports: Ports, marije: Visitor) -> None:
    page = marije.page(TICKET)
    assert "Wie is dit?" in page.text
    assert "uiterlijk zondag 6 december 2026" in page.text
    shown = marije.send(page.form("/wie"), wie="femke de")
    assert "femke" not in shown.request.path
    assert "Femke de Vries" in shown.text
    assert "thuis@home.example" not in [form.fields.get("person") for form in Page(shown.text).forms]
    matched = marije.send(Page(shown.text).form("/wie/is"))
    assert "Er is gezegd wie dit vroeg" in matched.text
    assert askers(site_ports) == ["12345", "12345"], "the other ticket of this address came along"
    assert states(site_ports) == ["waiting:employment"] * 2
    assert "Wie is dit?" not in matched.text
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        assert [hit.number for hit in find_people(unit, "femke")] == ["12345"], "the empty row of the sender is nobody"
    late = marije.send(Page(shown.text).form("/wie/is"))
    assert late.status_code == 409
    undone = marije.send(marije.page(TICKET).form("/wie/ongedaan"))
    assert "weer niet bekend" in undone.text
    assert askers(site_ports) == [None, None]


def test_kinds_and_shared_addresses_are_said(site_ports: Ports, marije: Visitor) -> None:
    place = f"{TICKET}/wie"
    outside = next(form for form in marije.page(place).forms if form.fields.get("kind") == "external")
    assert "wat voor iemand" in marije.send(outside).text
    assert "waiting:match" not in states(site_ports)
    back = next(form for form in marije.page(place).forms if form.fields.get("kind") == "unknown")
    marije.send(back)
    assert states(site_ports) == ["waiting:match"] * 2
    assert "van wie het adres is" in marije.send(marije.page(place).form("/gedeeld")).text
    shared = marije.page(place)
    assert "staat het voor niemand" not in shared.text
    assert "dus het staat voor niemand" in shared.text
    found = marije.send(shared.form("/wie"), wie="12345")
    marije.send(Page(found.text).form("/wie/is"))
    assert askers(site_ports) == ["12345", None], "said of this ticket only"
    marije.send(marije.page(TICKET).form("/wie/ongedaan"))
    marije.send(marije.page(place).form("/gedeeld"))
    assert askers(site_ports) == [None, None]


def test_the_worklist_counts_down_and_is_worked_off_by_number(
    site_ports: Ports, marije: Visitor, fenna: Visitor
) -> None:
    page = marije.page(LIST)
    assert "nog 14 dagen" in page.text
    assert "Training verzetten" in page.text
    assert "Training verzetten" not in fenna.page(LIST).text, "an administrator reads no subjects"
    wrong = marije.send(page.form("/2026-00001"), wie="99999")
    assert (wrong.status_code, "Niemand is bekend" in wrong.text) == (422, True)
    assert marije.send(Form("/werk/onbekend/2026-99999", "post", page.form("/2026-00001").fields)).status_code == 404
    done = fenna.send(fenna.page(LIST).form("/2026-00001"), wie="12345")
    assert "Van elke vraag is bekend wie hem stelde." in done.text
    assert askers(site_ports) == ["12345"] * 2


def test_after_its_last_day_a_ticket_stays_on_the_list_as_too_late(site_ports: Ports, marije: Visitor) -> None:
    assert isinstance(site_ports.now, SetClock)
    site_ports.now.move(dt.timedelta(days=15))
    clock.tick(site_ports)
    marije.sign_in("marije@academie.example")
    assert "te laat" in marije.page(LIST).text
    assert "bewaard als mail van een onbekende" in marije.page(TICKET).text


@pytest.mark.parametrize("who", ["tess", "priya"])
def test_nobody_else_says_who_asked(
    site_ports: Ports, marije: Visitor, who: str, request: pytest.FixtureRequest
) -> None:
    other: Visitor = request.getfixturevalue(who)
    token = other.page("/werk/hulp").forms[-1].fields["formulier"]
    for path in (LIST, f"{TICKET}/wie"):
        assert other.get(path).status_code == 404
    for path in (
        f"{LIST}/2026-00001",
        *(f"{TICKET}/wie{end}" for end in ("", "/is", "/ongedaan", "/soort", "/gedeeld")),
    ):
        assert other.client.post(path, data={"formulier": token, "wie": "12345", "person": "1"}).status_code == 404, (
            path
        )
    assert askers(site_ports) == [None, None]
    assert marije.page(LIST).forms
