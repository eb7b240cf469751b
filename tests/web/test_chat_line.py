"""A chat whose line breaks, or whose reader is signed out: the page says so, and what was written is kept once."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import BrowserContext, expect

from helpdesk.people import requester_sessions
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.chats import Office
from tests.services.chromium import Chromium
from tests.web.asker import FEMKE
from tests.web.browsing import browsing, served


def signed_in_again(ports: Ports, context: BrowserContext, address: str) -> str:
    """A new session of Femke in this browser; returns its token."""
    with unit_of_work(ports, SYSTEM) as unit:
        token = requester_sessions.open_session(unit, FEMKE)
    context.add_cookies([{"name": "vragen", "value": token, "url": address}])
    return token


def test_it_is_said_above_the_form_and_every_line_arrives(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    office = Office(site_ports)
    asker = office.asker()
    number = office.start(asker, "Eerste").number
    with served(app) as address, browsing(chromium, address, width=320, height=640) as context:
        token = signed_in_again(site_ports, context, address)
        page = context.new_page()
        page.clock.install()
        page.goto(f"/chat/{number}")
        trouble, kept = page.locator("#lijn"), page.locator("#regels > li:not(.pending) .text")

        def write(text: str) -> None:
            page.get_by_label("Je bericht").fill(text)
            page.get_by_label("Je bericht").press("Enter")
            expect(page.locator("#regels > li .text").last).to_have_text(text)

        expect(trouble).to_be_hidden()
        context.set_offline(True)
        page.clock.run_for(5_000)
        expect(trouble).to_contain_text("De verbinding is weg; we blijven het proberen.")
        write("Tweede")
        context.set_offline(False)
        page.clock.run_for(10_000)
        expect(kept.last).to_have_text("Tweede")
        expect(trouble).to_be_hidden()
        with unit_of_work(site_ports, SYSTEM) as unit:
            requester_sessions.sign_out(unit, token)
        page.clock.run_for(5_000)
        expect(trouble).to_contain_text("Je bent uitgelogd. Log opnieuw in; je tekst blijft staan.")
        expect(trouble.get_by_role("link")).to_be_visible()
        write("Derde")
        page.clock.run_for(30_000)
        signed_in_again(site_ports, context, address)
        page.clock.run_for(4_500)
        expect(kept.last).to_have_text("Derde")
        expect(trouble).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert office.texts(asker, number) == ["Eerste", "Tweede", "Derde"]
