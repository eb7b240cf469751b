"""How long tickets are kept, in numbers: a page that sums to all tickets, with alarms for who should act."""

from __future__ import annotations

import datetime as dt

import pytest

from helpdesk.adapters.memory import SetClock
from helpdesk.ports import Ports
from helpdesk.retention import clock
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.web.conftest import FENNA, PRIYA
from tests.web.visitor import Page, Visitor
from workers.upkeep import check_ages

PLACE = "/privacybeheer/bewaartermijnen"


@pytest.fixture
def filled(site_ports: Ports) -> None:
    """Four tickets: one asker unknown, one employed, one who left, one settled."""
    policy_in_force(site_ports)
    mails = [letter(f"{n}", sender=f"p{n}@x.example", message_id=f"<{n}@x>") for n in range(4)]
    receive(site_ports, *mails)
    admin = staff(site_ports, "x", "functional_admin")
    left = [row("2", "p2@x.example", "30-10-2026"), row("3", "p3@x.example", "30-10-2019")]
    bring_in(site_ports, admin, "m250", [M250, row("1", "p1@x.example"), *left])
    bring_in(site_ports, admin, "settlements", [["Personeelsnummer", "Datum afhandeling"], ["3", "31-10-2020"]])


@pytest.mark.usefixtures("filled")
def test_the_table_sums_to_all_tickets_and_each_row_opens_its_tickets(priya: Visitor) -> None:
    page = priya.page(PLACE)
    assert "Er zijn 4 vragen." in page.text
    assert "november 2027" in page.text
    states = [link for link in page.links if "stand=" in link]
    assert len(states) == 4
    numbers: list[str] = []
    for link in states:
        found = priya.page(link)
        assert "1 vraag" in found.text
        numbers += [text for _tag, text in found.texts if text.startswith("V-2026")]
        assert "Training verzetten" not in found.text, "subjects are for advisors"
    assert sorted(numbers) == [f"V-2026-0000{n}" for n in range(1, 5)]
    assert priya.get(f"{PLACE}/vragen?stand=femke").status_code == 404


def test_without_tickets_it_says_so(priya: Visitor) -> None:
    page = priya.page(PLACE)
    assert "Er zijn nog geen vragen." in page.text
    assert "In deze tijd eindigt geen termijn." in page.text


@pytest.mark.usefixtures("filled")
def test_alarms_stand_with_who_should_act(site_ports: Ports, fenna: Visitor, priya: Visitor, marije: Visitor) -> None:
    assert isinstance(site_ports.now, SetClock)
    site_ports.now.move(dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC) - site_ports.now())
    clock.tick(site_ports)
    check_ages(site_ports)
    assert fenna.sign_in(FENNA).status_code == 200
    page = fenna.page(PLACE)
    assert "De afhandeling van een ontslag is niet bekend" in page.text
    assert "/beheer/mensen" in page.links
    assert "2 alarmen" in page.text
    assert priya.sign_in(PRIYA).status_code == 200
    assert "Wat te lang wacht" not in priya.page(PLACE).text
    site_ports.now.move(dt.timedelta(days=92))
    check_ages(site_ports)
    assert priya.sign_in(PRIYA).status_code == 200
    late = priya.page(PLACE)
    assert "te lang niet bekend" in late.text
    assert "1 alarm" in late.text
    assert marije.sign_in("marije@academie.example").status_code == 200
    assert "1 alarm" in marije.page("/werk/w/open").text, "an advisor hears of the unknown asker"


def test_a_privacy_officer_starts_there_and_others_do_not_see_it(
    priya: Visitor, marije: Visitor, tess: Visitor
) -> None:
    assert priya.get("/werk").request.path == PLACE
    for other in (marije, tess):
        assert other.get(PLACE).status_code == 404
        assert PLACE not in Page(other.get("/werk/hulp").text).links
