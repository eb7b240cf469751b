"""A list from the overview to its certificate with the keyboard alone: only keys act on a page.

The officer takes a ticket off, so that neither she nor who proposed the list can be its second person.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import expect

from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, listing
from helpdesk.unit import SYSTEM, unit_of_work
from tests.disposal import due, pass_window
from tests.letters import wait
from tests.services.chromium import Chromium
from tests.web.browsing import browsing, served
from tests.web.conftest import FENNA, PRIYA
from tests.web.test_keyboard import Typist
from tests.web.visitor import PASSWORD

Say = Callable[[str, object], None]
OVERVIEW = "/privacybeheer/bewaartermijnen"
RENS = "rens@academie.example"


def enter(typist: Typist, email: str) -> None:
    """Sign in and come to the overview."""
    typist.page.goto("/inloggen")
    typist.tab_to("#veld-email")
    typist.write(email)
    typist.tab_to("#veld-password")
    typist.write(PASSWORD)
    with typist.page.expect_navigation():
        typist.press("Enter")
    go_to(typist, "Bewaartermijnen")
    assert urlsplit(typist.page.url).path == OVERVIEW


def tab_onto(typist: Typist, name: str) -> None:
    """Press Tab until the focus is on what is called just so; a table that scrolls holds the words of its links."""
    for _ in range(160):
        typist.press("Tab")
        if typist.focused().partition(" ")[2] == name:
            return
    raise AssertionError(f"Tab never comes to {name}")


def go_to(typist: Typist, *names: str) -> None:
    """Tab to each of these links and follow it."""
    for name in names:
        tab_onto(typist, name)
        with typist.page.expect_navigation():
            typist.press("Enter")


def exception(typist: Typist) -> None:
    """The privacy officer takes one ticket off, for a reason."""
    enter(typist, PRIYA)
    go_to(typist, "Vernietiging", "VL-1")
    tab_onto(typist, "Uitzonderen V-2026-00002")
    typist.press("Enter", "Tab")
    typist.write("iemand")
    typist.press("Tab")
    with typist.page.expect_navigation():
        typist.press("Enter")
    expect(typist.page.locator(".notice")).to_contain_text("drie maanden uitgezonderd")


def proposal(typist: Typist) -> None:
    """The administrator proposes the rest."""
    enter(typist, FENNA)
    go_to(typist, "Vernietiging", "VL-1", "Stel deze lijst voor")
    expect(typist.page.locator(".steps [aria-current]")).to_have_text("Akkoord")


def approval(typist: Typist) -> None:
    """The record manager sees the exception with its reason, and types how many go; a wrong number first."""
    enter(typist, RENS)
    go_to(typist, "Vernietiging", "VL-1")
    expect(typist.page.locator("tr.gone")).to_contain_text("iemand heeft bezwaar · Priya Privacy")
    typist.tab_to("#veld-count")
    typist.write("7")
    with typist.page.expect_navigation():
        typist.press("Enter")
    expect(typist.page.locator(".box-danger")).to_be_focused()
    typist.press("Tab", "Enter")
    expect(typist.page.locator("#veld-count")).to_be_focused()
    typist.press("Control+a")
    typist.write("5")
    with typist.page.expect_navigation():
        typist.press("Enter")
    expect(typist.page.locator(".steps [aria-current]")).to_have_text("Wachttijd")


def in_turn(chromium: Chromium, address: str, *parts: Callable[[Typist], None]) -> int:
    """Everybody does their part, each in a browser of their own; how many strokes it took together."""
    strokes = 0
    for part in parts:
        with browsing(chromium, address) as context:
            typist = Typist(context.new_page())
            part(typist)
            strokes += typist.strokes
    return strokes


def test_from_the_overview_to_the_certificate(
    site_ports: Ports, app: Flask, chromium: Chromium, record_property: Say
) -> None:
    with unit_of_work(site_ports, SYSTEM) as unit:
        create_account(unit, RENS, "Rens Archief", ["record_manager"], PASSWORD, from_start=True)
    due(site_ports, 6)
    listing.propose(site_ports)
    with served(app) as address:
        strokes = in_turn(chromium, address, exception, proposal, approval)
        pass_window(site_ports)
        destruction.run(site_ports)
        wait(site_ports, dt.timedelta(days=40))
        with browsing(chromium, address) as context:
            last = Typist(context.new_page())
            enter(last, PRIYA)
            go_to(last, "Vernietiging", "VL-1", "Naar de verklaring")
            expect(last.page.locator("h1")).to_contain_text("Verklaring van vernietiging")
            expect(last.page.locator("main")).to_contain_text("verklaring_R13_2028-01.json")
            tab_onto(last, "Download als PDF")
            with last.page.expect_download() as download:
                last.press("Enter")
            assert download.value.suggested_filename == "verklaring_R13_2028-01.pdf"
            assert download.value.path().read_bytes().startswith(b"%PDF-")
    record_property("said", f"officer: strokes={strokes + last.strokes}")
