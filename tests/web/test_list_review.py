"""Reviewing a list: a draw by lot, files, more than usual, and sending it back with words; all by forms."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import NotAllowed, NotFound
from helpdesk.models import DisposalList, SecurityEvent
from helpdesk.ports import Ports
from helpdesk.privacy import listing, lists
from helpdesk.privacy.list_items import sample
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import due, list_state, listed
from tests.retention import staff
from tests.web.conftest import FENNA, PRIYA
from tests.web.visitor import Visitor

LIST = "/privacybeheer/vernietiging/1"
OVERVIEW = "/privacybeheer/bewaartermijnen"
NUMBER = re.compile(r"V-2026-\d{5}")


@pytest.fixture
def open_list(site_ports: Ports, fenna: Visitor, priya: Visitor) -> list[str]:
    """Twelve tickets on one open list, each with a file."""
    numbers = due(site_ports, 12, files=(("rooster.pdf", b"%PDF-1.4"),))
    listing.propose(site_ports)
    assert fenna.sign_in(FENNA).status_code == priya.sign_in(PRIYA).status_code == 200
    return numbers


def test_a_list_is_sent_back_with_words_and_proposed_again(
    site_ports: Ports, fenna: Visitor, priya: Visitor, open_list: list[str]
) -> None:
    to_propose, to_approve = "om na te lopen en voor te stellen", "vernietigingslijsten die op jouw akkoord wachten"
    assert to_propose in fenna.page(OVERVIEW).text
    assert "Wat op jou wacht" not in priya.page(OVERVIEW).text
    fenna.send(fenna.page(LIST).form("/voorstellen"))
    assert to_propose not in fenna.page(OVERVIEW).text
    assert to_approve in priya.page(OVERVIEW).text
    assert not [form for form in fenna.page(LIST).forms if form.action.endswith("/terugsturen")], "one's own proposal"
    form = priya.page(LIST).form("/terugsturen")
    empty = priya.send(form, remark=" ")
    assert empty.status_code == 422
    assert "Schrijf wat er anders moet." in empty.text
    assert "gaat met je opmerking terug" in priya.send(form, remark="Haal de vragen over visa eraf.").text
    assert list_state(site_ports, 1) == "open"
    assert priya.send(form, remark="Nog eens").status_code == 409
    back = fenna.page(LIST)
    assert "Teruggestuurd door Priya Privacy" in back.text
    assert "Haal de vragen over visa eraf." in back.text
    fenna.send(back.form("/voorstellen"))
    seen = priya.page(LIST)
    assert "Haal de vragen over visa eraf." in seen.text, "whoever approves sees what was asked before"
    assert "Je akkoord is vastgelegd." in priya.send(seen.form("/akkoord"), count="12").text
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        verbs = unit.session.scalars(
            select(SecurityEvent.verb).where(SecurityEvent.object_kind == "list").order_by(SecurityEvent.id)
        ).all()
    assert verbs[-4:] == ["list.propose", "list.send_back", "list.propose", "list.approve"]


def test_ten_are_drawn_by_lot_and_the_same_ten_for_whoever_has_the_address(
    site_ports: Ports, fenna: Visitor, priya: Visitor, open_list: list[str]
) -> None:
    page = priya.page(LIST)
    (draw,) = [link for link in page.links if "steekproef=" in link]
    drawn = NUMBER.findall(priya.page(draw).text)
    assert len(set(drawn)) == 10
    assert set(NUMBER.findall(fenna.page(draw).text)) == set(drawn)
    assert "Onderwerp" in priya.page(draw).text
    assert "Onderwerp" not in fenna.page(draw).text, "an administrator reads no content"
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        lots = {frozenset(one.number for one in sample(unit, 1, seed)) for seed in range(20)}
    assert len(lots) > 10, "another seed draws others"
    assert len({number for lot in lots for number in lot}) == 12


def test_files_are_counted_and_asked_for_and_more_than_usual_is_said(
    site_ports: Ports, fenna: Visitor, open_list: list[str]
) -> None:
    assert "12 vragen" in fenna.page(LIST + "?bijlagen=1").text
    assert fenna.get(LIST + "/lijst.csv").text.split("\r\n")[1].split(";")[3] == "1"
    assert "ongebruikelijk veel" not in fenna.page(LIST).text
    with unit_of_work(site_ports, SYSTEM) as unit:
        before = {"rule": "R13", "policy_version": "x", "mode": "auto", "state": "done", "destroyed": 2}
        unit.session.add(DisposalList(id=-1, key="k", proposed_at=unit.now, executes_on=unit.now.date(), **before))
    assert "500 % meer dan de vorige lijst van deze regel" in fenna.page(LIST).text


@pytest.fixture
def admin(ports: Ports) -> Actor:
    return staff(ports, "fatima", "functional_admin")


def test_the_database_refuses_a_row_that_one_person_made_alone(ports: Ports, admin: Actor) -> None:
    """An INSERT by the role of the application, with the same person as proposer and approver (RD-40)."""
    account_id = admin.account_id
    row = {
        "disposal_list": "key, kind, rule, policy_version, mode, state, braked, proposed_at, executes_on, destroyed,"
        f" version, proposed_by_id, approved_by_id) VALUES ('k', 'due', 'R13', 'v', 'review', 'approved', false,"
        f" '2026-11-29 12:00:00', '2026-12-06', 0, 1, {account_id}, {account_id}",
        "policy": "processing, version, sha256, text, state, proposed_at, row_version, proposed_by_id, approved_by_id)"
        f" VALUES ('551', 'v', 's', 't', 'in_force', '2026-11-29 12:00:00', 1, {account_id}, {account_id}",
    }
    for table, values in row.items():
        insert = text(f"INSERT INTO {table} ({values})")
        with pytest.raises(IntegrityError, match="two_people"), unit_of_work(ports, admin) as unit:
            unit.session.execute(insert)


def test_nobody_sends_back_what_was_not_proposed_or_is_not_theirs_to_decide(ports: Ports, admin: Actor) -> None:
    due(ports, 1)
    list_id = listed(ports, admin)
    both = staff(ports, "beide", "functional_admin", "privacy_officer")
    for actor in (admin, SYSTEM):
        with pytest.raises((NotAllowed, NotFound)), unit_of_work(ports, actor) as unit:
            lists.send_back(unit, list_id, "x")
    with unit_of_work(ports, both) as unit:
        lists.send_back(unit, list_id, "Kijk nog eens.")
    assert list_state(ports, list_id) == "open"
