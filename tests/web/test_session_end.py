"""The end of a session of staff in a real browser: told before it comes, once the server says that it comes."""

from __future__ import annotations

import datetime as dt
from typing import cast

from flask import Flask
from playwright.sync_api import expect

from helpdesk.adapters.memory import SetClock
from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import TICKET, browsing, served, signed_in


def test_five_minutes_before_the_end_one_can_stay(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    clock = cast("SetClock", site_ports.now)
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        page.clock.install()
        page.goto(TICKET)
        page.locator("#antwoord > summary").click()
        page.get_by_label("Antwoord", exact=True).fill("Een half verhaal")
        warning = page.locator("#einde")
        with page.expect_response("**/werk/blijf"):
            page.clock.fast_forward("09:56:00")
        expect(warning).to_be_hidden()
        clock.move(dt.timedelta(hours=9, minutes=56))
        page.clock.fast_forward("09:56:00")
        expect(warning).to_contain_text("Over vijf minuten word je uitgelogd.")
        page.get_by_role("button", name="Ik ben er nog").click()
        expect(warning).to_be_hidden()
        expect(page.get_by_label("Antwoord", exact=True)).to_have_value("Een half verhaal")
        clock.move(dt.timedelta(hours=10, seconds=1))
        page.clock.fast_forward("10:00:01")
        expect(warning).to_contain_text("Je bent uitgelogd.")
        expect(warning.get_by_role("link", name="opent in nieuw tabblad")).to_be_visible()
        assert page.url.endswith(TICKET)
