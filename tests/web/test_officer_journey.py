"""A list from the overview to its certificate with the keyboard alone, by two people: only keys act on a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import expect

from helpdesk.ports import Ports
from helpdesk.privacy import destruction, listing
from tests.disposal import due, pass_window
from tests.letters import wait
from tests.services.chromium import Chromium
from tests.web.browsing import browsing, served
from tests.web.conftest import FENNA, PRIYA
from tests.web.test_keyboard import Typist
from tests.web.visitor import PASSWORD

Say = Callable[[str, object], None]
OVERVIEW = "/privacybeheer/bewaartermijnen"


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


def exception_and_proposal(typist: Typist) -> None:
    """The administrator takes one ticket off, for a reason, and proposes the rest."""
    enter(typist, FENNA)
    go_to(typist, "Vernietiging", "VL-1")
    tab_onto(typist, "Uitzonderen V-2026-00002")
    typist.press("Enter", "Tab")
    typist.write("iemand")
    typist.press("Tab")
    with typist.page.expect_navigation():
        typist.press("Enter")
    expect(typist.page.locator(".notice")).to_contain_text("drie maanden uitgezonderd")
    go_to(typist, "Stel deze lijst voor")
    expect(typist.page.locator(".steps [aria-current]")).to_have_text("Akkoord")


def approval(typist: Typist) -> None:
    """The privacy officer sees the exception with its reason, and types how many go."""
    enter(typist, PRIYA)
    go_to(typist, "Vernietiging", "VL-1")
    expect(typist.page.locator("tr.gone")).to_contain_text("iemand heeft bezwaar · Fenna Beheer")
    typist.tab_to("#veld-count")
    typist.write("5")
    with typist.page.expect_navigation():
        typist.press("Enter")
    expect(typist.page.locator(".steps [aria-current]")).to_have_text("Wachttijd")


def test_from_the_overview_to_the_certificate(
    site_ports: Ports, app: Flask, chromium: Chromium, record_property: Say
) -> None:
    due(site_ports, 6)
    listing.propose(site_ports)
    with served(app) as address:
        with browsing(chromium, address) as context:
            first = Typist(context.new_page())
            exception_and_proposal(first)
        with browsing(chromium, address) as context:
            second = Typist(context.new_page())
            approval(second)
        pass_window(site_ports)
        destruction.run(site_ports)
        wait(site_ports, dt.timedelta(days=40))
        with browsing(chromium, address) as context:
            third = Typist(context.new_page())
            enter(third, PRIYA)
            go_to(third, "Vernietiging", "VL-1", "Naar de verklaring")
            expect(third.page.locator("h1")).to_contain_text("Verklaring van vernietiging")
            expect(third.page.locator("main")).to_contain_text("verklaring_R13_2028-01.json")
            tab_onto(third, "Download als PDF")
            with third.page.expect_download() as download:
                third.press("Enter")
            assert download.value.suggested_filename == "verklaring_R13_2028-01.pdf"
            assert download.value.path().read_bytes().startswith(b"%PDF-")
    record_property("said", f"officer: strokes={first.strokes + second.strokes + third.strokes}")
