"""The pages for people who ask and their chat, full, on slow lines: each figure beside its budget of interface 5.2."""

from __future__ import annotations

import datetime as dt
import gzip
import http.client
import json
import statistics
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, StorageState

from helpdesk.chat import saying
from helpdesk.people import requester_sessions
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.tickets import asking
from helpdesk.tickets.asking import Question
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from tests.bench.page_place import SENDERS, SUBJECTS, TEXT, Site
from tests.bench.pages import LINES, ROUNDS, Report, asked, first_visit, medians, p95
from tests.services.chromium import Chromium
from web.joined import joined_sheets

ADDRESS = "vrager@minbz.example"
QUESTIONS, MESSAGES, LINES_OF_CHAT = 50, 20, 50
KILO = 1000
CSS = Path(__file__).parents[2] / "web" / "static" / "css"
SIZES = """() => { const page = performance.getEntriesByType("navigation")[0];
  const scripts = performance.getEntriesByType("resource").filter((one) => one.initiatorType === "script");
  return { html: page.encodedBodySize, js: scripts.reduce((sum, one) => sum + one.encodedBodySize, 0) }; }"""
BUDGETS = {
    "portal": {"html": 14, "css": 6, "js": 15, "first": 40, "repeat": 15, "server": 200},
    "chat": {"html": 10, "css": 5, "js": 20, "first": 40, "repeat": 12, "server": 150},
}
"""kB as they come over the line, and ms of the server."""
SECONDS = {"slow-3g": {"paint": 2.8, "usable": 3, "enhanced": 6}, "office": {"largest": 1.2, "shift": 0.02}}


def filled(ports: Ports) -> tuple[str, dict[str, str]]:
    """A session of somebody who asked much, and the paths of the pages by name."""
    with unit_of_work(ports, SYSTEM) as unit:
        who = Actor(requester=Requester(person_for(unit, ADDRESS, SENDERS[2]).id, ADDRESS), language="nl")
    numbers = []
    for n in range(QUESTIONS):
        with unit_of_work(ports, who) as unit:
            numbers.append(asking.ask(unit, Question(f"{SUBJECTS[n % 5]} ({n})", f"{TEXT} {n}", f"portal-{n:04}")))
    for n in range(MESSAGES):
        with unit_of_work(ports, who) as unit:
            asking.add(unit, numbers[0], f"{SUBJECTS[n % 5]} 🙂\n{TEXT} {n}", f"message-{n:04}")
    with unit_of_work(ports, who) as unit:
        chat = saying.start(unit, ports.settings.desks[0].key, SUBJECTS[1], "chat-start").number
    for n in range(LINES_OF_CHAT):
        with unit_of_work(ports, who) as unit:
            saying.say(unit, chat, f"{SUBJECTS[n % 5]} ({n})", f"line-{n:08}")
    today = replace(ports, now=lambda: dt.datetime.now(dt.UTC))  # the web does not live on the day of the tests
    with unit_of_work(today, SYSTEM) as unit:
        token = requester_sessions.open_session(unit, ADDRESS)
    mine = "/mijn-vragen"
    paths = {"start": "/", "mine": mine, "ask": f"{mine}/nieuw", "question": f"{mine}/{numbers[0]}"}
    return token, paths | {"chat": f"/chat/{chat}"}


def askers(report: Report, place: Site, chromium: Chromium) -> None:
    """Every page on a slow line and at the office."""
    token, paths = filled(place.ports)
    context = chromium.browser.new_context(base_url=place.address)
    context.add_cookies([{"name": "vragen", "value": token, "url": place.address}])
    state = context.storage_state()
    context.close()
    behind = _worker(place.address)
    report.say(f"behind a first visit the service worker fetches {behind / KILO:.3g} kB, counted in it below")
    for name, path in paths.items():
        kind = "chat" if name == "chat" else "portal"
        budgets, parts = BUDGETS[kind], []
        sizes = _sizes(chromium.browser, state, place.address + path)
        sizes["css"] = len(gzip.compress(joined_sheets(CSS, kind).encode(), 9))
        for what, value in sizes.items():
            parts.append(report.figure(f"{name} {what}", value / KILO, "kB", budgets[what]))
        times = asked(place.address, token, path, cookie="vragen")
        parts.append(report.figure(f"{name} server", p95(times), "ms", budgets["server"]))
        report.say(f"{'page':10} {name:8} {'  '.join(parts)}")
        for line in LINES:
            if line.name not in SECONDS:
                continue
            visits = [first_visit(chromium.browser, state, place.address + path, line) for _ in range(ROUNDS)]
            found, again = medians([times for times, _again in visits]), statistics.median(one for _t, one in visits)
            told = [
                report.figure(f"{line.name} {name} {what}", found[what], "s", most)
                for what, most in SECONDS[line.name].items()
            ]
            told.append(
                report.figure(f"{line.name} {name} first", (found["bytes"] + behind) / KILO, "kB", budgets["first"])
            )
            told.append(report.figure(f"{line.name} {name} repeat", again / KILO, "kB", budgets["repeat"]))
            report.say(f"{line.name:10} {name:8} {'  '.join(told)}  requests={found['requests']:.0f}")


def _worker(address: str) -> int:
    """Bytes of the service worker and of all it fetches when it comes, as they go over the line."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)

    def fetched(path: str) -> bytes:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        return connection.getresponse().read()

    script = fetched("/dienst.js")
    text = gzip.decompress(script).decode() if script[:2] == b"\x1f\x8b" else script.decode()
    files = json.loads(text.split("\n")[1].partition(" = ")[2].rstrip(";"))
    return len(script) + sum(len(fetched(path)) for path in files)


def _sizes(browser: Browser, state: StorageState, url: str) -> dict[str, float]:
    """Bytes of the page and of its scripts as they come."""
    context = browser.new_context(storage_state=state, locale="nl-NL", service_workers="block")
    page = context.new_page()
    page.goto(url, wait_until="load")
    found: dict[str, float] = page.evaluate(SIZES)
    context.close()
    return found
