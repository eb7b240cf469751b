"""Two advisors on one ticket, with our own processes and a real relay: what leaves the house, and what survives."""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import cast

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import delete, func, select

from helpdesk.adapters.memory import SetClock
from helpdesk.models import OutgoingMail, WebSession
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import NOON
from tests.letters import ASKER, letter, receive
from tests.services.chromium import Chromium
from tests.services.process import wait_until
from tests.services.relay import Relay
from tests.services.valkey import Valkey
from tests.web.browsing import TICKET, browsing, signed_in
from tests.web.conftest import MARIJE, SANDER, site_ports, staffed_template
from tests.web.running import Running, Web, environment
from tests.web.visitor import PASSWORD

__all__ = ["site_ports", "staffed_template"]

UNDO_SECONDS = 2
DESK = '[[desk]]\nkey = "academy"\naddress = "academy@academie.example"\nname_nl = "Leeradvies"\nname_en = "Advice"\n'
HIS, HERS, NOTE = "Ik heb het al geregeld.", "Dat kan helaas niet meer.", "Alleen voor ons: dossier zeven"


@dataclass
class House:
    """The web, a worker and the scheduler on one folder, with the relay they send to."""

    ports: Ports
    relay: Relay
    web: Web
    processes: list[Running] = field(default_factory=list)

    def words(self) -> list[str]:
        """The text of every mail the relay has, all parts decoded, in order of arrival."""
        return [
            "\n".join(
                [*map(str, mail.values())]
                + [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
            )
            for mail in (message_from_bytes(kept.raw, policy=policy.default) for kept in self.relay.kept())
        ]

    def mails_with(self, text: str) -> int:
        """How many mails at the relay say this."""
        return sum(text in said for said in self.words())

    def waiting(self) -> int:
        """Mails that have not left yet."""
        with unit_of_work(self.ports, SYSTEM, write=False) as unit:
            unsent = OutgoingMail.state.in_(("queued", "sending"))
            return unit.session.scalar(select(func.count()).where(unsent)) or 0

    def all_sent(self) -> bool:
        """Whether nothing waits any more, so that nothing more will come."""
        return wait_until(lambda: self.waiting() == 0, 30, 0.1)


@pytest.fixture
def house(site_ports: Ports, tmp_path: Path, relay: Relay, valkey: Valkey) -> Iterator[House]:
    cast("SetClock", site_ports.now).move(dt.datetime.now(dt.UTC) - NOON)
    receive(site_ports, letter())
    site_ports.engine.dispose()
    (tmp_path / "helpdesk.toml").write_text(DESK)
    settings = {
        "REDIS": valkey.url,
        "SMTP_PORT": str(relay.port),
        "SMTP_SECURITY": "plain",
        "UNDO_SECONDS": str(UNDO_SECONDS),
    }
    database = site_ports.settings.database
    with ExitStack() as stack:
        started = House(site_ports, relay, Web(tmp_path, database, **settings))
        stack.callback(started.web.kill)
        for words in (("workers", "run"), ("workers", "schedule")):
            process = Running(words, environment(tmp_path, database, **settings))
            stack.callback(process.kill)
        assert wait_until(lambda: len(relay.kept()) == 1, 30), "the receipt did not leave"
        yield started


def compose(page: Page, words: str) -> None:
    """Open the answer's form and write."""
    page.locator("#antwoord > summary").click()
    page.locator("#antwoord-tekst").fill(words)


def at_work(house: House, context: BrowserContext, email: str) -> Page:
    """The ticket on the screen of somebody who is signed in."""
    page = signed_in(context, email)
    page.goto(TICKET)
    return page


@pytest.mark.parametrize("scripts", [True, False])
def test_the_relay_gets_what_was_decided_and_nothing_else(house: House, chromium: Chromium, scripts: bool) -> None:
    address = f"http://127.0.0.1:{house.web.port}"
    with (
        browsing(chromium, address, scripts=scripts) as mine,
        browsing(chromium, address, scripts=scripts) as his,
    ):
        marije = at_work(house, mine, MARIJE)
        marije.locator("#notitie > summary").click()
        marije.locator("#notitie-tekst").fill(NOTE)
        marije.get_by_role("button", name="Bewaar notitie").click()
        expect(marije.locator(".msg-note")).to_contain_text(NOTE)
        sander = at_work(house, his, SANDER)
        marije.goto(TICKET)
        compose(marije, HERS)
        compose(sander, HIS)
        sander.get_by_role("button", name="Verstuur naar").click()
        expect(sander.locator(".msg-answer")).to_contain_text(HIS)
        marije.get_by_role("button", name="Verstuur naar").click()
        box = marije.locator("#botsing")
        expect(box).to_contain_text(HIS)
        assert marije.locator("#antwoord-tekst").input_value() == HERS
        assert wait_until(lambda: house.mails_with(HIS) == 1, 30, 0.1), "his answer did not leave"
        assert house.all_sent()
        assert (len(house.relay.kept()), house.mails_with(HIS), house.mails_with(HERS)) == (2, 1, 0)
        box.get_by_role("button", name="Verstuur toch").click()
        expect(marije.locator(".msg-answer")).to_have_count(2)
        assert wait_until(lambda: house.mails_with(HERS) > 0, 30, 0.1), "her answer did not leave"
        assert house.all_sent()
    assert [mail.recipients for mail in house.relay.kept()] == [(ASKER,)] * 3
    # Her answer quotes the asker's mail, not his answer; so each text is in exactly one mail.
    assert (house.mails_with(HIS), house.mails_with(HERS), house.mails_with(NOTE)) == (1, 1, 0)
    assert house.relay.answers() == ["kept"] * 3


def test_whoever_is_killed_the_last_three_seconds_are_the_most_that_is_lost(house: House, chromium: Chromium) -> None:
    with browsing(chromium, f"http://127.0.0.1:{house.web.port}") as context:
        page = at_work(house, context, MARIJE)
        page.locator("#antwoord > summary").click()
        typed: list[tuple[float, str]] = []
        text, began = "", time.monotonic()
        for number in itertools.count():
            text += f"{number:03d} "
            page.locator("#antwoord-tekst").press_sequentially(f"{number:03d} ", delay=20)
            typed.append((time.monotonic(), text))
            if time.monotonic() - began > 7:
                break
        killed = time.monotonic()
        house.web.kill()
        page.close(run_before_unload=False)
        house.web.start()
        again = context.new_page()
        again.goto(TICKET)
        kept = again.locator("#antwoord-tekst").input_value()
    must = max((said for at, said in typed if at < killed - 3), key=len)
    assert len(must) > 40, "too little was typed to say anything"
    assert text.startswith(kept.strip())
    assert kept.startswith(must.strip()), f"lost more than 3 s: {len(must)} characters were due, {len(kept)} came back"


@pytest.mark.parametrize("scripts", [True, False])
def test_a_reload_and_a_deleted_session_cost_no_word(house: House, chromium: Chromium, scripts: bool) -> None:
    with browsing(chromium, f"http://127.0.0.1:{house.web.port}", scripts=scripts) as context:
        page = at_work(house, context, MARIJE)
        compose(page, "Een half antwoord")
        if scripts:
            expect(page.locator("#antwoord .saved")).to_contain_text("Concept opgeslagen")
        else:
            page.locator("#antwoord").get_by_role("button", name="Bewaar als concept").click()
        page.goto(TICKET)
        expect(page.locator("#antwoord-tekst")).to_have_value("Een half antwoord")
        with unit_of_work(house.ports, SYSTEM) as unit:
            assert unit.session.execute(delete(WebSession)).rowcount  # type: ignore[attr-defined] # a DELETE has one
        page.locator("#antwoord-tekst").fill("Een heel antwoord")
        page.get_by_role("button", name="Verstuur naar").click()
        if scripts:
            expect(page.locator("#antwoord .trouble")).to_contain_text("Je tekst staat nog hier")
            assert page.locator("#antwoord-tekst").input_value() == "Een heel antwoord"
        else:
            expect(page.get_by_label("Je tekst")).to_have_value("Een heel antwoord")
        with context.expect_page() as opened:
            page.get_by_role("link", name="log").or_(page.locator("#verbinding a")).last.click()
        opened.value.get_by_label("E-mailadres").fill(MARIJE)
        opened.value.get_by_label("Wachtwoord").fill(PASSWORD)
        opened.value.get_by_role("button", name="Inloggen").click()
        opened.value.wait_for_url("**/werk/w/**")
        if scripts:
            page.goto(TICKET)
            expect(page.locator("#antwoord-tekst")).to_have_value("Een heel antwoord")
        else:
            opened.value.goto(TICKET)
            expect(opened.value.locator("#antwoord-tekst")).to_have_value("Een half antwoord")
            expect(page.get_by_label("Je tekst")).to_have_value("Een heel antwoord")
    assert house.all_sent()
    assert len(house.relay.kept()) == 1
