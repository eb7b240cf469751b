"""Pages that chat while what they stand on is killed: is every line on every page, once and in order?

    LINES=200 KILLS=10 SEED=1 DB=postgresql CHATS=3 ADVISORS=2 make chaos-chat

Each chat has a page of who asks, and each advisor a desk with one chat open, in real browsers; each page says numbered
lines at random moments, through a proxy that cuts between request and answer. Web, event stream, Valkey and PostgreSQL
get SIGKILL meanwhile. No page is loaded anew. What the pages show is compared with the ticket, the page without
scripts, and the transcript that leaves by mail when who asked ends the chat; an answer to it must come into the ticket.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from helpdesk.chat import desk, saying
from helpdesk.chat.lines import own_lines
from helpdesk.chat.rooms import own_room
from helpdesk.people import requester_sessions, sign_in
from helpdesk.people.accounts import create_account
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.settings_reader import from_env
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from helpdesk.wiring import connect
from tests.attack.chat_by_mail import leave_and_answer
from tests.attack.cutting_proxy import CuttingProxy
from tests.services.chromium import Chromium
from tests.services.postgres import Postgres
from tests.services.process import answers_on, free_port, wait_until
from tests.services.relay import Relay
from tests.services.valkey import Valkey
from tests.web.running import Running, Web, environment

PASSWORD = "een lang wachtwoord"
SHOWN = "() => [...document.querySelectorAll('#regels > li:not(.pending) .text')].map(one => one.textContent.trim())"
TYPE = """text => { const form = document.querySelector('form[data-say]');
  form.elements.namedItem('text').value = text; form.requestSubmit(); }"""
WATCH = """() => { window.saidAt = []; const one = document.querySelector('#zeg-chat, #zeg');
  const note = () => window.saidAt.push(performance.now());
  new MutationObserver(note).observe(one, {childList: true, characterData: true, subtree: true}); }"""
SAID = "() => window.saidAt"
LEAST_MS = 4900
"""Between two sentences to a screen reader; five seconds but for the browser's own timers."""
PATIENCE = 90.0


@dataclass
class Talk:
    """One chat: who asks, the advisor, and a page of each; the advisor's is only on the first of several chats."""

    number: str
    requester: Actor
    advisor: int
    pages: dict[str, Page] = field(default_factory=dict)


@dataclass
class Ground:
    """What the chats stand on: the servers, our processes, and the ports to look into the database."""

    ports: Ports
    web: Web
    live: Running
    valkey: Valkey
    postgres: Postgres | None
    relay: Relay

    def kill(self, name: str) -> None:
        """SIGKILL for one of them, and its next life."""
        if name in ("web", "live"):
            (self.web if name == "web" else self.live).kill()  # the keeper starts it again
            return
        server = self.valkey if name == "valkey" else self.postgres
        assert server is not None
        server.kill()
        server.start()

    def keep(self, stop: threading.Event) -> None:
        """Start again whatever ended, as the supervisor does; a web that finds no database ends by itself."""
        while not stop.wait(0.3):
            for one in (self.web, self.live):
                if one.process.poll() is not None:
                    Running.start(one)

    def targets(self) -> list[str]:
        """What can be killed."""
        return ["web", "live", "valkey", *(["postgresql"] if self.postgres else [])]


@contextlib.contextmanager
def ground(database: str) -> Iterator[Ground]:
    """All of it, running."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-chat-")))
        valkey = stack.enter_context(Valkey())
        postgres = stack.enter_context(Postgres()) if database == "postgresql" else None
        relay = stack.enter_context(Relay())
        url = postgres.fresh_database() if postgres else ""
        said = {"REDIS": valkey.url, "LIVE_PORT": str(free_port()), "CHAT_HOURS": "mon-sun 00:00-23:59"}
        said |= {"SMTP_PORT": str(relay.port), "SMTP_SECURITY": "plain"}
        words = environment(folder, url, **said)
        for verb in ("init", "migrate"):
            Running(("helpdesk", verb), words).process.wait(120)
        live = Running(("web", "live"), words)
        stack.callback(live.kill)
        web = Web(folder, url, **said)
        stack.callback(web.kill)
        ports = connect(from_env({name: word for name, word in words.items() if name.startswith("HELPDESK_")}))
        stack.callback(ports.engine.dispose)
        found, stop = Ground(ports, web, live, valkey, postgres, relay), threading.Event()
        keeper = threading.Thread(target=found.keep, args=(stop,))
        keeper.start()
        stack.callback(keeper.join)
        stack.callback(stop.set)
        yield found


def email_of(advisor: int) -> str:
    """With what an advisor signs in."""
    return f"advisor{advisor}@academie.example"


def talks(ports: Ports, count: int, advisors: int) -> list[Talk]:
    """Chats, each picked up by an advisor by turns."""
    staff, made = [], []
    for number in range(advisors):
        with unit_of_work(ports, SYSTEM) as unit:
            account_id = create_account(unit, email_of(number), f"Marije {number}", ["advisor"], PASSWORD)
        staff.append(Actor(account_id, _ADVISOR))
        with unit_of_work(ports, staff[-1]) as unit:
            desk.be(unit, "available", 10)
    for number in range(count):
        address = f"asker{number}@minbz.example"
        with unit_of_work(ports, SYSTEM) as unit:
            asker = Actor(requester=Requester(person_for(unit, address, f"Asker {number}").id, address))
        with unit_of_work(ports, asker) as unit:
            said = saying.start(unit, ports.settings.desks[0].key, "0", f"chaos-{number:06}")
        with unit_of_work(ports, staff[number % advisors]) as unit:
            desk.pick_up(unit, said.number)
        made.append(Talk(said.number, asker, number % advisors))
    return made


_ADVISOR = frozenset({"advisor"})


def open_pages(ground: Ground, chromium: Chromium, found: list[Talk], port: int) -> list[BrowserContext]:
    """A browser for each person, signed in, on the page of the chat; an advisor's on their first one."""
    contexts, seated = [], set[int]()
    for talk in found:
        assert talk.requester.requester is not None
        with unit_of_work(ground.ports, SYSTEM) as unit:
            asks = requester_sessions.open_session(unit, talk.requester.requester.address)
            answers = sign_in.sign_in(unit, email_of(talk.advisor), PASSWORD).token
        seats = [("asker", "vragen", asks, f"/chat/{talk.number}")]
        if talk.advisor not in seated:
            seats.append(("advisor", "helpdesk", answers or "", f"/werk/chat/{talk.number}"))
        seated.add(talk.advisor)
        for side, cookie, token, path in seats:
            context = chromium.browser.new_context()
            address = f"http://127.0.0.1:{port}"
            context.add_cookies([{"name": cookie, "value": token, "url": address}])
            page = context.new_page()
            page.goto(address + path)
            page.wait_for_selector("form[data-say]")
            page.evaluate(WATCH)
            talk.pages[side] = page
            contexts.append(context)
    return contexts


def chatter(found: list[Talk], lines: int, rng: random.Random, most: float, going: Callable[[], bool]) -> None:
    """Say the lines: each page its own numbers in their order, at moments of its own."""
    pages = [(side, talk, page) for talk in found for side, page in talk.pages.items()]
    turns = [(rng.uniform(0, most * lines / 2), index) for index in range(len(pages)) for _ in range(lines)]
    said: Counter[int] = Counter()
    began = time.monotonic()
    for at, index in sorted(turns):
        side, _talk, page = pages[index]
        while time.monotonic() - began < at:
            page.wait_for_timeout(20)
        said[index] += 1
        page.evaluate(TYPE, f"{side} {said[index]}")
    while going():
        pages[0][2].wait_for_timeout(200)


def wanted(lines: int, sides: Collection[str] = ("asker", "advisor")) -> dict[str, list[int]]:
    """What these sides of a chat said; the other one nothing."""
    return {side: list(range(1, lines + 1)) if side in sides else [] for side in ("asker", "advisor")}


def heard(texts: list[str]) -> dict[str, list[int]]:
    """The numbers of each side, in the order in which they stand there."""
    found: dict[str, list[int]] = {"asker": [], "advisor": []}
    for text in texts:
        side, _, number = text.partition(" ")
        if side in found and number.isdecimal():
            found[side].append(int(number))
    return found


def shown(page: Page) -> list[str]:
    """The lines a page shows now."""
    try:
        return [str(text) for text in page.evaluate(SHOWN)]
    except BrowserError:
        return []


def settled(found: list[Talk], lines: int) -> bool:
    """Whether all pages show everything in time, with no help."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if all(heard(shown(page)) == wanted(lines, talk.pages) for talk in found for page in talk.pages.values()):
            return True
        found[0].pages["asker"].wait_for_timeout(300)
    return False


def faults(ground: Ground, found: list[Talk], lines: int) -> list[str]:
    """Where a line is missing, doubled or out of order, pages that differ from what is kept, and answers astray."""
    wrong = []
    for talk in found:
        places = {f"page of {side}": shown(page) for side, page in talk.pages.items()}
        with unit_of_work(ground.ports, talk.requester) as unit:
            room = own_room(unit, talk.number)
            kept = [line.text for line in own_lines(unit, room.ticket).rows]
        places["ticket"] = kept
        context = talk.pages["asker"].context
        plain = context.request.get(f"http://127.0.0.1:{ground.web.port}/chat/{talk.number}").text()
        places["page without scripts"] = re.findall(r'<div class="text" dir="auto">(.*?)</div>', plain)
        for side, page in talk.pages.items():
            # What is shown is told a little later, and five seconds after what was told before.
            with contextlib.suppress(BrowserError):
                page.wait_for_function(
                    "() => window.saidAt.length > 0", timeout=2 * LEAST_MS if len(talk.pages) > 1 else 1
                )
            at = [float(moment) for moment in page.evaluate(SAID)]
            told = bool(at) or len(talk.pages) == 1
            if not told or min([later - sooner for sooner, later in pairwise(at)], default=LEAST_MS) < LEAST_MS:
                wrong.append(f"{talk.number}: what the {side} is told comes at {at}")
        if shown(talk.pages["asker"]) != kept[-len(shown(talk.pages["asker"])) :]:
            wrong.append(f"{talk.number}: the page stands in another order than the ticket")
        mailed, astray = leave_and_answer(
            ground.ports, ground.relay, talk.requester, talk.number, talk.pages, token=talk.advisor == 0
        )
        places["transcript by mail"] = [line.strip() for line in mailed.splitlines()]
        for place, texts in places.items():
            if heard(texts) != wanted(lines, talk.pages):
                wrong.append(f"{talk.number}, {place}: {heard(texts)}")
        wrong += astray
    return wrong


@dataclass
class Outcome:
    """What came of a run."""

    faults: list[str]
    settled: bool
    kills: Counter[str]
    cuts: int


def run(*, lines: int, kills: int, seed: int, database: str, chats: int, advisors: int, most: float = 2.0) -> Outcome:
    """`kills` SIGKILLs of each target while every page says `lines` lines at most `most` seconds apart."""
    rng = random.Random(seed)
    done: Counter[str] = Counter()
    with ground(database) as base, Chromium() as chromium, CuttingProxy(base.web.port, 0.15, seed) as proxy:
        found = talks(base.ports, chats, advisors)
        contexts = open_pages(base, chromium, found, proxy.port)
        plan = [name for name in base.targets() for _ in range(kills)]
        rng.shuffle(plan)
        pause = lines * most / 2 / (len(plan) + 1)

        def killing() -> None:
            for name in plan:
                time.sleep(pause * random.Random(seed + len(done)).uniform(0.6, 1.2))
                base.kill(name)
                done[name] += 1

        killer = threading.Thread(target=killing)
        killer.start()
        chatter(found, lines, rng, most, killer.is_alive)
        killer.join()
        came = settled(found, lines)
        proxy.cutting = False
        # The last to be killed may be the web, and all lines may have been there before.
        if not wait_until(partial(answers_on, base.web.port), PATIENCE):
            raise SystemExit("the web does not come back")
        wrong = faults(base, found, lines)
        for context in contexts:
            context.close()
        return Outcome(wrong, came, done, proxy.cuts)


def main() -> int:
    """A run as the environment says it."""
    said = os.environ
    outcome = run(
        lines=int(said.get("LINES") or 200),
        kills=int(said.get("KILLS") or 10),
        seed=int(said.get("SEED") or 1),
        database=said.get("DB") or "postgresql",
        chats=int(said.get("CHATS") or 3),
        advisors=int(said.get("ADVISORS") or 2),
        most=float(said.get("PACE") or 2),
    )
    print(f"killed: {dict(sorted(outcome.kills.items()))}, cut: {outcome.cuts}, all there in time: {outcome.settled}")  # noqa: T201 - its output
    for fault in outcome.faults:
        print(fault[:400])  # noqa: T201 - its output
    return 1 if outcome.faults or not outcome.settled else 0


if __name__ == "__main__":
    sys.exit(main())
