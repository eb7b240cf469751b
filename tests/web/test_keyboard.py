"""The whole loop with the keyboard alone: nothing here but `keyboard.*` acts on the page; the rest only reads it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from helpdesk.people.preferences import Preferences, set_preferences
from helpdesk.ports import Ports
from helpdesk.unit import unit_of_work
from tests.letters import ASKER, letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import as_advisor, browsing, served
from tests.web.conftest import MARIJE
from tests.web.test_inbox import sent
from tests.web.visitor import PASSWORD

Say = Callable[[str, object], None]
LONGEST_NAME = 200
"""A pane that scrolls can have the focus too; its words are not its name."""


class Typist:
    """Presses keys and counts them; words typed count nothing."""

    def __init__(self, page: Page) -> None:
        self.page, self.strokes = page, 0

    def press(self, *keys: str) -> None:
        """Press these one after another."""
        for key in keys:
            self.page.keyboard.press(key)
            self.strokes += 1

    def write(self, words: str) -> None:
        """Type words."""
        self.page.keyboard.type(words)

    def tab_to(self, name: str, key: str = "Tab", limit: int = 80) -> None:
        """Press Tab until the focus is on what bears this name."""
        for _ in range(limit):
            self.press(key)
            if name in self.focused():
                return
        raise AssertionError(f"{key} never comes to {name}")

    def focused(self) -> str:
        """The id and the words of what has the focus."""
        here = self.page.locator(":focus")
        if here.count() == 0:
            return ""
        words = " ".join((here.text_content() or "").split())
        return f"#{here.get_attribute('id')} {words if len(words) < LONGEST_NAME else ''}"


def enter(typist: Typist) -> None:
    """Sign in."""
    typist.page.goto("/werk")
    typist.tab_to("#veld-email")
    typist.write(MARIJE)
    typist.tab_to("#veld-password")
    typist.write(PASSWORD)
    typist.press("Enter")
    typist.page.wait_for_url("**/werk/w/**")


def two_mails(ports: Ports) -> None:
    receive(ports, letter())
    receive(
        ports, letter("Nog een vraag", subject="Certificaat", message_id="<m2@x>", sender="Ahmed <ahmed@x.example>")
    )


def after_the_loop(page: Page, ports: Ports) -> None:
    """What must be there in the end: answered once, noted, mine and done."""
    expect(page.locator("#kop .chips")).to_contain_text("Afgehandeld")
    expect(page.locator("#kop .chips")).to_contain_text("Marije Bos")
    expect(page.locator(".msg-note")).to_contain_text("Planning gebeld.")
    assert sent(ports) == [(ASKER,)]


def test_the_loop_with_the_keys_of_the_workspace(
    site_ports: Ports, app: Flask, chromium: Chromium, record_property: Say
) -> None:
    two_mails(site_ports)
    with served(app) as address, browsing(chromium, address) as context:
        typist = Typist(context.new_page())
        page = typist.page
        enter(typist)
        before = typist.strokes
        typist.press("g", "n")
        page.wait_for_url("**/niet-toegewezen")
        typist.press("j", "Enter")
        page.wait_for_url("**/2026-00001")
        expect(page.locator("h1")).to_be_focused()
        typist.press("i")
        expect(page.locator("#kop")).to_contain_text("toegewezen aan Marije Bos")
        typist.press("r")
        typist.write("Dat kan.")
        typist.press("Control+Enter")
        expect(page.get_by_role("button", name="Ongedaan maken")).to_be_focused()
        typist.press("z")
        page.wait_for_url("**#antwoord")
        expect(page.locator("#antwoord-tekst")).to_be_focused()
        assert page.locator("#antwoord-tekst").input_value() == "Dat kan."
        typist.write(" In januari.")
        typist.press("Control+Enter")
        expect(page.get_by_role("button", name="Ongedaan maken")).to_be_focused()
        typist.press("n")
        typist.write("Planning gebeld.")
        typist.press("Control+Enter")
        expect(page.locator(".msg-note")).to_have_count(1)
        typist.press("e")
        after_the_loop(page, site_ports)
        typist.press("Escape")
        page.wait_for_url("**/niet-toegewezen")
        expect(page.locator("#lijst")).to_be_focused()
        record_property("said", f"keyboard with keys: {typist.strokes - before} strokes after sign-in")
        assert typist.strokes - before < 20


def test_the_loop_with_tab_and_enter_when_keys_are_off(
    site_ports: Ports, app: Flask, chromium: Chromium, record_property: Say
) -> None:
    two_mails(site_ports)
    marije = as_advisor(site_ports, MARIJE)
    with unit_of_work(site_ports, marije) as unit:
        set_preferences(unit, marije.account_id or 0, Preferences(shortcuts="off"))
    with served(app) as address, browsing(chromium, address) as context:
        typist = Typist(context.new_page())
        page = typist.page
        enter(typist)
        typist.tab_to("Training verzetten")
        typist.press("i", "r", "e", "j")
        assert page.url.endswith("/werk/w/open"), "letters do nothing now"
        typist.press("Enter")
        page.wait_for_url("**/2026-00001")
        expect(page.locator("h1")).to_be_focused()
        typist.tab_to("Ik pak deze vraag")
        typist.press("Enter")
        expect(page.locator("#kop")).to_contain_text("toegewezen aan Marije Bos")
        typist.tab_to("Beantwoorden")
        typist.press("Enter")
        typist.tab_to("#antwoord-tekst")
        typist.write("Dat kan.")
        typist.tab_to("Verstuur naar Femke de Vries")
        typist.press("Enter")
        expect(page.get_by_role("button", name="Ongedaan maken")).to_be_focused()
        typist.tab_to("Interne notitie")
        typist.press("Enter")
        typist.tab_to("#notitie-tekst")
        typist.write("Planning gebeld.")
        typist.tab_to("Bewaar notitie")
        typist.press("Enter")
        expect(page.locator(".msg-note")).to_have_count(1)
        typist.tab_to("Afhandelen", "Shift+Tab")
        typist.press("Enter")
        after_the_loop(page, site_ports)
        record_property("said", f"keyboard with keys off, Tab and Enter alone: {typist.strokes} strokes")


@pytest.mark.parametrize(("choice", "key"), [("on", "e"), ("ctrl", "Control+e")])
def test_keys_as_chosen_and_never_while_one_types(
    site_ports: Ports, app: Flask, chromium: Chromium, choice: str, key: str
) -> None:
    two_mails(site_ports)
    marije = as_advisor(site_ports, MARIJE)
    with unit_of_work(site_ports, marije) as unit:
        set_preferences(unit, marije.account_id or 0, Preferences(shortcuts=choice))
    with served(app) as address, browsing(chromium, address) as context:
        typist = Typist(context.new_page())
        page = typist.page
        enter(typist)
        page.goto("/werk/w/open/2026-00001#notitie")
        expect(page.locator("#notitie-tekst")).to_be_focused()
        typist.write("e.j/zq[")
        assert page.locator("#notitie-tekst").input_value() == "e.j/zq["
        expect(page.locator("#kop .chips")).to_contain_text("Nieuw")
        typist.press("Escape")
        typist.press(key)
        expect(page.locator("#kop .chips")).to_contain_text("Afgehandeld")
