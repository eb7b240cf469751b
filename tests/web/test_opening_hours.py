"""The page of the opening hours: what is changed there is what people who ask are told."""

from __future__ import annotations

import datetime as dt
from typing import cast

from flask import Flask
from playwright.sync_api import expect

from helpdesk.adapters.memory import SetClock
from helpdesk.chat import desk
from helpdesk.ports import Ports
from helpdesk.unit import unit_of_work
from tests.chats import MINUTE, Office
from tests.services.chromium import Chromium
from tests.web.asker import signs_in
from tests.web.browsing import served
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
    assert "We zijn er weer: vandaag om 13:30" in told
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
    assert "We zijn er weer: morgen om 09:00" in told
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


def test_the_readers_own_clock_and_a_queue_that_moves_are_said(
    site_ports: Ports, app: Flask, chromium: Chromium
) -> None:
    office = Office(site_ports)
    office.advisor("Bo Vol", capacity=1)
    ahmed = office.asker("Ahmed", "ahmed@minbz.example")
    first = office.start(ahmed).number
    office.asker()
    femke = Visitor(app)
    signs_in(femke, site_ports)
    cookie = femke.client.get_cookie("vragen")
    assert cookie is not None
    with served(app) as address:
        context = chromium.browser.new_context(base_url=address, locale="nl-NL", timezone_id="Africa/Nairobi")
        try:
            context.add_cookies([{"name": "vragen", "value": cookie.value, "url": address}])
            page = context.new_page()
            page.goto("/chat")
            page.get_by_label("Je bericht").fill("Mag ik?")
            page.get_by_role("button", name="Verstuur bericht").click()
            expect(page.locator("#stand")).to_contain_text("Je bent nummer 2.")
            with unit_of_work(site_ports, ahmed) as unit:
                desk.leave(unit, first, by_mail=True)
            expect(page.locator("#zeg")).to_have_text(
                "Je bent aan de beurt. Er komt een adviseur bij je.", timeout=15_000
            )
            page.get_by_role("button", name="Stuur als vraag").click()
            cast("SetClock", site_ports.now).move(8 * 60 * MINUTE - dt.timedelta(minutes=1))
            page.goto("/chat")
            expect(page.locator(".availability")).to_contain_text("We zijn er weer: morgen om 09:00, bij jou 11:00.")
        finally:
            context.close()
