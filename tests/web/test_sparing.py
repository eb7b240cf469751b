"""Who saves data, or has a slow line, chats without a stream or signs: lines are asked for every twenty seconds."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import expect

from helpdesk.ports import Ports
from tests.chats import Office
from tests.services.chromium import Chromium
from tests.web.asker import signs_in
from tests.web.browsing import as_advisor, browsing, served
from tests.web.conftest import MARIJE
from tests.web.visitor import Visitor

LINE = "Object.defineProperty(navigator, 'connection', {value: {saveData: %s, effectiveType: '%s'}})"
SPARING = LINE % ("true", "4g"), LINE % ("false", "3g")
USUAL = LINE % ("false", "4g")


def test_a_chat_that_spares_the_line(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    office, marije = Office(site_ports), as_advisor(site_ports, MARIJE)
    office.advisor("Bo Vrij")
    number = office.start(office.asker()).number
    office.pick_up(marije, number)
    visitor = Visitor(app)
    signs_in(visitor, site_ports)
    cookie = visitor.client.get_cookie("vragen")
    assert cookie is not None
    asked = list[str]()
    with served(app) as address:
        for turn, line in enumerate((*SPARING, USUAL)):
            with browsing(chromium, address, width=375, height=812) as context:
                context.add_cookies([{"name": "vragen", "value": cookie.value, "url": address}])
                context.add_init_script(line)
                page = context.new_page()
                page.clock.install()
                asked.clear()
                page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
                page.goto(f"/chat/{number}")
                page.get_by_label("Je bericht").press_sequentially("Hallo")
                page.clock.run_for(10_000)
                answer = f"Antwoord {turn}"
                office.answer(marije, number, answer)
                page.clock.run_for(22_000)
                expect(page.locator("#regels")).to_contain_text(answer)
                assert any(one.startswith("regels") for one in asked)
                sent = {"stroom", "tekens"} & set(asked)
                assert bool(sent) is (line == USUAL), (line, asked)
