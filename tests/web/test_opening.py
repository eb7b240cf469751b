"""Tickets that open in their place: focus, title, Back, drafts and the walk through the list, in a real browser."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from helpdesk.ports import Ports
from helpdesk.tickets import handling
from helpdesk.unit import unit_of_work
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import as_advisor, browsing, served, signed_in
from tests.web.conftest import SANDER
from tests.web.visitor import Page as Parts
from tests.web.visitor import Visitor

PAINTED = """() => new Promise(resolve => {
  const start = performance.now();
  new MutationObserver((_, watch) => { watch.disconnect();
    requestAnimationFrame(() => resolve(performance.now() - start)); })
    .observe(document.querySelector("main"), { childList: true });
  document.activeElement.click(); })"""


@pytest.fixture
def page(site_ports: Ports, app: Flask, chromium: Chromium) -> Iterator[Page]:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(30)))
    with served(app) as address, browsing(chromium, address) as context:
        # From the start: the browser lets the first request after a late `route` pass by it now and then.
        context.route("**/nergens", lambda route: route.abort())
        here = signed_in(context)
        here.evaluate("window.sameDocument = true")
        yield here


def same_document(page: Page) -> bool:
    return bool(page.evaluate("window.sameDocument === true"))


def row(page: Page, number: int) -> None:
    page.locator(f"#v-2026-{number:05} a").focus()


def test_a_part_holds_the_ticket_and_nothing_of_the_list(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    part = marije.get("/werk/w/open/2026-00001", X_Fragment="reader")
    assert part.text.startswith("<title>Training verzetten – Helpdesk</title>")
    assert {"vraag", "onderwerp", "kop", "berichten", "antwoord", "over"} <= set(Parts(part.text).ids)
    assert not {"rijen", "tellers"} & set(Parts(part.text).ids)


def test_enter_opens_in_place_and_back_returns_to_the_row(page: Page) -> None:
    page.evaluate("document.getElementById('lijst').scrollTop = 700")
    row(page, 14)
    stood = page.evaluate("document.getElementById('lijst').scrollTop")
    page.keyboard.press("Enter")
    page.wait_for_url("**/werk/w/open/2026-00014")
    expect(page.locator("h1")).to_be_focused()
    assert page.locator("h1").all_inner_texts() == ["Vraag 13"]
    assert page.title() == "Vraag 13 – Helpdesk"
    assert page.locator("#v-2026-00014 a[aria-current=true]").count() == 1
    assert page.locator("#rijen h2").count() == 0
    assert page.evaluate("document.getElementById('lijst').scrollTop") == stood
    page.go_back()
    expect(page.locator("#v-2026-00014 a")).to_be_focused()
    assert page.locator("h1").all_inner_texts() == ["Open vragen"]
    assert page.title() == "Open vragen – Helpdesk"
    assert page.evaluate("document.getElementById('lijst').scrollTop") == stood
    page.go_forward()
    expect(page.locator("h1")).to_be_focused()
    expect(page.locator("h1")).to_have_text("Vraag 13")
    page.keyboard.press("Escape")
    expect(page.locator("#v-2026-00014 a")).to_be_focused()
    assert same_document(page)


def test_what_is_likely_opened_next_is_there_already(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.headers.get("x-fragment") else None)
    with page.expect_response("**/2026-00004"):
        row(page, 3)
    assert sorted(url[-10:] for url in asked if "2026-0" in url) == ["2026-00003", "2026-00004"]
    page.wait_for_load_state("networkidle")
    ahead = float(page.evaluate(PAINTED))
    expect(page.locator("h1")).to_have_text("Vraag 2")
    page.locator("#v-2026-00020 a").evaluate("one => one.focus()")
    sys.stdout.write(
        f"opening: painted {ahead:.0f} ms when asked for ahead, {page.evaluate(PAINTED):.0f} ms when not\n"
    )
    expect(page.locator("h1")).to_have_text("Vraag 19")
    assert same_document(page)


def test_the_walk_goes_through_the_list_as_it_was_entered(site_ports: Ports, page: Page) -> None:
    row(page, 2)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Vraag 1")
    sander = as_advisor(site_ports, SANDER)
    with unit_of_work(site_ports, sander) as unit:
        handling.set_status(unit, "2026-00003", "done")
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text("Vraag 2")
    expect(page.locator("#kop .chips")).to_contain_text("Afgehandeld")
    page.keyboard.press("e")
    expect(page.locator("#kop .chips")).to_contain_text("Open")
    page.keyboard.press("e")
    expect(page.locator("#kop .chips")).to_contain_text("Afgehandeld")
    assert same_document(page)
    page.reload()
    expect(page.locator("#v-2026-00003")).to_have_count(0)
    page.keyboard.press("]")
    expect(page.locator("h1")).to_have_text("Vraag 3")
    page.get_by_role("link", name="Vorige", exact=True).click()
    expect(page.locator("h1")).to_have_text("Vraag 2")
    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(page.locator("h1")).to_have_text("Vraag 0")
    page.keyboard.press("[")
    expect(page.locator("#zeg")).to_have_text("Dit is de eerste vraag van de lijst.")
    expect(page.get_by_role("link", name="Vorige", exact=True)).to_have_count(0)


def test_without_scripts_the_neighbours_are_links(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(3)))
    with served(app) as address, browsing(chromium, address, scripts=False) as context:
        page = signed_in(context)
        page.get_by_role("link", name="Vraag 0").click()
        assert page.get_by_role("link", name="Vorige", exact=True).count() == 0
        page.get_by_role("link", name="Volgende", exact=True).click()
        assert page.locator("h1").inner_text() == "Vraag 1"


def test_what_is_typed_is_a_draft_before_another_ticket_opens(page: Page) -> None:
    row(page, 1)
    page.keyboard.press("r")
    expect(page.locator("#antwoord-tekst")).to_be_focused()
    page.keyboard.type("Half af")
    page.locator("#antwoord input[name=files]").set_input_files(
        {"name": "rooster.txt", "mimeType": "text/plain", "buffer": b"rooster"}
    )
    page.locator("#v-2026-00002 a").click()
    expect(page.locator("h1")).to_have_text("Vraag 1")
    assert page.locator("#antwoord-tekst").input_value() == ""
    page.go_back()
    expect(page.locator("h1")).to_have_text("Vraag 0")
    assert page.locator("#antwoord-tekst").input_value() == "Half af"
    expect(page.get_by_label("rooster.txt")).to_be_checked()
    assert same_document(page)


def test_what_cannot_be_kept_stays_on_the_screen(page: Page) -> None:
    row(page, 1)
    page.keyboard.press("r")
    expect(page.locator("#antwoord-tekst")).to_be_focused()

    def cut(route: Route) -> None:
        route.abort()

    page.route("**/concept/answer", cut)
    page.keyboard.type("Half af")
    page.locator("#v-2026-00002 a").click()
    expect(page.locator("#zeg-nu")).to_contain_text("Je tekst is nog niet opgeslagen")
    assert page.locator("#antwoord-tekst").input_value() == "Half af"
    page.go_back()
    expect(page.locator("#zeg-nu")).to_contain_text("Je tekst is nog niet opgeslagen")
    page.wait_for_url("**/2026-00001")
    page.unroute("**/concept/answer")
    page.locator("#v-2026-00002 a").click()
    expect(page.locator("h1")).to_have_text("Vraag 1")
    assert same_document(page)


def test_in_doubt_the_page_is_loaded(page: Page) -> None:
    def broken(route: Route) -> None:
        if route.request.headers.get("x-fragment") == "reader":
            route.fulfill(status=500, body="?")
        else:
            route.continue_()

    page.route("**/2026-00005", broken)
    page.locator("#v-2026-00005 a").click()
    expect(page.locator("h1")).to_have_text("Vraag 4")
    assert not same_document(page)


def test_on_a_telephone_the_list_and_the_ticket_take_turns(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(20)))
    with served(app) as address, browsing(chromium, address, width=375, height=700) as context:
        page = signed_in(context)
        page.evaluate("window.sameDocument = true")
        page.evaluate("scrollTo(0, 600)")
        page.locator("#v-2026-00010 a").click()
        expect(page.locator("h1:visible")).to_have_text("Vraag 9")
        expect(page.locator("#lijst")).not_to_be_visible()
        assert page.evaluate("scrollY") == 0
        page.locator(".back a").click()
        expect(page.locator("#v-2026-00010 a")).to_be_focused()
        expect(page.locator("h1:visible")).to_have_text("Open vragen")
        assert abs(page.evaluate("scrollY") - 600) <= 1
        assert same_document(page)
