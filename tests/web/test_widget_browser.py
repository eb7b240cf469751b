"""The chat on a page of another site, in a real browser under a strict policy; and axe in every state of the chat."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from sqlalchemy import func, select

from helpdesk.adapters.memory import SetClock
from helpdesk.models import Entry
from helpdesk.people import requester_sessions
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.chats import Office
from tests.conftest import PortsMaker, copied
from tests.made_app import made_app
from tests.services.chromium import Chromium
from tests.ui import looking
from tests.web.asker import FEMKE, code_in, mailed
from tests.web.browsing import as_advisor, browsing, served
from tests.web.sites import AHMED, SITE, Intranet, Made, intranet, sessions, shown_on

FRAME = "/chat/venster"


@pytest.fixture
def made(make_ports: PortsMaker, staffed_template: Path, sqlite_place: Path, tmp_path: Path) -> Made:
    """Makes ports whose chat these sites may show."""
    return lambda *origins, **settings: shown_on(
        make_ports, copied(staffed_template, sqlite_place), tmp_path, *origins, **settings
    )


def opened(context: BrowserContext, site: Intranet) -> tuple[Page, FrameLocator]:
    """The page with its panel open."""
    page = context.new_page()
    page.goto(site.address)
    button = page.get_by_role("button", name="Chat met een leeradviseur")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    return page, page.frame_locator("iframe")


def faults(page: Page) -> list[str]:
    """What axe finds on the page, and in its frame, which axe on the page may not look into."""
    looking.prepare(page)
    found = []
    for frame in page.frames:
        frame.evaluate(looking.LOOKING)
        found += looking.axe(cast("Page", frame)).faults
    return found


def lines(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(Entry).where(Entry.kind == "chat")) or 0


def test_a_page_of_another_site_opens_the_chat_and_says_a_line(made: Made, chromium: Chromium) -> None:
    with intranet(made) as (site, ports), browsing(chromium, site.address) as context:
        office = Office(ports)
        advisor = office.advisor("Pim Bakker")
        page, frame = opened(context, site)
        expect(frame.get_by_role("heading", level=1)).to_have_text("Chat met een leeradviseur")
        frame.get_by_label("Je bericht").fill("Kan ik de training verzetten?")
        frame.get_by_role("button", name="Verstuur bericht").click()
        expect(frame.locator("#regels .text")).to_have_text("Kan ik de training verzetten?")
        assert len(site.asked) == 1
        assert lines(ports) == 1
        assert faults(page) == []
        frame.get_by_label("Je bericht").focus()
        page.keyboard.press("Escape")
        button = page.get_by_role("button", name="Chat met een leeradviseur")
        expect(button).to_be_focused()
        expect(page.get_by_role("dialog")).to_be_hidden()
        office.pick_up(advisor, "2026-00001")
        office.answer(advisor, "2026-00001", "Ja, welke dag?")
        expect(page.get_by_role("button", name="Chat met een leeradviseur, 1 nieuw bericht")).to_be_visible()
        assert page.title() == "(1) Intranet"
        page.get_by_role("button", name="Chat met").click()
        expect(frame.locator("#regels .text").last).to_have_text("Ja, welke dag?")
        assert page.title() == "Intranet"
        kept = {one["name"]: one for one in context.cookies()}
        assert "localhost" in str(kept["vragen-kader"].get("partitionKey", "")), "kept for this site around it alone"
        assert context.cookies(site.address) == [], "the page around it has no cookie of ours"


def test_who_is_nobody_there_signs_in_by_mail_in_the_frame(made: Made, chromium: Chromium) -> None:
    with intranet(made) as (site, ports), browsing(chromium, site.address) as context:
        site.who = "wie@elders.example"
        page, frame = opened(context, site)
        expect(frame.get_by_role("alert")).to_contain_text("kon niet zeggen wie je bent")
        assert faults(page) == []
        frame.get_by_label("Je e-mailadres").fill(FEMKE)
        frame.get_by_role("button", name="Verstuur de mail").click()
        expect(frame.get_by_label("Code uit de mail")).to_be_visible()
        frame.get_by_label("Code uit de mail").fill(code_in(mailed(ports, FEMKE)))
        frame.get_by_role("main").get_by_role("button", name="Inloggen").click()
        frame.get_by_label("Je bericht").fill("Hallo")
        frame.get_by_role("button", name="Stuur als vraag").click()
        expect(frame.locator("#regels .text")).to_have_text("Hallo")
        assert lines(ports) == 1
        cast("SetClock", ports.now).move(dt.timedelta(seconds=1))


def test_where_script_or_frame_is_stopped_the_link_leads_to_the_chat(made: Made, chromium: Chromium) -> None:
    with intranet(made) as (site, _ports), browsing(chromium, site.address) as context:
        site.policy = "default-src 'none'"
        page = context.new_page()
        page.goto(site.address)
        page.get_by_role("link", name="Chat met een leeradviseur").click()
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
        site.policy = "default-src 'none'; script-src {home}"
        page.goto(site.address)
        page.get_by_role("button", name="Chat met een leeradviseur").click()
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
        page.set_viewport_size({"width": 400, "height": 700})
        page.goto(site.address)
        page.get_by_role("button", name="Chat met een leeradviseur").click()
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
    assert site.asked == []


def test_a_site_that_is_not_listed_is_refused_the_frame(made: Made, chromium: Chromium) -> None:
    with intranet(made, listed=False) as (site, ports), browsing(chromium, site.address) as context:
        page, _frame = opened(context, site)
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
        assert site.asked == []
        assert sessions(ports) == 0


SAID = {
    "away": "Op dit moment is niemand bereikbaar voor chat.",
    "available": "Bereikbaar – meestal antwoord binnen 3 minuten.",
    "busy": "Alle adviseurs zijn in gesprek.",
    "disturbed": "De chat werkt nu niet goed.",
    "closed": "Vandaag geen chat: Studiedag.",
    "outside": "De chat is open op werkdagen van 09:00 tot 17:00",
}
"""The states of interface 3.2 in the order in which one follows from the other."""


def bring_about(state: str, office: Office, asker: Actor) -> None:
    """What makes the state."""
    office.bus.gone = state == "disturbed"
    if state == "available":
        office.advisor("Pim Bakker", capacity=1)
    elif state == "busy":
        office.pick_up(as_advisor(office.ports, "pim@academie.example"), office.start(asker).number)
    elif state == "outside":
        office.clock.move(dt.timedelta(hours=12))


def test_axe_finds_nothing_in_any_state_of_the_chat(made: Made, chromium: Chromium) -> None:
    ports, wrong = made(SITE), {}
    closed = replace(ports, settings=replace(ports.settings, chat_closures=("2026-11-23 Studiedag",)))
    office = Office(ports)
    asker = office.asker()
    with (
        served(made_app(ports)) as open_site,
        served(made_app(closed)) as closed_site,
        browsing(chromium, open_site, width=375, height=812) as context,
    ):
        page = context.new_page()
        for state, words in SAID.items():
            bring_about(state, office, asker)
            address = closed_site if state == "closed" else open_site
            with unit_of_work(ports, SYSTEM) as unit:
                session = requester_sessions.open_session(unit, AHMED)
            for path in (FRAME, "/chat"):
                page.goto(address + path)
                expect(page.locator(".availability")).to_contain_text(words)
                wrong[state, path] = faults(page)
                context.add_cookies([{"name": "vragen", "value": session, "url": address}])
            context.clear_cookies()
    assert wrong == {(state, path): [] for state in SAID for path in (FRAME, "/chat")}
