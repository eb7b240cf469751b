"""The keys as a dialog over the page, and the line at the first letter that ever did something."""

from __future__ import annotations

from flask import Flask
from playwright.sync_api import Route, expect

from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.services.chromium import Chromium
from tests.web.browsing import browsing, served, signed_in


def test_the_keys_come_as_a_dialog_and_go_without_a_trace(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    cut: list[bool] = []

    def line(route: Route) -> None:
        if cut and route.request.resource_type == "fetch":
            route.abort()
        else:
            route.continue_()

    with served(app) as address, browsing(chromium, address) as context:
        # From the start: the browser lets the first request after a late `route` pass by it now and then.
        context.route("**/werk/hulp", line)
        page = signed_in(context)
        page.locator("#v-2026-00001 a").focus()
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog", name="Toetsen")
        expect(dialog.get_by_role("table", name="In de lijst")).to_be_visible()
        expect(dialog.get_by_role("heading", name="Toetsen")).to_be_focused()
        page.keyboard.press("e")
        expect(page.locator("#v-2026-00001")).not_to_have_class("ghost")
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.locator("#v-2026-00001 a")).to_be_focused()
        cut.append(True)
        page.keyboard.press("?")
        page.wait_for_url("**/werk/hulp")


def test_the_first_letter_says_what_it_did_once(site_ports: Ports, app: Flask, chromium: Chromium) -> None:
    receive(site_ports, letter())
    with served(app) as address, browsing(chromium, address) as context:
        page = signed_in(context)
        page.keyboard.press("j")
        expect(page.locator(".toast")).to_contain_text("Je drukte op de toets j: Volgende vraag.")
        expect(page.get_by_role("link", name="Sneltoetsen uitzetten")).to_be_visible()
        page.locator(".toast").get_by_role("button", name="Sluiten").click()
        expect(page.locator(".toast")).to_have_count(0)
        page.reload()
        page.keyboard.press("j")
        expect(page.locator("#v-2026-00001 a")).to_be_focused()
        expect(page.locator(".toast")).to_have_count(0)
