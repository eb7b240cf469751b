"""The pages for people who ask, in the pseudo-language for `test_words.py`, and all their forms for `test_forms.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from flask import Flask

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.asker import DOOR, code_in, link_in, mailed
from tests.web.visitor import Page, Visitor

if TYPE_CHECKING:
    from tests.web.crawling import Crawl
    from tests.web.test_forms import Clerk

MINE, DATA = "/mijn-vragen", "/mijn-gegevens"


NOOR = "noor@minbz.example"


def _noor(ports: Ports, text: str, name: str) -> None:
    """Noor has mailed, and the relay takes what is sent to her."""
    receive(ports, letter(text, sender=f"{name} <{NOOR}>", subject=name, message_id="<noor@minbz.example>"))
    cast("MemoryMailer", ports.mailer).refuse = None


def portal(crawl: Crawl, ports: Ports) -> None:
    """Everything somebody who asks comes across; who looked before looks again afterwards."""
    _noor(ports, "Ναι", "Νορ")
    staff, crawl.visitor = crawl.visitor, Visitor(crawl.app)
    for path in ("/", "/privacy", "/toegankelijkheid", "/hulp", "/zonder-verbinding"):
        crawl.page(path)
    for door in (DOOR, "/inloggen"):
        crawl.page(f"{door}/werkaccount", 503)
        crawl.page(f"{door}/werkaccount/terug", 409)
    crawl.send(DOOR, "/inloggen", 422, email="x")
    crawl.send(DOOR, "/inloggen", email=NOOR)
    crawl.send(f"{DOOR}/verstuurd", "/code", 422, code="1")
    link = link_in(mailed(ports, NOOR))
    crawl.send(link, link)
    crawl.page(link, 404)
    crawl.send(f"{MINE}/nieuw", "/nieuw", 422, text="")
    sent = crawl.send(f"{MINE}/nieuw", "/nieuw", subject="Ναι", text="Μπορώ;")
    one = next(path for path in sent.links if path.startswith(f"{MINE}/2"))
    crawl.send(one, "/bericht", 422, text="")
    crawl.send(one, "/bericht", text="Ναι")
    crawl.page(f"{one}/afdrukken")
    crawl.send(one, "/opgelost")
    crawl.page(MINE)
    crawl.send(DATA, "/keuzes")
    crawl.send(DATA, "/verzoek")
    crawl.send(DATA, "/verzoek", 409)
    crawl.page(f"{MINE}/2026-99999", 404)
    form = crawl.page(one).form("/bericht")
    crawl.visitor.client.delete_cookie("vragen")
    crawl.look("ended", crawl.visitor.send(form, text="Ναι").text)
    crawl.visitor = staff


def asks(clerk: Clerk, ports: Ports, app: Flask) -> None:
    """Every act of somebody who asks."""
    _noor(ports, "Mag het?", "Noor")
    who = Visitor(app)
    clerk.act(who, "/", "entrance.choose_language", taal="nl")
    clerk.act(who, DOOR, "entrance.ask", email=NOOR)
    clerk.act(who, f"{DOOR}/verstuurd", "entrance.enter_code", code=code_in(mailed(ports, NOOR)))
    sent = clerk.act(who, f"{MINE}/nieuw", "questions.ask", subject="Boek", text="Wat kost het?")
    one = next(path for path in Page(sent.text).links if path.startswith(f"{MINE}/2"))
    clerk.act(who, one, "questions.add", "question_added", text="Haast heeft het niet.")
    clerk.act(who, one, "questions.solve", "question_solved")
    clerk.act(who, one, "entrance.stay", "stays_signed_in")
    clerk.act(who, DATA, "own_data.choose", "own_choices")
    clerk.act(who, DATA, "own_data.ask", "own_request")
    clerk.act(who, MINE, "entrance.leave", "signed_out")
    clerk.act(who, DOOR, "entrance.ask", email=NOOR)
    link = link_in(mailed(ports, NOOR))
    clerk.act(who, link, "entrance.redeem")
    clerk.act(who, DATA, "entrance.leave_everywhere", "signed_out_everywhere")
