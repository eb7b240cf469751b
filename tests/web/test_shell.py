"""What a browser keeps of the pages for people who ask: files of ours and one page, and no word of anybody."""

from __future__ import annotations

import json
import re

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from playwright.sync_api import Error as BrowserError

from helpdesk.knowledge.articles import Words
from helpdesk.people import requester_sessions
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.knowledge import write
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.asker import FEMKE
from tests.web.browsing import as_advisor, browsing, served
from tests.web.conftest import MARIJE
from tests.web.visitor import Visitor

KEPT = """async () => { const found = [];
  for (const name of await caches.keys())
    for (const one of await (await caches.open(name)).keys()) {
      const answer = await (await caches.open(name)).match(one);
      found.push([new URL(one.url).pathname, await answer.text()]);
    }
  return JSON.stringify([found, (await indexedDB.databases()).length, localStorage.length, sessionStorage.length]); }"""
WORD = "kwetterzwaluw"


def asker(context: BrowserContext, ports: Ports, address: str) -> Page:
    """A page of somebody who is signed in."""
    with unit_of_work(ports, SYSTEM) as unit:
        token = requester_sessions.open_session(unit, FEMKE)
    context.add_cookies([{"name": "vragen", "value": token, "url": address}])
    return context.new_page()


def test_nothing_of_anybody_is_kept_and_without_a_line_one_page_says_so(
    site_ports: Ports, app: Flask, chromium: Chromium
) -> None:
    receive(site_ports, letter(WORD, subject=f"Over {WORD}"))
    with served(app) as address, browsing(chromium, address) as context:
        page = asker(context, site_ports, address)
        page.goto("/mijn-vragen")
        page.evaluate("async () => { await navigator.serviceWorker.ready; }")
        page.goto("/mijn-vragen/2026-00001")
        assert WORD in page.content()
        expect(page.get_by_role("heading", level=1)).to_contain_text(WORD)
        found, databases, local, session = json.loads(page.evaluate(KEPT))
        paths = [path for path, _text in found]
        assert "/zonder-verbinding" in paths
        assert all(path.startswith("/static/") or path == "/zonder-verbinding" for path in paths), paths
        assert not [path for path, text in found if WORD in text or FEMKE in text]
        assert (databases, local, session) == (0, 0, 0)
        context.set_offline(True)
        page.goto("/mijn-vragen")
        expect(page.get_by_role("heading", level=1)).to_have_text("Er is geen verbinding")
        with pytest.raises(BrowserError, match="ERR_INTERNET_DISCONNECTED"):
            page.goto("/werk/w/mijn")
        context.set_offline(False)
        page.goto("/mijn-vragen")
        page.get_by_role("button", name="Uitloggen").click()
        page.wait_for_url("**/inloggen")
        assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
        assert json.loads(page.evaluate(KEPT)) == [[], 0, 0, 0]


def test_another_release_is_another_worker(stranger: Visitor) -> None:
    answer = stranger.get("/dienst.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-store"
    release, files = (json.loads(line.partition(" = ")[2].rstrip(";")) for line in answer.text.split("\n")[:2])
    assert re.fullmatch(r"[0-9a-f]{12}", release)
    assert [path for path in files if not re.fullmatch(r"/static/[a-z.]+\?v=[0-9a-f]{12}", path)] == [
        "/zonder-verbinding"
    ]


def test_answers_that_may_help_come_without_moving_the_form(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    writer = as_advisor(site_ports, MARIJE)
    write(site_ports, writer, Words("Reiskosten declareren", "Zo declareer je je reiskosten."))
    with served(app) as address, browsing(chromium, address, width=320) as context:
        page = asker(context, site_ports, address)
        page.goto("/mijn-vragen/nieuw")
        place = page.locator("#veld-text").bounding_box()
        page.get_by_label("Waar gaat het over?").fill("Hoe kan ik mijn reiskosten declareren?")
        expect(page.get_by_role("link", name="Reiskosten declareren")).to_be_visible()
        expect(page.locator("[data-suggest] [role=status]")).to_have_text("1 mogelijk antwoord gevonden")
        assert page.locator("#veld-text").bounding_box() == place
        expect(page.get_by_label("Waar gaat het over?")).to_be_focused()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
