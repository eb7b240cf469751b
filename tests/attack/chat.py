"""Pages that chat while what they stand on is killed: is every line on every page, once and in order?

    LINES=200 KILLS=10 SEED=1 DB=postgresql CHATS=2 make chaos-chat

Each chat has a page of who asks and a desk of an advisor in real browsers; each says numbered lines at random moments,
through a proxy that cuts between request and answer. Web, event stream, Valkey and PostgreSQL get SIGKILL meanwhile.
No page is loaded anew. What the pages show is compared with the ticket, the page without scripts, and the transcript.
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from helpdesk.chat import desk, ending, saying
from helpdesk.chat.lines import own_lines
from helpdesk.chat.rooms import own_room
from helpdesk.mail.compose import compose
from helpdesk.mail.letters import read_letter
from helpdesk.models import OutgoingMail
from helpdesk.people import requester_sessions, sign_in
from helpdesk.people.accounts import create_account
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.settings import from_env
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from helpdesk.wiring import connect
from tests.attack.cutting_proxy import CuttingProxy
from tests.services.chromium import Chromium
from tests.services.postgres import Postgres
from tests.services.process import free_port
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
    """One chat: who asks, the advisor, and a page of each."""

    number: str
    requester: Actor
    advisor: Actor
    pages: dict[str, Page] = field(default_factory=dict)


@dataclass
class Ground:
    """What the chats stand on: the servers, our processes, and the ports to look into the database."""

    ports: Ports
    web: Web
    live: Running
    valkey: Valkey
    postgres: Postgres | None

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
        url = postgres.fresh_database() if postgres else ""
        said = {"REDIS": valkey.url, "LIVE_PORT": str(free_port()), "CHAT_HOURS": "mon-sun 00:00-23:59"}
        words = environment(folder, url, **said)
        for verb in ("init", "migrate"):
            Running(("helpdesk", verb), words).process.wait(120)
        live = Running(("web", "live"), words)
        stack.callback(live.kill)
        web = Web(folder, url, **said)
        stack.callback(web.kill)
        ports = connect(from_env({name: word for name, word in words.items() if name.startswith("HELPDESK_")}))
        stack.callback(ports.engine.dispose)
        found, stop = Ground(ports, web, live, valkey, postgres), threading.Event()
        keeper = threading.Thread(target=found.keep, args=(stop,))
        keeper.start()
        stack.callback(keeper.join)
        stack.callback(stop.set)
        yield found


def talks(ports: Ports, count: int) -> list[Talk]:
    """Chats with one advisor, each picked up."""
    with unit_of_work(ports, SYSTEM) as unit:
        advisor = Actor(create_account(unit, "m@academie.example", "Marije", ["advisor"], PASSWORD), _ADVISOR)
    with unit_of_work(ports, advisor) as unit:
        desk.be(unit, "available", 10)
    made = []
    for number in range(count):
        address = f"asker{number}@minbz.example"
        with unit_of_work(ports, SYSTEM) as unit:
            asker = Actor(requester=Requester(person_for(unit, address, f"Asker {number}").id, address))
        with unit_of_work(ports, asker) as unit:
            said = saying.start(unit, ports.settings.desks[0].key, "0", f"chaos-{number:06}")
        with unit_of_work(ports, advisor) as unit:
            desk.pick_up(unit, said.number)
        made.append(Talk(said.number, asker, advisor))
    return made


_ADVISOR = frozenset({"advisor"})


def open_pages(ground: Ground, chromium: Chromium, found: list[Talk], port: int) -> list[BrowserContext]:
    """A browser for each person, signed in, on the page of the chat."""
    contexts = []
    for talk in found:
        assert talk.requester.requester is not None
        with unit_of_work(ground.ports, SYSTEM) as unit:
            asks = requester_sessions.open_session(unit, talk.requester.requester.address)
            answers = sign_in.sign_in(unit, "m@academie.example", PASSWORD).token
        for side, cookie, token, path in (
            ("asker", "vragen", asks, f"/chat/{talk.number}"),
            ("advisor", "helpdesk", answers, f"/werk/chat/{talk.number}"),
        ):
            context = chromium.browser.new_context()
            address = f"http://127.0.0.1:{port}"
            context.add_cookies([{"name": cookie, "value": str(token), "url": address}])
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


def wanted(lines: int) -> dict[str, list[int]]:
    """What each side of a chat said."""
    return {side: list(range(1, lines + 1)) for side in ("asker", "advisor")}


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
        if all(heard(shown(page)) == wanted(lines) for talk in found for page in talk.pages.values()):
            return True
        found[0].pages["asker"].wait_for_timeout(300)
    return False


def faults(ground: Ground, found: list[Talk], lines: int) -> list[str]:
    """Where a line is missing, doubled or out of order; and pages that differ from what is kept."""
    wrong = []
    for talk in found:
        places = {f"page of {side}": shown(page) for side, page in talk.pages.items()}
        with unit_of_work(ground.ports, talk.requester) as unit:
            room = own_room(unit, talk.number)
            kept = [line.text for line in own_lines(unit, room.ticket).rows]
            ending.queue_transcript(unit, room.ticket)
        with unit_of_work(ground.ports, SYSTEM, write=False) as unit:
            mails = unit.session.query(OutgoingMail).filter_by(kind="transcript", ticket_id=room.ticket.id)
            letter, _files = read_letter(unit, mails.order_by(OutgoingMail.id.desc()).first())  # type: ignore[arg-type] # queued just now
            assert compose(letter, ground.ports.settings)
        places |= {"ticket": kept, "transcript": [line.text for line in letter.lines]}
        context = talk.pages["asker"].context
        plain = context.request.get(f"http://127.0.0.1:{ground.web.port}/chat/{talk.number}").text()
        places["page without scripts"] = re.findall(r'<div class="text" dir="auto">(.*?)</div>', plain)
        for place, texts in places.items():
            if heard(texts) != wanted(lines):
                wrong.append(f"{talk.number}, {place}: {heard(texts)}")
        for side, page in talk.pages.items():
            at = [float(moment) for moment in page.evaluate(SAID)]
            if not at or min([later - sooner for sooner, later in pairwise(at)], default=LEAST_MS) < LEAST_MS:
                wrong.append(f"{talk.number}: what the {side} is told comes at {at}")
        if shown(talk.pages["asker"]) != kept[-len(shown(talk.pages["asker"])) :]:
            wrong.append(f"{talk.number}: the page stands in another order than the ticket")
    return wrong


@dataclass
class Outcome:
    """What came of a run."""

    faults: list[str]
    settled: bool
    kills: Counter[str]
    cuts: int


def run(*, lines: int, kills: int, seed: int, database: str, chats: int, most: float = 2.0) -> Outcome:
    """`kills` SIGKILLs of each target while every page says `lines` lines at most `most` seconds apart."""
    rng = random.Random(seed)
    done: Counter[str] = Counter()
    with ground(database) as base, Chromium() as chromium, CuttingProxy(base.web.port, 0.15, seed) as proxy:
        found = talks(base.ports, chats)
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
        chats=int(said.get("CHATS") or 2),
        most=float(said.get("PACE") or 2),
    )
    print(f"killed: {dict(sorted(outcome.kills.items()))}, cut: {outcome.cuts}, all there in time: {outcome.settled}")  # noqa: T201 - its output
    for fault in outcome.faults:
        print(fault[:400])  # noqa: T201 - its output
    return 1 if outcome.faults or not outcome.settled else 0


if __name__ == "__main__":
    sys.exit(main())
