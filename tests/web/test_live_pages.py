"""The pages while the world moves: 200 hints over a real Valkey and a real stream leave the reader's hand alone."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from helpdesk.adapters.redis_bus import RedisBus
from helpdesk.ports import Ports
from helpdesk.tickets import handling, replying
from helpdesk.unit import Actor, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import letter, receive
from tests.made_app import made_app
from tests.services.chromium import Chromium
from tests.services.valkey import Valkey
from tests.web.browsing import TICKET, as_advisor, browsing, served, signed_in
from tests.web.conftest import SANDER
from tests.web.test_live import ready

HINTS = 200
WATCH = """() => {
  window.said = [];
  new MutationObserver(() => { const text = document.getElementById("zeg").textContent;
    if (text) { window.said.push([performance.now(), text]); } })
    .observe(document.getElementById("zeg"), { childList: true, characterData: true, subtree: true });
}"""
STATE = """() => {
  const area = document.getElementById("antwoord-tekst"), list = document.getElementById("lijst");
  const box = list.getBoundingClientRect();
  return {
    caret: [area.selectionStart, area.selectionEnd], text: area.value, selected: String(getSelection()),
    focus: document.activeElement.id, list: list.scrollTop, messages: document.getElementById("berichten").scrollTop,
    dialog: Boolean(document.querySelector("#over:popover-open")),
    rows: [...document.querySelectorAll("#rijen .row")].filter(row => {
      const at = row.getBoundingClientRect(); return at.bottom > box.top && at.top < box.bottom; }).map(row => row.id),
  };
}"""


@dataclass
class Live:
    """A site whose hints go over a real bus to a running stream."""

    ports: Ports
    port: int
    process: subprocess.Popen[bytes]


@pytest.fixture
def live(site_ports: Ports, make_ports: PortsMaker, valkey: Valkey, tmp_path: Path) -> Iterator[Live]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    plain: dict[str, Any] = {"redis": valkey.url, "live_port": port, "secure_cookies": False, "undo_seconds": 10}
    ports = replace(make_ports(site_ports.settings.database, **plain), bus=RedisBus(valkey.url))
    environment = {"HELPDESK_DATA": str(tmp_path), "HELPDESK_REDIS": valkey.url, "HELPDESK_LIVE_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "web", "live"], env=environment, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 20
    while not ready(port):
        assert time.monotonic() < until, "the stream did not come up"
        time.sleep(0.1)
    yield Live(ports, port, process)
    process.terminate()
    process.wait(15)


def filled(ports: Ports) -> None:
    receive(ports, letter("Eerste alinea van de vraag.\n\n" + "Nog een regel.\n" * 60))
    receive(ports, *(letter(message_id=f"<n{n}@x>", subject=f"Vraag {n}") for n in range(30)))


def stir(ports: Ports, sander: Actor, first: int, count: int) -> None:
    """So many events, a real change in every fifth: notes on the open ticket, other tickets handled, new mail."""
    for number in range(first, first + count):
        kind = number % 20
        with unit_of_work(ports, sander) as unit:
            if kind == 0:
                replying.add_note(unit, "2026-00001", f"Notitie {number}", f"n{number}")
            elif kind == 5:
                handling.assign(unit, f"2026-{number % 25 + 3:05}", sander.account_id)
            elif kind == 10:
                handling.set_status(unit, f"2026-{number % 25 + 4:05}", "done")
            else:
                unit.after_commit(lambda: ports.bus.publish({"ticket:1": {"ticket": 1, "kind": "noted"}}))
        if kind == 15:
            receive(ports, letter(message_id=f"<e{number}@x>", subject=f"Nieuw {number}"))
        time.sleep(0.02)


def settled(page: Page) -> None:
    """What was heard has been asked for and put in place."""
    page.wait_for_timeout(1200)
    page.wait_for_load_state("networkidle")


def spoken(page: Page) -> list[float]:
    times = [float(at) for at, _text in page.evaluate("window.said")]
    assert all(later - earlier >= 4990 for earlier, later in pairwise(times)), times
    return times


def test_two_hundred_events_move_nothing_under_the_hand(live: Live, chromium: Chromium) -> None:
    filled(live.ports)
    sander = as_advisor(live.ports, SANDER)
    app = made_app(live.ports)
    with served(app) as address, browsing(chromium, address, width=1280) as context:
        page = signed_in(context)
        page.goto(TICKET + "#antwoord")
        expect(page.locator("#antwoord-tekst")).to_be_focused()
        settled(page)
        page.keyboard.type("Beste Femke, dat kan wel.")
        for _ in range(4):
            page.keyboard.press("Shift+ArrowLeft")
        page.evaluate(
            "document.getElementById('over').showPopover(); document.getElementById('antwoord-tekst').focus()"
        )
        page.evaluate("const one = document.getElementById('lijst'); one.scrollTop = one.scrollHeight * 0.6")
        page.evaluate(WATCH)
        before = page.evaluate(STATE)
        assert before["dialog"]
        assert before["caret"] == [21, 25]
        stir(live.ports, sander, 0, HINTS // 2)
        settled(page)
        compare(before, page.evaluate(STATE))
        expect(page.locator("#nieuw button")).to_contain_text("5 nieuwe vragen tonen")
        assert page.locator("#berichten .msg-note").count() == 5
        assert page.locator(".ghost").count() >= 1
        page.keyboard.press("Escape")
        select_first_words(page)
        before = page.evaluate(STATE)
        assert before["selected"] == "Eerste alinea"
        stir(live.ports, sander, HINTS // 2, HINTS // 2)
        settled(page)
        compare(before, page.evaluate(STATE))
        expect(page.locator("#nieuw button")).to_contain_text("10 nieuwe vragen tonen")
        said = spoken(page)
        sys.stdout.write(f"live: {HINTS} events, {len(said)} announcements\n")
        assert said


def compare(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name in ("list", "messages"):
        assert abs(before.pop(name) - after.pop(name)) <= 1, name
    assert before == after


def select_first_words(page: Page) -> None:
    page.evaluate("""() => {
      const words = document.querySelector("#berichten .text").firstChild;
      getSelection().setBaseAndExtent(words, 0, words, 13);
    }""")


def test_new_mail_shows_as_a_button_and_then_as_a_row(live: Live, chromium: Chromium) -> None:
    filled(live.ports)
    with (
        served(made_app(live.ports)) as address,
        browsing(chromium, address) as context,
    ):
        page = signed_in(context)
        settled(page)
        receive(live.ports, letter("Hallo", subject="Zojuist gekomen", message_id="<nu@x>"))
        button = page.locator("#nieuw button")
        expect(button).to_have_text("1 nieuwe vraag tonen")
        expect(page.locator("#tellers [aria-current] .count")).to_have_text("32")
        assert page.get_by_text("Zojuist gekomen").count() == 0
        page.keyboard.press(".")
        expect(page.locator(":focus")).to_contain_text("Zojuist gekomen")
        expect(button).to_have_count(0)


def test_without_the_stream_the_pages_ask_by_themselves(live: Live, chromium: Chromium) -> None:
    filled(live.ports)
    live.process.kill()
    with (
        served(made_app(live.ports)) as address,
        browsing(chromium, address) as context,
    ):
        page = signed_in(context)
        receive(live.ports, letter("Hallo", subject="Zojuist gekomen", message_id="<nu@x>"))
        expect(page.locator("#nieuw button")).to_have_text("1 nieuwe vraag tonen", timeout=25_000)
        assert page.locator("#verbinding").inner_text() == "", "a stream that is down alone is no trouble"


def test_a_lost_connection_is_said_and_found_again(live: Live, chromium: Chromium) -> None:
    filled(live.ports)
    with (
        served(made_app(live.ports)) as address,
        browsing(chromium, address) as context,
    ):
        page = signed_in(context)
        settled(page)
        context.set_offline(True)
        live.process.kill()
        expect(page.locator("#verbinding")).to_contain_text("Geen internet", timeout=25_000)
        context.set_offline(False)
        expect(page.locator("#verbinding")).to_contain_text("Weer verbonden", timeout=35_000)
