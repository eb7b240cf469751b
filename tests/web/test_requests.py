"""Requests in the browser, without scripts: recorded, decided by two people, fetched, and what an objection hides."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from flask import Flask
from sqlalchemy import update

from helpdesk.models import InboundMail
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.privacy import hold_finding
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.made_app import quick_passwords
from tests.retention import policy_in_force
from tests.web.visitor import PASSWORD, Page, Visitor
from workers.destroying import disposal_waiting
from workers.rights import rights_waiting

PLACE, ONE = "/privacybeheer/verzoeken", "/privacybeheer/verzoeken/1"
PETRA, RIKA = "petra@academie.example", "rika@academie.example"
TICKET = "/werk/w/alle/2026-00001"


@pytest.fixture
def lived(site_ports: Ports) -> Ports:
    """Two questions of Femke's, and two more people who decide."""
    policy_in_force(site_ports)
    receive(site_ports, letter("Mijn collega Bo Oud (bo@x.example) vroeg dat.", files=(("plan.txt", b"inhoud"),)))
    receive(site_ports, letter("Nog een vraag.", subject="Anders", message_id="<2@x>"))
    with unit_of_work(site_ports, SYSTEM) as unit:
        create_account(unit, PETRA, "Petra Privacy", ["privacy_officer"], PASSWORD, from_start=True)
        create_account(unit, RIKA, "Rika Record", ["record_manager"], PASSWORD, from_start=True)
        quick_passwords(unit, PASSWORD)
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
    return site_ports


def _signed_in(app: Flask, email: str) -> Visitor:
    other = Visitor(app)
    assert other.sign_in(email).status_code == 200
    return other


def _recorded(priya: Visitor, kind: str) -> Page:
    form = priya.page(PLACE).form(PLACE)
    priya.send(form, kind=kind, received_on="02-11-2026", wish="Wat weet u van mij?", number="V-2026-00001")
    page = priya.page(ONE)
    priya.send(page.form("/identiteit"), identity="known_address")
    return priya.page(ONE)


def test_access_is_decided_by_two_people_and_fetched(lived: Ports, app: Flask, priya: Visitor) -> None:
    page = _recorded(priya, "access")
    assert "nog 10 dagen" in page.text
    assert "woensdag 2 december 2026" in page.text
    assert "2 vragen" in page.text
    one = priya.page(f"{ONE}/vraag/2026-00001")
    assert "Mijn collega ███" in one.text.replace("█████", "███"), "as who asks gets it"
    priya.send(priya.page(f"{ONE}/vraag/2026-00002").form("/weglaten"), reason="confidential")
    priya.send(priya.page(ONE).form("/voorstellen"), decision="partly", decision_text="Eén bericht niet.")
    assert "je eigen voorstel" in priya.page(ONE).text
    petra = _signed_in(app, PETRA)
    petra.send(petra.page(ONE).form("/vrijgeven"))
    rights_waiting(lived)
    page = priya.page(ONE)
    answer = priya.send(page.form("/pakket"))
    with ZipFile(io.BytesIO(answer.data)) as package:
        names, data = package.namelist(), package.read("data.json")
    assert {"index.html", "index.en.html", "manifest.json"} < set(names)
    assert b"Nog een vraag" not in data
    assert b"bo@x.example" not in data
    assert petra.get("/privacybeheer/verzoeken/1/bestand/1").data == b"inhoud"
    priya.send(priya.page(ONE).form("/beantwoord"))
    assert "AVG-1" in priya.page(f"{PLACE}?beantwoord=1").text
    assert "Er hoeft geen verzoek beantwoord te worden." in priya.page(PLACE).text


def test_an_advisor_records_an_objection_and_it_is_gone_at_once(lived: Ports, marije: Visitor, priya: Visitor) -> None:
    assert "2026-00001" in str(marije.page("/werk/w/open").links)
    page = marije.page(f"{TICKET}/verzoek")
    wrong = marije.send(page.form("/verzoek"), kind="objection", received_on="gisteren", wish="Ik maak bezwaar.")
    assert wrong.status_code == 422
    marije.send(page.form("/verzoek"), kind="objection", received_on="22-11-2026", wish="Ik maak bezwaar.")
    assert "2026-0000" not in str(marije.page("/werk/w/open").links)
    assert marije.get(TICKET).status_code == 404
    assert marije.get("/werk/bestand/1").status_code == 404
    assert marije.get(PLACE).status_code == 404
    hold_finding.find_waiting(lived)
    shown = priya.page(f"{ONE}/vraag/2026-00001")
    assert "Mijn collega Bo Oud" in shown.text
    priya.send(priya.page(ONE).form("/beperking-opheffen"))
    assert marije.get(TICKET).status_code == 200


def test_erasure_needs_the_record_manager(lived: Ports, app: Flask, priya: Visitor) -> None:
    _recorded(priya, "erasure")
    priya.send(priya.page(ONE).form("/wissen"), ground="unlawful")
    assert not [form for form in priya.page(ONE).forms if form.action.endswith("/akkoord")]
    rika = _signed_in(app, RIKA)
    page = rika.page(ONE)
    assert "Wat weet u van mij?" not in page.text, "who only decides reads nothing"
    assert rika.get(f"{ONE}/vraag/2026-00001").status_code == 404
    rika.send(page.form("/akkoord"))
    disposal_waiting(lived)
    assert "vernietigd en gecontroleerd" in priya.page(ONE).text.lower()
    priya.send(priya.page(ONE).form("/beantwoord"), decision="granted", decision_text="Gewist.")
    assert "Beantwoord" in priya.page(ONE).text


def test_a_name_is_put_right_and_what_stood_there_is_shown(lived: Ports, priya: Visitor) -> None:
    _recorded(priya, "rectification")
    priya.send(priya.page(ONE).form("/naam"), name="Femke Bos")
    priya.send(priya.page(f"{ONE}/vraag/2026-00001").form("/kanttekening"), words="Zij heet Femke Bos.")
    page = priya.page(ONE)
    assert "Femke de Vries" in page.text
    assert "Femke Bos" in page.text
    assert "Zij heet Femke Bos." in priya.page(f"{ONE}/vraag/2026-00001").text
    assert lived.settings.undo_seconds == 10


def test_a_part_is_destroyed_and_a_mark_stays(lived: Ports, marije: Visitor, priya: Visitor) -> None:
    form = marije.page("/werk/bericht/1/vernietigen").form("/vernietigen")
    assert marije.send(form, reason="").status_code == 422
    assert marije.send(form, reason="secret", file="1").status_code in (200, 303)
    assert marije.send(form, reason="health").status_code in (200, 303)
    page = marije.page(TICKET)
    assert "De woorden van dit bericht zijn vernietigd: gegevens over gezondheid." in page.text
    assert "1 bestand van dit bericht is vernietigd." in page.text
    assert "Mijn collega" not in page.text
    assert marije.get("/werk/bericht/1/bron").status_code == 404
    rights_waiting(lived)
    assert priya.get("/werk/bericht/1/vernietigen").status_code == 404
