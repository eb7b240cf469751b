"""Questions, messages and lines of chat with a file each, sent by a browser over a line that breaks at random bytes.

    SENDS=50 SEED=1 DB=postgresql SHARE=0.6 LINE=slow-3g make cut-sends

On a window of 320 pixels; nothing is chosen or typed again. Each is to be kept exactly once, its file byte by byte.
"""

from __future__ import annotations

import math
import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page
from sqlalchemy import select

from helpdesk.chat import saying
from helpdesk.models import Attachment, Content
from helpdesk.people import requester_sessions
from helpdesk.people.addresses import person_for
from helpdesk.ports import Ports
from helpdesk.tickets import asking
from helpdesk.tickets.asking import Question
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from tests.attack.byte_proxy import ByteProxy
from tests.attack.chat import ground
from tests.services.chromium import Chromium

ADDRESS = "femke.devries@minbz.example"
KINDS = ("question", "message", "line")
PATIENCE = 120.0
_SMALLEST, _LARGEST = 100, 1_500_000
_ASKED, _FORM, _ANSWERS = 0.6, 4_000, 3_000
"""The share that breaks in what is asked; bytes of a form beside its file, and of what a send is answered, about."""
_SLOW = {"offline": False, "latency": 2000, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


@dataclass
class Sends:
    """Where somebody sends from: a page, their question and their chat."""

    ports: Ports
    page: Page
    base: str
    question: str
    chat: str
    wrong: list[str] = field(default_factory=list)

    def send(self, kind: str, text: str, content: bytes, begun: Callable[[], None]) -> None:
        """Write it, choose the file and send it, once; then wait until it is kept. `begun` is called before that."""
        paths = {
            "question": "/mijn-vragen/nieuw",
            "message": f"/mijn-vragen/{self.question}",
            "line": f"/chat/{self.chat}",
        }
        self.open(paths[kind])
        begun()
        self.page.locator("#veld-files").set_input_files(
            {"name": f"{text}.pdf", "mimeType": "application/pdf", "buffer": content}
        )
        self.page.locator("#veld-text").fill(text)
        self.page.locator("main form:has(#veld-text) button.primary").click()
        until = time.monotonic() + PATIENCE
        while not kept(self.ports, text) and time.monotonic() < until:
            self.page.wait_for_timeout(50)
        self.page.wait_for_timeout(400)

    def open(self, path: str) -> None:
        """Load the page as often as it takes to have all of it, as people do."""
        for _time in range(40):
            try:
                self.page.goto(self.base + path, wait_until="load")
                if self.page.locator("[data-plain][hidden]").count():
                    return
            except BrowserError:
                continue
        raise RuntimeError(f"{path} never came")


def sender(ports: Ports) -> tuple[str, str, str]:
    """Somebody with a question and a chat: the token of a session, and the two numbers."""
    with unit_of_work(ports, SYSTEM) as unit:
        who = Actor(requester=Requester(person_for(unit, ADDRESS, "Femke").id, ADDRESS))
        token = requester_sessions.open_session(unit, ADDRESS)
    with unit_of_work(ports, who) as unit:
        question = asking.ask(unit, Question("Begin", "Begin", "begin"))
        chat = saying.start(unit, ports.settings.desks[0].key, "Begin", "begin-begin").number
    return token, question, chat


def opened(ports: Ports, chromium: Chromium, port: int, *, slow: bool = False) -> Sends:
    """A page of 320 pixels of somebody who is signed in, behind this port."""
    token, question, chat = sender(ports)
    context = chromium.browser.new_context(viewport={"width": 320, "height": 640}, locale="nl-NL")
    base = f"http://127.0.0.1:{port}"
    context.add_cookies([{"name": "vragen", "value": token, "url": base}])
    page = context.new_page()
    if slow:
        control = context.new_cdp_session(page)
        control.send("Network.enable")
        control.send("Network.emulateNetworkConditions", _SLOW)
    return Sends(ports, page, base, question, chat)


def kept(ports: Ports, text: str) -> list[bytes | None]:
    """For each time this text is kept: the bytes of its file; none without exactly one."""
    found: list[bytes | None] = []
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        said = select(Content.ticket_id, Content.entry_id).where(Content.kind == "body", Content.text == text)
        for row in unit.session.execute(said).all():
            blobs = list(unit.session.scalars(select(Attachment.blob).where(Attachment.entry_id == row.entry_id)))
            found.append(ports.blobs.read(blobs[0]) if len(blobs) == 1 else None)
    return found


def run(sends: Sends, proxy: ByteProxy, count: int, rng: random.Random) -> list[str]:
    """So many sends, each broken at a byte of what it asks or is answered; what is missing, doubled or not as sent."""
    wanted = {}
    for number in range(count):
        size = int(math.exp(rng.uniform(math.log(_SMALLEST), math.log(_LARGEST))))
        text, content = f"Bericht {number}", b"%PDF-1.7\n" + rng.randbytes(size)
        wanted[text] = content
        up = rng.random() < _ASKED
        after = rng.randrange(size + _FORM) if up else rng.randrange(_ANSWERS)
        sends.send(KINDS[number % len(KINDS)], text, content, partial(proxy.break_after, after, up=up))
    wrong = []
    for text, content in wanted.items():
        found = kept(sends.ports, text)
        if found != [content]:
            what = ["no file" if one is None else f"{len(one)} bytes" for one in found]
            wrong.append(f"{text} of {len(content)} bytes is kept {len(found)} times: {what}")
    return wrong


def main() -> int:
    """A run as the environment says it."""
    said = os.environ
    count, seed, share = int(said.get("SENDS") or 50), int(said.get("SEED") or 1), float(said.get("SHARE") or 0.6)
    slow, began = said.get("LINE") == "slow-3g", time.monotonic()
    with ground(said.get("DB") or "postgresql") as base, Chromium() as chromium:
        with ByteProxy(base.web.port, share, seed) as proxy:
            sends = opened(base.ports, chromium, proxy.port, slow=slow)
            wrong = run(sends, proxy, count, random.Random(seed))
            sends.page.context.close()
        seconds = time.monotonic() - began
    for line in wrong:
        print(line)  # noqa: T201 - its output
    print(f"RESULT cut-sends sends={count} cuts={proxy.cuts} wrong={len(wrong)} seconds={seconds:.0f}")  # noqa: T201 - its output
    return 1 if wrong or not proxy.cuts else 0


if __name__ == "__main__":
    sys.exit(main())
