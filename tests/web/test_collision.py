"""Two browsers on one ticket, and text that is not sent yet: nothing goes out unread, nothing typed is lost."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from helpdesk.models import WebSession
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import ASKER, letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import TICKET, browsing, served, signed_in
from tests.web.conftest import SANDER
from tests.web.running import Web
from tests.web.test_inbox import sent


def answer(page: Page, words: str) -> None:
    """Open the form, write and send."""
    page.locator("#antwoord > summary").click()
    page.locator("#antwoord-tekst").fill(words)
    page.get_by_role("button", name="Verstuur naar").click()


def begin(page: Page) -> None:
    """The caret in an empty answer."""
    page.goto(TICKET + "#antwoord")
    expect(page.locator("#antwoord-tekst")).to_be_focused()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_sends_second_is_asked_first(site_ports: Ports, app: Flask, chromium: Chromium, scripts: bool) -> None:
    receive(site_ports, letter())
    with (
        served(app) as address,
        browsing(chromium, address, scripts=scripts) as mine,
        browsing(chromium, address, scripts=scripts) as his,
    ):
        marije, sander = signed_in(mine), signed_in(his, SANDER)
        for page in (marije, sander):
            page.goto(TICKET)
        marije.locator("#notitie > summary").click()
        marije.locator("#notitie-tekst").fill("Alleen voor ons.")
        marije.locator("#notitie > summary").click()
        answer(sander, "Ik heb het al geregeld.")
        expect(sander.locator(".msg-answer")).to_contain_text("al geregeld")
        answer(marije, "Dat kan <b>niet</b>.")
        box = marije.locator("#botsing")
        expect(box).to_contain_text("Er is iets bijgekomen sinds je begon")
        expect(box).to_contain_text("Ik heb het al geregeld.")
        if scripts:
            expect(box.locator("h2")).to_be_focused()
        assert marije.locator("#antwoord-tekst").input_value() == "Dat kan <b>niet</b>."
        assert sent(site_ports) == [(ASKER,)]
        marije.get_by_role("button", name="Verstuur toch").click()
        expect(marije.locator(".msg-answer")).to_have_count(2)
        assert sent(site_ports) == [(ASKER,), (ASKER,)]
        mails = b"".join(raw for _sender, _to, raw in site_ports.mailer.sent)  # type: ignore[attr-defined] # MemoryMailer
        assert b"Alleen voor ons" not in mails


def test_a_draft_survives_reload_and_a_second_tab(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        begin(page)
        page.keyboard.type("Een half antwoord")
        expect(page.locator("#antwoord .saved")).to_contain_text("Concept opgeslagen")
        page.keyboard.type(" en nog iets")
        page.wait_for_timeout(3000)
        page.reload()
        expect(page.locator("#antwoord-tekst")).to_have_value("Een half antwoord en nog iets")
        assert page.locator("#notitie-tekst").input_value() == ""
        second = context.new_page()
        second.goto(TICKET)
        expect(second.locator("#antwoord-tekst")).to_have_value("Een half antwoord en nog iets")
        assert page.evaluate("Object.keys(sessionStorage).filter(one => one.includes('draft'))") == []


def test_a_session_that_ended_costs_no_word(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        begin(page)
        with unit_of_work(site_ports, SYSTEM) as unit:
            unit.session.execute(delete(WebSession))
        page.keyboard.type("Geschreven na het einde")
        expect(page.locator("#verbinding")).to_contain_text("Je bent uitgelogd", timeout=10_000)
        page.get_by_role("button", name="Verstuur naar").click()
        expect(page.locator("#antwoord .trouble")).to_contain_text("Je tekst staat nog hier")
        assert page.locator("#antwoord-tekst").input_value() == "Geschreven na het einde"
        with context.expect_page() as opened:
            page.locator("#verbinding a").click()
        opened.value.get_by_label("E-mailadres").fill("marije@academie.example")
        opened.value.get_by_label("Wachtwoord").fill("een lang wachtwoord")
        opened.value.get_by_role("button", name="Inloggen").click()
        opened.value.wait_for_url("**/werk/w/**")
        page.goto(TICKET)
        expect(page.locator("#antwoord-tekst")).to_have_value("Geschreven na het einde")
        assert sent(site_ports) == []


@pytest.fixture
def web(site_ports: Ports, tmp_path: Path) -> Iterator[Web]:
    receive(site_ports, letter())
    site_ports.engine.dispose()
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
    found = Web(tmp_path, site_ports.settings.database)
    yield found
    found.kill()


@pytest.mark.parametrize("wait", [3000, 0])
def test_killing_the_web_costs_at_most_what_was_just_typed(web: Web, chromium: Chromium, wait: int) -> None:
    with browsing(chromium, f"http://127.0.0.1:{web.port}") as context:
        page = signed_in(context)
        begin(page)
        page.keyboard.type("Drie seconden oud")
        page.wait_for_timeout(wait)
        web.kill()
        if wait:
            page.close()
        else:
            page.keyboard.type(", en dit terwijl er niemand luistert")
            expect(page.locator("#antwoord .saved")).to_contain_text("Nog niet opgeslagen", timeout=10_000)
        web.start()
        if wait:
            page = context.new_page()
            page.goto(TICKET)
            expect(page.locator("#antwoord-tekst")).to_have_value("Drie seconden oud")
        else:
            expect(page.locator("#antwoord .saved")).to_contain_text("Concept opgeslagen", timeout=15_000)
            assert page.evaluate("Object.keys(sessionStorage).filter(one => one.includes('draft'))") == []
            page.reload()
            expect(page.locator("#antwoord-tekst")).to_have_value(
                "Drie seconden oud, en dit terwijl er niemand luistert"
            )
