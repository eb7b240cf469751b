"""Somebody who asks, in a real browser: all of it without scripts, and with them a warning before the session ends."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import cast

from flask import Flask
from playwright.sync_api import Dialog, Page, expect

from helpdesk.adapters.memory import SetClock
from helpdesk.ports import Ports
from helpdesk.tickets import replying
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, unit_of_work
from tests.chats import Office
from tests.letters import letter, receive
from tests.made_app import made_app
from tests.services.chromium import Chromium
from tests.web.asker import DOOR, FEMKE, code_in, link_in, mailed
from tests.web.browsing import browsing, served

LARGE = b"%PDF-1.7\n" + b"x" * 19_000_000


def answered(ports: Ports, number: str) -> None:
    """An advisor answers, and the answer can't be taken back any more."""
    with unit_of_work(ports, SYSTEM) as unit:
        version = thread_of(unit, number).ticket.version
        replying.reply(unit, number, replying.Answer("Ja, dat mag.", (FEMKE,), "waiting_for_asker", version, "c1"))
    cast("SetClock", ports.now).move(dt.timedelta(minutes=1))


def attach(page: Page, name: str, content: bytes) -> None:
    page.get_by_label("Bestanden toevoegen").set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": content}
    )


def dialogs(page: Page) -> list[str]:
    """The kinds of what is asked on this page from now on; each is answered with yes."""
    asked = list[str]()

    def agree(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", agree)
    return asked


def refused(page: Page, name: str, content: bytes, why: str) -> None:
    """A file that may not come: its sentence names it."""
    attach(page, name, content)
    page.get_by_role("button", name="Verstuur mijn vraag").click()
    expect(page.get_by_role("alert")).to_contain_text(f"Het bestand {name} {why}")


def test_ask_sign_in_read_reply_and_close_without_scripts(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    fetched: list[str] = []
    with served(app) as address, browsing(chromium, address, scripts=False, width=375, height=812) as context:
        page = context.new_page()
        page.on("request", lambda request: fetched.append(request.resource_type))
        page.goto("/")
        page.get_by_role("link", name="Stel een vraag").first.click()
        page.get_by_label("Je e-mailadres").fill(FEMKE)
        page.get_by_role("button", name="Verstuur de mail").click()
        page.get_by_label("Code uit de mail").fill(code_in(mailed(site_ports, FEMKE)))
        page.get_by_role("main").get_by_role("button", name="Inloggen").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Stel een vraag")
        page.get_by_label("Waar gaat het over?").fill("Taalcursus")
        page.get_by_label("Je vraag", exact=True).fill("Mag ik een taalcursus volgen?")
        refused(page, "leeg.pdf", b"", "is leeg.")
        expect(page.get_by_label("Je vraag", exact=True)).to_have_value("Mag ik een taalcursus volgen?")
        refused(page, "rooster.pdf", b"MZ geen pdf", "moet een pdf")
        attach(page, "rooster.pdf", LARGE)
        page.get_by_role("button", name="Verstuur mijn vraag").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Je vraag is verstuurd")
        page.get_by_role("link", name="Naar je vraag").click()
        number = page.url.rpartition("/")[2]
        answered(site_ports, number)
        page.goto("/mijn-vragen")
        expect(page.locator(".own-rows li").first).to_contain_text("Wij wachten op jouw antwoord")
        page.get_by_role("link", name="Taalcursus").click()
        expect(page.get_by_role("article").last).to_contain_text("Ja, dat mag.")
        page.get_by_label("Je bericht").fill("Dank je wel.")
        page.get_by_role("button", name="Verstuur", exact=True).click()
        expect(page.get_by_role("article").last).to_contain_text("Dank je wel.")
        page.get_by_role("button", name="Mijn vraag is opgelost").click()
        expect(page.get_by_text("Deze vraag is afgehandeld.")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="rooster.pdf").click()
        assert download.value.path().read_bytes() == LARGE
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert "script" not in fetched


def test_leaving_what_is_typed_and_not_sent_asks_and_what_is_sent_does_not(
    site_ports: Ports, app: Flask, chromium: Chromium
) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = context.new_page()
        asked = dialogs(page)
        page.goto(DOOR)
        page.get_by_label("Je e-mailadres").fill(FEMKE)
        page.get_by_role("button", name="Verstuur de mail").click()
        page.goto(link_in(mailed(site_ports, FEMKE)))
        page.get_by_role("main").get_by_role("button", name="Inloggen").click()
        page.wait_for_url("**/mijn-vragen")
        page.goto("/mijn-vragen/nieuw")
        page.get_by_label("Je vraag", exact=True).press_sequentially("Mag ik")
        page.get_by_role("link", name="Mijn gegevens").first.click()
        page.wait_for_url("**/mijn-gegevens")
        assert asked == ["beforeunload"], "no browser keeps what was typed: the machine may be another's next"
        page.get_by_text("Er klopt iets niet").click()
        page.get_by_label("Wat wil je ons vertellen?").first.press_sequentially("Mijn naam")
        page.goto("/mijn-vragen/nieuw")
        assert asked == ["beforeunload"] * 2, "nor what is asked of us about one's data"
        page.get_by_label("Je vraag", exact=True).press_sequentially("Mag ik een taalcursus volgen?")
        page.get_by_role("button", name="Verstuur mijn vraag").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Je vraag is verstuurd")
        page.get_by_role("link", name="Naar je vraag").click()
        expect(page).to_have_title(re.compile("^Vraag V-"))
        assert asked == ["beforeunload"] * 2, "what is sent is left without a question"


def test_a_guest_who_leaves_a_first_line_unsent_is_asked(site_ports: Ports, chromium: Chromium) -> None:
    ports = replace(site_ports, settings=replace(site_ports.settings, chat_guests=True))
    Office(ports).advisor("Pim Bakker")
    with served(made_app(ports)) as address, browsing(chromium, address) as context:
        page = context.new_page()
        page.goto("/chat/gast")
        page.get_by_label("Je bericht").press_sequentially("Kan ik")
        asked = dialogs(page)
        page.get_by_role("link", name="Toch inloggen").click()
        expect(page.get_by_label("Je e-mailadres")).to_be_visible()
        assert asked == ["beforeunload"]


def test_two_minutes_before_the_end_one_can_stay(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = context.new_page()
        page.clock.install()
        page.goto(DOOR)
        page.get_by_label("Je e-mailadres").fill(FEMKE)
        page.get_by_role("button", name="Verstuur de mail").click()
        page.wait_for_url("**/verstuurd")
        page.goto(link_in(mailed(site_ports, FEMKE)))
        page.get_by_role("main").get_by_role("button", name="Inloggen").click()
        page.goto("/mijn-vragen/2026-00001")
        page.get_by_label("Je bericht").fill("Een half verhaal")
        warning = page.locator("#einde")
        page.clock.fast_forward("07:57:00")
        expect(warning).to_be_hidden()
        with page.expect_response("**/mijn-vragen/blijf"):
            page.clock.fast_forward("01:30")
        expect(warning).to_be_hidden()
        cast("SetClock", site_ports.now).move(dt.timedelta(hours=7, minutes=58, seconds=30))
        page.clock.fast_forward("07:58:30")
        expect(warning).to_contain_text("Over twee minuten word je uitgelogd.")
        with page.expect_response("**/mijn-vragen/blijf"):
            page.get_by_role("button", name="Blijf ingelogd").click()
        expect(warning).to_be_hidden()
        expect(page.get_by_label("Je bericht")).to_have_value("Een half verhaal")
        cast("SetClock", site_ports.now).move(dt.timedelta(hours=8, seconds=1))
        page.clock.fast_forward("08:00:01")
        expect(warning).to_contain_text("Je bent uitgelogd.")
