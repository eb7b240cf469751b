"""The workspace at every size: what it weighs, where Send is, that the focus shows, that a pane has one heading."""

from __future__ import annotations

import gzip
import sys

import pytest
from flask import Flask
from playwright.sync_api import Page, Response, expect

from helpdesk.ports import Ports
from helpdesk.tickets import replying
from helpdesk.unit import unit_of_work
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import TICKET, as_advisor, browsing, served, signed_in
from tests.web.conftest import SANDER
from tests.web.test_browser import LONG, problems

KILO = 1000
SIZES = ((1440, 900), (1280, 560), (1024, 768), (768, 1024), (375, 812), (320, 568), (320, 256))
IN_VIEW = """one => { const at = one.getBoundingClientRect();
  const over = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
  return at.width > 0 && at.top >= 0 && at.bottom <= innerHeight && at.left >= 0 && at.right <= innerWidth
    && (over === one || one.contains(over)); }"""
COVERED = """() => { const one = document.activeElement, at = (one.closest(".row") ?? one).getBoundingClientRect();
  if (one === document.body || at.width === 0) { return "nothing: " + one.tagName; }
  const seen = [[.5, .5], [.1, .2], [.9, .8], [.5, .1], [.5, .9]].some(([x, y]) => {
    const over = document.elementFromPoint(at.x + at.width * x, at.y + at.height * y);
    return over && (one.contains(over) || over.contains(one) || one.closest(".row")?.contains(over)); });
  return seen ? "" : one.outerHTML.slice(0, 100); }"""


def five_hundred(ports: Ports) -> None:
    """One ticket of 500 messages, and so many others that the list is full."""
    receive(ports, letter(subject=LONG))
    sander = as_advisor(ports, SANDER)
    with unit_of_work(ports, sander) as unit:
        for number in range(499):
            replying.add_note(unit, "2026-00001", f"Notitie **{number}** over de planning.", f"n{number}")
    receive(ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n} {LONG}") for n in range(60)))


def weights(page: Page, path: str) -> tuple[dict[str, int], int]:
    """Bytes by kind as a server with gzip sends them, and the number of requests, of a first visit."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - a built-in can't be a listener
    page.goto(path)
    page.wait_for_load_state("networkidle")
    kinds = {"document": "html", "stylesheet": "css", "script": "js"}
    found = dict.fromkeys((*kinds.values(), "other"), 0)
    for answer in answers:
        found[kinds.get(answer.request.resource_type, "other")] += len(gzip.compress(answer.body(), 6))
    return found, len(answers)


def test_a_ticket_of_500_messages_beside_a_full_list_keeps_within_its_budget(
    site_ports: Ports, app: Flask, chromium: Chromium
) -> None:
    five_hundred(site_ports)
    with served(app) as address, browsing(chromium, address) as context:
        signed_in(context).close()
        page = context.new_page()
        found, requests = weights(page, TICKET)
        messages = page.locator("#berichten > article").count()
        nodes = page.evaluate("document.querySelectorAll('*').length")
        rows = page.locator(".row").count()
        first = page.locator("#berichten > article").first
        name = first.get_attribute("id")
        page.locator("#berichten").evaluate("one => one.scrollTop = 0")
        before = page.locator(f"#{name}").bounding_box()
        page.get_by_role("link", name="Eerdere 20 berichten tonen").click()
        expect(page.locator("#berichten > article")).to_have_count(40)
        after = page.locator(f"#{name}").bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["y"] - after["y"]) <= 1, "earlier messages move nothing"
    sys.stdout.write(f"workspace: {found} bytes gz, {requests} requests, {nodes} nodes, {messages} messages\n")
    assert (messages, rows) == (20, 50)
    assert nodes <= 1500
    assert found["html"] <= 30 * KILO
    assert found["css"] <= 20 * KILO
    assert found["js"] <= 60 * KILO
    assert sum(found.values()) <= 130 * KILO
    assert requests <= 25


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("kind", ["antwoord", "notitie"])
def test_send_is_in_view_and_nothing_is_wider_than_the_window(
    site_ports: Ports, app: Flask, chromium: Chromium, width: int, height: int, kind: str
) -> None:
    receive(site_ports, letter("Zie " + "x" * 300, subject=LONG, sender=f"{'Wilhelmina ' * 6} <w@minbz.example>"))
    with served(app) as address, browsing(chromium, address, width=width, height=height, scripts=False) as context:
        page = signed_in(context)
        page.goto(TICKET)
        assert problems(page, width) == []
        assert page.locator("h1:visible").count() == 1
        page.locator(f"#{kind} > summary").click()
        assert problems(page, width) == []
        assert page.locator(f"#{kind} button.primary").evaluate(IN_VIEW), "Send is not in view"
        page.locator(f"#{kind} textarea").focus()
        page.keyboard.insert_text("Een regel\n" * 40)
        assert page.locator(f"#{kind} button.primary").evaluate(IN_VIEW), "Send is pushed out of view"


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (768, 600), (375, 812), (320, 256)])
def test_the_focus_is_always_seen(site_ports: Ports, app: Flask, chromium: Chromium, width: int, height: int) -> None:
    receive(site_ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(12)))
    with served(app) as address, browsing(chromium, address, width=width, height=height) as context:
        page = signed_in(context)
        hidden = []
        for path in ("/werk/w/open", TICKET, TICKET + "#antwoord"):
            page.goto(path)
            page.wait_for_load_state("networkidle")
            for key in ("Tab",) * 45 + ("Shift+Tab",) * 20:
                page.keyboard.press(key)
                found = page.evaluate(COVERED)
                hidden += [] if found.startswith("nothing: BODY") or not found else [(path, found)]
        assert hidden == []


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (375, 812)])
def test_text_twice_as_large_folds_the_page(
    site_ports: Ports, app: Flask, chromium: Chromium, width: int, height: int
) -> None:
    receive(site_ports, letter(subject=LONG))
    with served(app) as address, browsing(chromium, address, width=width, height=height) as context:
        page = signed_in(context)
        page.goto(TICKET)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_paper_has_the_words_and_no_buttons(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        page.goto(TICKET)
        page.emulate_media(media="print")
        assert page.locator("#berichten .text").is_visible()
        shown = page.evaluate("""[...document.querySelectorAll("button, summary, nav, .list, .composer")]
            .filter(one => one.offsetParent && one.closest("header, nav, .list, .composer")).length""")
        assert shown == 0
