"""The page of the opening hours: what is changed there is what people who ask are told."""

from __future__ import annotations

from typing import cast

from flask import Flask

from helpdesk.adapters.memory import SetClock
from helpdesk.ports import Ports
from tests.chats import MINUTE, Office
from tests.web.asker import signs_in
from tests.web.conftest import FENNA
from tests.web.visitor import Page, Visitor

PLACE = "/beheer/openingstijden"


def test_hours_holidays_and_closed_days(site_ports: Ports, app: Flask) -> None:
    Office(site_ports).asker()
    femke, fenna = Visitor(app), Visitor(app)
    fenna.sign_in(FENNA)
    signs_in(femke, site_ports)
    page = fenna.page(PLACE)
    form = page.form("/week")
    saved = fenna.send(form, fields={"since-0-0": "13:30"})
    assert "De tijden zijn opgeslagen" in saved.text
    told = femke.page("/chat").text
    assert "op maandag van 13:30 tot 17:00, van dinsdag tot en met vrijdag van 09:00 tot 17:00" in told
    assert "We zijn er weer: vandaag om 13:30." in told
    stale = fenna.send(form)
    assert stale.status_code == 409
    assert "Iemand heeft de tijden gewijzigd" in stale.text
    wrong = fenna.send(Page(saved.text).form("/dicht"), first="23-11-2026", reason_nl="Studiedag")
    assert wrong.status_code == 422
    assert "Schrijf in beide talen" in wrong.text
    closed = fenna.send(Page(wrong.text).form("/dicht"), reason_en="Study day")
    assert "Op deze dagen is het vanaf nu dicht." in closed.text
    told = femke.page("/chat").text
    assert "Vandaag geen chat: Studiedag." in told
    assert "We zijn er weer: morgen om 09:00." in told
    assert "Stuur als vraag" in told
    femke.send(femke.page("/chat").form("/mijn-vragen/taal"), taal="en")
    assert "Study day" in femke.page("/chat").text
    fenna.send(fenna.page(PLACE).form("/weer-open"))
    assert "Study day" not in femke.page("/chat").text
    fenna.send(fenna.page(PLACE).form("/feestdag"))
    assert "Op deze dag" in fenna.page(PLACE).text or "Dicht op deze dag" in fenna.page(PLACE).text


def test_who_does_not_want_to_wait_asks_by_mail(site_ports: Ports, app: Flask) -> None:
    office = Office(site_ports)
    office.advisor("Bo Vol", capacity=1)
    first = office.start(office.asker("Ahmed", "ahmed@minbz.example"))
    assert first.state == "waiting"
    office.asker()
    femke = Visitor(app)
    signs_in(femke, site_ports)
    page = femke.page("/chat")
    assert "Je zou nummer 2 zijn" in page.text
    room = Page(femke.send(page.form("/chat"), text="Kan het?", how="mail").text)
    assert "Je krijgt antwoord per e-mail" in room.text
    cast("SetClock", site_ports.now).move(MINUTE)
    els = Visitor(app)
    office.asker("Els", "els@minbz.example")
    signs_in(els, site_ports, "els@minbz.example")
    waits = els.send(els.page("/chat").form("/chat"), text="Mag ik?")
    assert "Je bent nummer 2" in waits.text
    mailed = els.send(Page(waits.text).form("/einde"))
    assert "Je krijgt antwoord per e-mail" in mailed.text
