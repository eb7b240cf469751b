"""Two versions of a register beside each other as officers see them, with what the newer one would do to tickets."""

from __future__ import annotations

import datetime as dt
import re

from sqlalchemy import select, update

from helpdesk.models import Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import effects, policies
from helpdesk.retention import clock
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force, staff
from tests.web.conftest import FENNA, PRIYA
from tests.web.visitor import Visitor

REGISTER = "/privacybeheer/verwerkingsregister/551"
CHANGES = REGISTER + "/verschil"
TEXT = policies.shipped_text("551")
SHORTER = TEXT.replace(b'period = "P6M"', b'period = "P3M"').replace(b"6 maanden", b"3 maanden")
SHORTER = SHORTER.replace(b"6 months", b"3 months")


def _proposed(ports: Ports) -> str:
    """Two tickets of people from outside, four months old, and a proposal that makes their term shorter than that."""
    policy_in_force(ports)
    receive(ports, letter("Een"), letter("Twee", message_id="<2@x>", sender="b@x.example"))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(kind="external"))
        unit.session.execute(update(Ticket).values(status="done", done_at=unit.now))
        for ticket_id in unit.session.scalars(select(Ticket.id)).all():
            clock.touch(unit, ticket_id)
    wait(ports, dt.timedelta(days=120))
    clock.tick(ports)
    with unit_of_work(ports, staff(ports, "voorstel", "functional_admin")) as unit:
        return policies.propose(unit, SHORTER)


def test_what_changes_is_shown_word_by_word_with_its_effect(site_ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    assert "De twee versies zeggen hetzelfde." in fenna.page(CHANGES).text, "nothing was proposed yet"
    version = _proposed(site_ports)
    assert fenna.sign_in(FENNA).status_code == priya.sign_in(PRIYA).status_code == 200
    assert "wordt voor elke vraag doorgerekend" in priya.page(CHANGES).text
    effects.reckon_waiting(site_ports)
    html = priya.get(CHANGES).text
    assert "Deze wijziging raakt 2 vragen." in html
    assert "De termijn van 2 is dan meteen voorbij." in html
    assert re.search(
        r"<del><span[^>]*>weg: </span>6</del> *<ins><span[^>]*>nieuw: </span>3</ins> maanden na laatste", html
    )
    assert re.search(r"account.last_login \+ <del><span[^>]*>weg: </span>P6M</del> *<ins>", html)
    second = priya.page(f"{REGISTER}?versie={version}")
    assert "Deze wijziging raakt 2 vragen." in second.text
    assert any(link.endswith(f"verschil?naar={version}") for link in second.links)
    asked = fenna.send(fenna.page(CHANGES).form("/doorrekenen"))
    assert "Kijk over een minuut nog eens." in asked.text
    assert priya.send(second.form("/in-werking")).status_code == 200
    assert fenna.get(CHANGES + "?van=000000000000").status_code == 404
    assert fenna.get("/privacybeheer/verwerkingsregister/552/verschil").status_code == 404
    assert "raakt" not in priya.page(f"{CHANGES}?naar={version}").text, "what is decided is not foreseen any more"


def test_what_the_software_reads_and_where_the_text_chafes_stand_beside_the_text(priya: Visitor) -> None:
    page = priya.page(REGISTER)
    assert "ticket: dismissal.settled + P7Y (auto, P7D)" in page.text
    for code in ("X1", "X2", "X4", "X5", "X6", "X7", "X8", "X12"):
        assert re.search(rf"\b{code}\b", page.text), code
