"""Text, rows and panes as large as each chose; the page never wider than the window."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Page, expect

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import TICKET, browsing, served, signed_in
from tests.web.test_browser import LONG, problems

HEIGHTS = {"Ruim": 96, "Normaal": 80, "Compact: twee regels": 48}


def chosen(page: Page, group: str, name: str) -> None:
    page.goto("/werk/instellingen")
    page.get_by_role("group", name=group).get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(page.locator(".notice")).to_have_text("Je keuzes zijn opgeslagen.")


def test_rows_and_text_without_scripts(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter(subject=LONG))
    with served(app) as address, browsing(chromium, address, scripts=False, width=1280) as context:
        page = signed_in(context)
        for name, height in HEIGHTS.items():
            chosen(page, "Rijen van de lijst", name)
            page.goto(TICKET)
            box = page.locator(".row").bounding_box()
            assert box is not None
            assert abs(box["height"] - height) <= 2, name
            assert problems(page, 1280) == []
        for size in (112, 125):
            chosen(page, "Grootte van de tekst", f"{size} %")
            page.goto(TICKET)
            assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 16 * size / 100
            assert problems(page, 1280) == []
        chosen(page, "Breedte van de lijst, op dit apparaat", "Smal")
        page.goto(TICKET)
        assert abs(page.evaluate("document.getElementById('lijst').offsetWidth") - 17 * 20) <= 1


def test_the_line_between_list_and_ticket(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        page.goto(TICKET)
        line = page.get_by_role("separator", name="Breedte van de lijst")
        width = "document.getElementById('lijst').offsetWidth"
        start = round(page.evaluate(width) / 16)
        assert 19 <= start <= 24, "as wide as the window allows while nobody chose"
        expect(line).to_have_attribute("aria-valuenow", str(start))
        line.focus()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        expect(line).to_have_attribute("aria-valuenow", str(start - 2))
        assert abs(page.evaluate(width) - (start - 2) * 16) <= 1
        page.reload()
        assert abs(page.evaluate(width) - (start - 2) * 16) <= 1, "it comes with the page"
        box = line.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 4, 500)
        page.mouse.down()
        page.mouse.move(box["x"] - 160, 500)
        page.mouse.up()
        assert abs(page.evaluate(width) - 17 * 16) <= 1
        page.goto("/werk/instellingen")
        group = page.get_by_role("group", name="Breedte van de lijst, op dit apparaat")
        expect(group.get_by_label("Smal")).to_be_checked()
        group.get_by_label("Normaal").check()
        page.get_by_role("button", name="Opslaan", exact=True).click()
        page.goto(TICKET)
        assert round(page.evaluate(width) / 16) == start, "nothing chosen again"
