"""The product filled with hostile mail, and beside it a bare server that shows HTML with no policy and no sandbox.

The bare pages take away what else holds scripts back, so that the cleaning is tested by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

from sqlalchemy import select, update

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Content, Entry, Ticket
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets import cleaning, lists
from helpdesk.tickets.draft_rows import DraftForm
from helpdesk.tickets.drafts import list_drafts, save_draft
from helpdesk.tickets.merging import merge
from helpdesk.tickets.replying import Answer, add_note, reply
from helpdesk.tickets.thread import thread_of
from helpdesk.tickets.views import EntryView, Row, Thread
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from tests.attack.xss_mails import control_mail, hostile_mail, picture
from tests.attack.xss_plants import PLANTS
from tests.attack.xss_strings import Hostile
from tests.letters import put
from tests.show_mail import EMAIL, empty_ports, served
from web.files.views import FRAME

PASSWORD = "een lang wachtwoord"
UNCLEAN = "<p onclick='x()'>k<script>x()</script><img src='//evil.example/1'><a href='javascript:x()'>k</a></p>"
"""What a mail's frame would hold without any cleaning."""
_ON_A_PAGE = 25


@dataclass
class Filled:
    """One hostile string and the ticket that it filled; `thread` as the domain reads it."""

    hostile: Hostile
    thread: Thread
    draft: str
    answer_html: str = ""

    @property
    def mail(self) -> EntryView:
        """The mail it came in."""
        return next(entry for entry in self.thread.entries if entry.kind in ("mail", "machine"))


@dataclass
class Site:
    """Both servers, and what they show."""

    ports: Ports
    address: str
    bare: str
    actor: Actor = SYSTEM
    filled: list[Filled] = field(default_factory=list)
    control: str = ""
    planted: str = ""
    rows: dict[str, Row] = field(default_factory=dict)
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """What the bare server has: path -> policy and HTML."""


def _handler(pages: dict[str, tuple[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Bare(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            policy_said, html = pages.get(self.path, ("", ""))
            image = self.path == "/logo.png"
            self.send_response(200 if html or image else 404)
            self.send_header("Content-Type", "image/png" if image else "text/html; charset=utf-8")
            if policy_said:
                self.send_header("Content-Security-Policy", policy_said)
            self.end_headers()
            self.wfile.write(picture() if image else html.encode("utf-8", "replace"))

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    return Bare


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Both servers on free ports, with one advisor, for as long as the block lasts."""
    ports = empty_ports(folder)
    ports = replace(ports, settings=replace(ports.settings, undo_seconds=0))
    pages = {f"/plant/{index}": (said, html) for index, (_kind, said, html) in enumerate(PLANTS)}
    bare = ThreadingHTTPServer(("127.0.0.1", 0), _handler(pages))
    threading.Thread(target=bare.serve_forever, daemon=True).start()
    try:
        with served(ports) as address:
            yield Site(ports, address, f"http://127.0.0.1:{bare.server_address[1]}", pages=pages)
    finally:
        bare.shutdown()
        bare.server_close()
        ports.engine.dispose()


def fill(made: Site, strings: Sequence[Hostile]) -> None:
    """A ticket for each string, with an answer, a note and a draft of it; the control mail; a frame left unclean."""
    ports = made.ports
    with unit_of_work(ports, SYSTEM) as unit:
        made.actor = actor = Actor(
            create_account(unit, EMAIL, "Advisor", ["advisor"], PASSWORD), frozenset({"advisor"})
        )
    unclean = Hostile("unclean", UNCLEAN)
    raws = [hostile_mail(each, index) for index, each in enumerate([*strings, unclean])]
    for start in range(0, len(raws), 50):
        put(ports, *raws[start : start + 50])
        _drain(ports)
    numbers = _numbers(ports)
    put(ports, control_mail())
    _drain(ports)
    (made.control,) = set(_numbers(ports)) - set(numbers)
    made.planted = numbers.pop()
    _plant(ports, made.planted)
    for number, hostile in zip(numbers, strings, strict=True):
        _write(ports, actor, number, hostile.text)
    while deliver_waiting(ports):
        pass
    answers = _answers(ports)
    with unit_of_work(ports, actor, write=False) as unit:
        drafts = {row.number: row.text for row in list_drafts(unit)}
        for number, hostile in zip(numbers, strings, strict=True):
            made.filled.append(Filled(hostile, thread_of(unit, number), drafts[number], answers[number]))
        after: str | None = None
        while True:
            page = lists.list_page(unit, "all", after)
            made.rows |= {row.number: row for row in page.rows}
            if (after := page.next) is None:
                break
    _bare_pages(made)


def _drain(ports: Ports) -> None:
    while drain(ports, Readers(0)):
        pass
    while cleaning.drain(ports):
        pass


def _numbers(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.number).order_by(Ticket.id)))


def _plant(ports: Ports, number: str) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        ticket_id = select(Ticket.id).where(Ticket.number == number).scalar_subquery()
        unit.session.execute(
            update(Content).where(Content.ticket_id == ticket_id, Content.kind == "html").values(text=UNCLEAN)
        )


def _write(ports: Ports, actor: Actor, number: str, text: str) -> None:
    """What an advisor would do with it: note it, answer with it, begin another answer with it."""
    with unit_of_work(ports, actor) as unit:
        add_note(unit, number, f"Notitie\n\n{text}", f"n{number}")
        version = thread_of(unit, number).ticket.version
        to = thread_of(unit, number).people[0].address
        reply(unit, number, Answer(f"V-{number}\n\n{text}", (to,), "open", version, f"a{number}"))
        save_draft(unit, number, "answer", DraftForm(f"Concept {text}", to))


def merge_all(made: Site, numbers: Sequence[str]) -> str:
    """Merge the tickets into the first of them; its number."""
    for number in numbers[1:]:
        with unit_of_work(made.ports, made.actor) as unit:
            merge(unit, number, numbers[0])
    return numbers[0]


def _answers(ports: Ports) -> dict[str, str]:
    """The HTML of each answer that went out, with what it quotes, by the number of its ticket."""
    found = {}
    for _sender, _recipients, raw in cast("MemoryMailer", ports.mailer).sent:
        mail = message_from_bytes(raw, policy=policy.default)
        if mail["Auto-Submitted"] is None:
            html = mail.get_body(("html",)).get_content()  # type: ignore[union-attr] # our mails have one
            found[html.partition("<p>V-")[2][:10]] = html
    return found


def _bare_pages(made: Site) -> None:
    """Each cleaned HTML and each answer on a page of its own, and pages of 25 frames that show them."""
    with unit_of_work(made.ports, SYSTEM, write=False) as unit:
        cleaned = dict(
            unit.session.execute(
                select(Content.entry_id, Content.text)
                .join(Entry, (Entry.id == Content.entry_id) & (Entry.ticket_id == Content.ticket_id))
                .where(Content.kind == "html")
            ).all()
        )
    for index, each in enumerate(made.filled):
        html = cleaned.get(each.mail.id, "")
        made.pages[f"/cleaned/{index}"] = ("", FRAME.format(language="nl", title="k", html=html))
        made.pages[f"/answer/{index}"] = ("", each.answer_html)
    for kind in ("cleaned", "answer"):
        for number, start in enumerate(range(0, len(made.filled), _ON_A_PAGE)):
            some = range(start, min(start + _ON_A_PAGE, len(made.filled)))
            frames = "".join(f"<iframe src='/{kind}/{index}'></iframe>" for index in some)
            made.pages[f"/{kind}-page/{number}"] = ("", f"<!doctype html><body data-bare>{frames}</body>")
