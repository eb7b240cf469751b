"""Two chats side by side on a wide screen: each takes its own lines, and nobody else may frame one."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import expect

from helpdesk.ports import Ports
from tests.chats import Office
from tests.services.chromium import Chromium
from tests.web.browsing import as_advisor, browsing, served, signed_in
from tests.web.conftest import MARIJE
from tests.web.visitor import Visitor

DESK = "/werk/chat"


def test_two_chats_side_by_side(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    office, actor = Office(site_ports), as_advisor(site_ports, MARIJE)
    with served(app) as address, browsing(chromium, address, width=1700) as context:
        page = signed_in(context)
        page.goto(DESK)
        page.get_by_label("Ben je bereikbaar").select_option("available")
        page.get_by_role("button", name="Opslaan", exact=True).click()
        first = office.start(office.asker(), "Eerste").number
        second = office.start(office.asker("Ahmed", "ahmed@minbz.example"), "Tweede").number
        for number in (first, second):
            office.pick_up(actor, number)
        page.goto(f"{DESK}/{first}")
        page.get_by_role("link", name="Ernaast openen").click()
        beside = page.frame_locator(".chat-beside iframe")
        expect(beside.get_by_role("heading", level=1)).to_have_text("Chat met Ahmed")
        beside.get_by_label("Je bericht").fill("Aan de tweede")
        beside.get_by_role("button", name="Verstuur bericht").click()
        expect(beside.locator("#regels")).to_contain_text("Aan de tweede")
        page.get_by_label("Je bericht").fill("Aan de eerste")
        page.get_by_role("button", name="Verstuur bericht").click()
        expect(page.locator("#regels")).to_contain_text("Aan de eerste")
        expect(page.locator("#regels")).not_to_contain_text("Aan de tweede")
        expect(page.locator("#rij")).to_contain_text("Aan de eerste")
        expect(page.get_by_role("link", name="Ernaast openen")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1700
        beside.locator("summary").click()
        beside.get_by_role("button", name="Rond de chat af").click()
        expect(beside.locator("#stand")).to_contain_text("Deze chat is beëindigd.")
        page.get_by_role("link", name="Sluit de tweede chat").click()
        expect(page.locator("iframe")).to_have_count(0)
        page.set_viewport_size({"width": 1500, "height": 900})
        page.goto(f"{DESK}/{first}?naast={second}")
        expect(page.locator(".chat-beside")).to_be_hidden()


def test_only_our_own_desk_may_frame_a_chat(site_ports: Ports, app: Flask) -> None:
    office = Office(site_ports)
    marije = Visitor(app)
    marije.sign_in(MARIJE)
    office.advisor("Bo Vrij")
    number = office.start(office.asker()).number
    for path, dest, ancestors in (
        (f"{DESK}/{number}/paneel", "iframe", "'self'"),
        (f"{DESK}/{number}/paneel", "document", "'none'"),
        (DESK, "iframe", "'self'"),
        ("/werk/w/open", "iframe", "'none'"),
    ):
        answer = marije.client.get(path, headers={"Sec-Fetch-Dest": dest})
        assert answer.status_code == 200
        assert f"frame-ancestors {ancestors};" in answer.headers["Content-Security-Policy"]
