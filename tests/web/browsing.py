"""Browsers on a running site, for tests: the server in this process, and what a page looks like from outside."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import BrowserContext, Page
from werkzeug.serving import ThreadedWSGIServer

from helpdesk.people.accounts import account_named
from helpdesk.ports import Ports
from helpdesk.unit import Actor, unit_of_work
from tests.services.chromium import Chromium
from tests.web.conftest import MARIJE
from tests.web.visitor import PASSWORD

TICKET = "/werk/w/open/2026-00001"


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The application on a free port of this machine; at the end nothing it began goes on."""
    server = ThreadedWSGIServer("127.0.0.1", 0, app)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def browsing(
    chromium: Chromium, address: str, *, scripts: bool = True, width: int = 1440, height: int = 900, dark: bool = False
) -> Iterator[BrowserContext]:
    """A browser with its own cookies, Dutch, with or without scripts."""
    context = chromium.browser.new_context(
        base_url=address,
        java_script_enabled=scripts,
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="nl-NL",
    )
    context.set_default_timeout(15_000)
    try:
        yield context
    finally:
        context.close()


def signed_in(context: BrowserContext, email: str = MARIJE) -> Page:
    """A page of somebody who is signed in, at the list."""
    page = context.new_page()
    page.goto("/inloggen")
    page.get_by_label("E-mailadres").fill(email)
    page.get_by_label("Wachtwoord").fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url("**/werk/w/**")
    return page


def as_advisor(ports: Ports, email: str) -> Actor:
    """The actor of an account."""
    with unit_of_work(ports, Actor(roles=frozenset({"system"})), write=False) as unit:
        return Actor(account_named(unit, email).id, frozenset({"advisor"}))
