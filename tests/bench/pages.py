"""What the workspace's pages cost in seconds on slow lines, each beside its budget and a floor.

Real Chromium, real web process, real content (50 rows, 20 messages of 500, Arabic and emoji), an empty cache for each
load. The floor is an empty page of the same server in the same run. Exit code 1 when a budget is missed.
"""

from __future__ import annotations

import http.client
import os
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, StorageState

from tests.bench.page_place import FEW, LONG, MANY, Site, site
from tests.services.chromium import Chromium
from tests.web.browsing import signed_in

ROUNDS = int(os.environ.get("ROUNDS", "3"))
REQUESTS = 30
LIST, TICKET, FLOOR = "/werk/w/open", f"/werk/w/open/{LONG}", "/healthz"
KILO = 1000
ENOUGH_SLOWER = 1.5
"""How much slower the list may be with 10,000 open questions than with 100: "the same speed", and what a run varies."""
WATCH = """(() => { window.seen = { shift: 0, largest: 0, keys: [] };
  const watch = (type, use, more) => new PerformanceObserver((list) => list.getEntries().forEach(use))
    .observe({ type, buffered: true, ...more });
  watch("layout-shift", (one) => { window.seen.shift += one.hadRecentInput ? 0 : one.value; });
  watch("largest-contentful-paint", (one) => { window.seen.largest = one.startTime; });
  watch("event", (one) => one.name === "keydown" && window.seen.keys.push(one.duration), { durationThreshold: 16 });
})()"""
TIMES = """() => { const page = performance.getEntriesByType("navigation")[0];
  const all = [page, ...performance.getEntriesByType("resource")];
  const paint = performance.getEntriesByName("first-paint")[0]?.startTime ?? 0;
  return { paint: paint / 1000, usable: Math.max(paint, page.domInteractive) / 1000,
    enhanced: page.domContentLoadedEventEnd / 1000, largest: window.seen.largest / 1000, shift: window.seen.shift,
    bytes: all.reduce((sum, one) => sum + one.transferSize, 0), requests: all.length }; }"""
PAINTED = """() => new Promise((done) => {
  const look = () => performance.getEntriesByName("first-paint").length ? done() : requestAnimationFrame(look);
  look(); })"""
OPENED = """(number) => { window.opened = new Promise((done) => {
  let from = 0;
  addEventListener("keydown", (event) => { from ||= event.timeStamp; }, { capture: true, once: true });
  const look = () => document.querySelector("#kop .number")?.textContent.includes(number)
    ? requestAnimationFrame(() => done(performance.now() - from)) : requestAnimationFrame(look);
  look(); }); }"""


@dataclass(frozen=True)
class Line:
    """A line as Chromium simulates it: kB a second, ms of latency for each request, how much slower the machine is."""

    name: str
    kilobytes: float = 0
    latency: int = 0
    cpu: int = 1


LINES = (Line("slow-3g", 50, 2000, 4), Line("satellite", 64, 700, 4), Line("fast-3g", 180, 562, 4), Line("office"))
BUDGETS: dict[str, dict[str, float]] = {
    "slow-3g": {"paint": 5, "usable": 6, "enhanced": 9},
    "office": {"largest": 1.5, "shift": 0.02},
}
"""Seconds (and the share that jumps) by line; the other lines are printed for comparison."""
UNITS = {"paint": "s", "usable": "s", "enhanced": "s", "largest": "s", "shift": ""}


@dataclass
class Report:
    """The figures as they come, and those over their budget."""

    over: list[str] = field(default_factory=list)
    checked: int = 0

    def figure(self, what: str, value: float, unit: str, budget: float | None = None, floor: float = 0) -> str:
        """A figure beside its budget, and as a multiple of its floor."""
        said = f"{value:.3g}" + (f"/{budget:g}" if budget is not None else "") + unit
        said += f" ({value / floor:.1f}x floor)" if floor else ""
        if budget is not None:
            self.checked += 1
            if value > budget:
                self.over.append(what)
                said += " OVER"
        return f"{what.rpartition(' ')[2]}={said}"

    def say(self, text: str) -> None:
        """A line, at once."""
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def first_visit(browser: Browser, state: StorageState, url: str, line: Line) -> tuple[dict[str, float], int]:
    """The times of one load with an empty cache, and the bytes of loading it again."""
    # What a service worker passes on is counted unpacked; without one the browser's own cache does the same.
    context = browser.new_context(
        storage_state=state, locale="nl-NL", viewport={"width": 1440, "height": 900}, service_workers="block"
    )
    context.set_default_timeout(90_000)
    try:
        page = context.new_page()
        page.add_init_script(WATCH)
        throttle(context, page, line)
        page.goto(url, wait_until="load")
        page.evaluate(PAINTED)
        found: dict[str, float] = page.evaluate(TIMES)
        page.goto(url, wait_until="load")
        return found, int(page.evaluate(TIMES)["bytes"])
    finally:
        context.close()


def throttle(context: BrowserContext, page: Page, line: Line) -> None:
    """Make the line and the machine as slow as that."""
    control = context.new_cdp_session(page)
    rate = line.kilobytes * KILO or -1
    control.send("Network.enable")
    slow: dict[str, Any] = {"offline": False, "latency": line.latency}
    control.send("Network.emulateNetworkConditions", slow | {"downloadThroughput": rate, "uploadThroughput": rate})
    control.send("Emulation.setCPUThrottlingRate", {"rate": line.cpu})


def medians(found: list[dict[str, float]]) -> dict[str, float]:
    """The median of each figure."""
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def loads(report: Report, browser: Browser, state: StorageState, address: str) -> None:
    """Every page on every line, the floor first, in turns."""
    for line in LINES:
        pages: dict[str, list[dict[str, float]]] = {FLOOR: [], LIST: [], TICKET: []}
        again: dict[str, int] = {}
        for _round in range(ROUNDS):
            for path, found in pages.items():
                times, again[path] = first_visit(browser, state, address + path, line)
                found.append(times)
        floor = medians(pages.pop(FLOOR))
        report.say(f"{line.name:10} floor {FLOOR}: paint={floor['paint']:.3g}s")
        for path, found in pages.items():
            told(report, line, path, medians(found), floor, again[path])


def told(report: Report, line: Line, path: str, found: dict[str, float], floor: dict[str, float], again: int) -> None:
    """One line of the report."""
    budgets = BUDGETS.get(line.name, {})
    name = "ticket" if path == TICKET else "list"
    parts = [
        report.figure(f"{line.name} {name} {what}", found[what], unit, budgets.get(what), floor["paint"] if unit else 0)
        for what, unit in UNITS.items()
    ]
    first, repeat = found["bytes"] / KILO, again / KILO
    parts.append(report.figure(f"{line.name} {name} first", first, "kB", 130))
    parts.append(report.figure(f"{line.name} {name} repeat", repeat, "kB", 35))
    report.say(f"{line.name:10} {name:6} {'  '.join(parts)}  requests={found['requests']:.0f}")


def asked(address: str, token: str, path: str, times: int = REQUESTS, *, cookie: str = "helpdesk") -> list[float]:
    """Milliseconds of the server for a page, request after request on one connection."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=60)
    headers = {"Cookie": f"{cookie}={token}", "Accept-Encoding": "gzip"}
    found = []
    for _time in range(times + 2):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        found.append((time.perf_counter() - began) * 1000)
        assert answer.status == 200, (path, answer.status)
    connection.close()
    return found[2:]


def p95(found: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(found, n=20)[-1]


def server(report: Report, place: Site, cookie: str, search: str) -> None:
    """What the server takes, and what ten thousand open questions add to it."""
    floor = statistics.median(asked(place.address, cookie, FLOOR))
    few = {path: asked(place.address, cookie, path) for path in (LIST, TICKET, search)}
    place.fill_up_to(MANY, FEW)
    many = {path: asked(place.address, cookie, path) for path in (LIST, TICKET, search)}
    for name, path, budget in (("list", LIST, 200), ("ticket", TICKET, 150), ("search", search, 400)):
        median = statistics.median(many[path])
        said = report.figure(f"server {name} p95", p95(many[path]), "ms", budget)
        report.say(f"server     {name:6} {said}  median={median:.3g}ms ({median / floor:.0f}x floor) open={MANY}")
    ratio = statistics.median(many[LIST]) / statistics.median(few[LIST])
    report.say(
        f"server     list   {report.figure('server list growth', ratio, 'x', ENOUGH_SLOWER)} {FEW} -> {MANY} open"
    )


def keys(report: Report, page: Page, address: str) -> None:
    """What a key press takes until it is seen: walking the list, opening the next ticket, cold and asked for ahead."""
    page.goto(address + LIST)
    page.wait_for_load_state("networkidle")
    page.locator("#rijen .row a").first.focus()
    for _press in range(20):
        page.keyboard.press("j")
        page.wait_for_timeout(60)
    seen: list[float] = page.evaluate("window.seen.keys")
    slowest = max(seen, default=16)
    report.say(f"office     {report.figure('keys walk', slowest, 'ms', 50)} 20 presses, {len(seen)} took 16 ms or more")
    for what, pause, budget in (("cold", 0, 300), ("ahead", 600, 100)):
        taken = statistics.median(opening(page, address, row, pause) for row in range(2, 2 + 2 * ROUNDS, 2))
        report.say(f"office     {report.figure(f'Enter {what}', taken, 'ms', budget)} Enter on a row -> ticket painted")


def opening(page: Page, address: str, row: int, pause: int) -> float:
    """Milliseconds from Enter on a row until its ticket is painted; `pause` ms after the row got the focus."""
    page.goto(address + LIST)
    page.wait_for_load_state("networkidle")
    link = page.locator("#rijen .row a").nth(row)
    number = (link.get_attribute("href") or "").split("?")[0].rpartition("/")[2]
    page.evaluate(OPENED, number)
    link.focus()
    if pause:
        page.wait_for_timeout(pause)
    page.keyboard.press("Enter")
    taken: float = page.evaluate("window.opened")
    return taken


def searched(page: Page) -> str:
    """The address of a search's result."""
    page.locator("#zoek").fill("planning")
    page.locator("#zoek").press("Enter")
    page.wait_for_url("**/werk/zoeken/*")
    return urlsplit(page.url).path


def measure(report: Report, place: Site, chromium: Chromium) -> None:
    """Everything, on one site."""
    context = chromium.browser.new_context(base_url=place.address, locale="nl-NL")
    page = signed_in(context)
    page.add_init_script(WATCH)
    search = searched(page)
    state = context.storage_state()
    cookie = next(one["value"] for one in state["cookies"] if one["name"] == "helpdesk")
    loads(report, chromium.browser, state, place.address)
    keys(report, page, place.address)
    server(report, place, cookie, search)


def main(run: Callable[[Report, Site, Chromium], None] = measure) -> int:
    """The exit code: 1 when a budget is missed."""
    report = Report()
    machine = f"{platform.machine()} cpus={os.cpu_count()} load={os.getloadavg()[0]:.1f}"
    with tempfile.TemporaryDirectory(prefix="hd-pages-") as folder, Chromium() as chromium, site(Path(folder)) as place:
        report.say(f"Chromium {chromium.version()}, {machine}, rounds={ROUNDS}")
        run(report, place, chromium)
    for what in report.over:
        report.say(f"over budget: {what}")
    report.say(f"RESULT bench-pages figures={report.checked} over={len(report.over)} rounds={ROUNDS} {machine}")
    return 1 if report.over else 0
