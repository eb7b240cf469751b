"""Parked mail is decided on by people, and the health page says what is wrong."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from helpdesk.models import InboundMail
from helpdesk.ports import Ports
from helpdesk.status import raise_alarm
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.letters import letter
from tests.web.test_inert import parked_mail
from tests.web.visitor import Page, Visitor

PARKED = "/beheer/geparkeerd"


def state(ports: Ports) -> tuple[str, str | None]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        row = unit.session.scalars(select(InboundMail)).one()
        return row.state, row.reason


@pytest.mark.parametrize(
    ("ending", "said"), [("/vrijgeven", "wordt zo een vraag"), ("/opnieuw", "zo opnieuw geprobeerd")]
)
def test_a_parked_mail_becomes_a_ticket(site_ports: Ports, marije: Visitor, ending: str, said: str) -> None:
    parked_mail(site_ports, letter())
    page = marije.page(PARKED)
    assert "Training verzetten" in page.text
    assert "Het verwerken mislukte meermaals" in page.text
    done = marije.send(page.form(ending))
    assert said in done.text
    assert "Er is geen mail geparkeerd." in done.text
    drain(site_ports, Readers(0))
    assert "Training verzetten" in marije.page("/werk/w/open").text


def test_discarding_asks_for_a_reason(site_ports: Ports, marije: Visitor) -> None:
    parked_mail(site_ports, letter())
    form = marije.page(PARKED).form("/weggooien")
    refused = marije.send(form)
    assert refused.status_code == 422
    assert "waarom deze mail weg mag" in refused.text
    assert state(site_ports)[0] == "parked"
    assert "De mail is weggegooid." in marije.send(form, reason="not_for_us").text
    assert state(site_ports) == ("discarded", "not_for_us")


def test_who_decides_second_is_told(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    parked_mail(site_ports, letter())
    form = sander.page(PARKED).form("/weggooien")
    marije.send(marije.page(PARKED).form("/vrijgeven"))
    late = sander.send(form, reason="spam")
    assert late.status_code == 409
    assert "Iemand heeft intussen over deze mail beslist." in late.text
    assert state(site_ports)[0] == "received"


def test_parked_mail_is_not_for_everybody(site_ports: Ports, tess: Visitor) -> None:
    parked_mail(site_ports, letter())
    assert tess.get(PARKED).status_code == 404


def test_the_health_page_says_what_is_wrong(site_ports: Ports, tess: Visitor, marije: Visitor) -> None:
    calm = tess.page("/techniek/gezondheid")
    assert "Er zijn geen alarmen." in calm.text
    with unit_of_work(site_ports, SYSTEM) as unit:
        raise_alarm(unit, "mailbox_error", "academy", "auth_failed")
    page = tess.page("/techniek/gezondheid")
    assert "Een postbus is niet te lezen" in page.text
    assert "auth_failed" in page.text
    assert "1 alarm" in marije.page("/werk/w/open").text


def test_an_administrator_starts_at_the_health_page(tess: Visitor) -> None:
    start = tess.get("/werk")
    assert start.request.path == "/techniek/gezondheid"
    assert "/werk/w/open" not in Page(start.text).links
