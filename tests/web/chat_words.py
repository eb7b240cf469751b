"""A chat from both sides, in the pseudo-language for `test_words.py`, and all its forms for `test_forms.py`."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Flask

from helpdesk.chat import presence
from helpdesk.knowledge.canned import CannedForm, add_canned
from helpdesk.people.accounts import account_named
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.chats import Office
from tests.made_app import made_app
from tests.web.asker import signs_in
from tests.web.browsing import as_advisor
from tests.web.conftest import FENNA, SANDER
from tests.web.portal_words import NOOR
from tests.web.visitor import Page, Visitor

if TYPE_CHECKING:
    from tests.web.crawling import Crawl
    from tests.web.test_forms import Clerk

CHAT, DESK = "/chat", "/werk/chat"
GUEST, WHO, HOURS = "/chat/gast", "/chat/koppelen", "/beheer/openingstijden"


def _number(page: Page) -> str:
    rooms = [path for path in page.links if path.startswith(f"{CHAT}/2")]
    return rooms[0].partition("#")[0].rpartition("/")[2]


def chatting(crawl: Crawl, ports: Ports, advisor: str) -> None:
    """A chat that is taken, silent, handed over and ended; who looked before looks again afterwards."""
    Office(ports)
    before, asker, staff = crawl.visitor, Visitor(crawl.app), Visitor(crawl.app)
    signs_in(asker, ports, NOOR)
    assert staff.sign_in(advisor).status_code == 200
    crawl.visitor = Visitor(crawl.app)
    crawl.send(f"{CHAT}/venster", "/venster", 409)
    crawl.visitor = asker
    crawl.page(CHAT)
    crawl.page(CHAT, Sec_Fetch_Dest="iframe")
    crawl.visitor = staff
    crawl.page(DESK)
    crawl.send(DESK, "/bereikbaar", state="available", capacity="1")
    crawl.visitor = asker
    crawl.send(CHAT, CHAT, 422, text="")
    number = _number(crawl.send(CHAT, CHAT, text="Μπορώ;"))
    room, desk = f"{CHAT}/{number}", f"{DESK}/{number}"
    crawl.page(CHAT)
    crawl.visitor = staff
    crawl.page(desk)
    crawl.send(DESK, "/volgende")
    crawl.send(desk, f"/{number}", 422, text="")
    crawl.send(desk, f"/{number}", text="Ναι")
    for path in (f"{DESK}/rij", f"{desk}/regels", f"{desk}/paneel"):
        crawl.page(path)
    crawl.visitor = asker
    crawl.send(room, f"/{number}", text="Όχι")
    crawl.page(f"{room}/regels")
    for ending in ("/gelezen", "/verslag"):
        crawl.send(room, ending)
    crawl.visitor = staff
    crawl.send(desk, "/afronden", transcript="1")
    crawl.visitor = asker
    crawl.page(room)
    _as_guest(crawl, ports, staff)
    crawl.visitor = before


def _as_guest(crawl: Crawl, ports: Ports, staff: Visitor) -> None:
    """A chat of somebody of whom nothing is known, who says it afterwards."""
    crawl.visitor = guest = Visitor(crawl.app)
    crawl.send(GUEST, GUEST, 422, text="")
    begun = _number(crawl.send(GUEST, GUEST, text="Πότε;", name="Νίκος"))
    crawl.page(WHO)
    crawl.visitor = staff
    crawl.page(f"{DESK}/{begun}")
    crawl.visitor = guest
    signs_in(guest, ports, NOOR)
    crawl.send(WHO, WHO)


def chats(clerk: Clerk, ports: Ports, app: Flask) -> None:
    """Every act of a chat, of both sides."""
    office, asker, sander = Office(ports), Visitor(app), Visitor(app)
    signs_in(asker, ports, NOOR)
    assert sander.sign_in(SANDER).status_code == 200
    clerk.act(sander, DESK, "chat_desk.be", "chat_state", state="available", capacity="2")
    number = _number(Page(clerk.act(asker, CHAT, "chat.start", text="Mag het?").text))
    room, desk = f"{CHAT}/{number}", f"{DESK}/{number}"
    clerk.act(sander, desk, "chat_desk.take")
    with unit_of_work(ports, as_advisor(ports, SANDER)) as unit:
        piece = str(add_canned(unit, CannedForm("Groet", text_nl="Dag {nummer}, *welkom*.", desk_key="academy")))
    filled = Page(clerk.act(sander, desk, "chat_desk.insert", piece=piece, text="Hallo.").text)
    assert filled.form(f"/{number}").fields["text"] == f"Hallo.\n\nDag V-{number}, welkom."
    clerk.act(sander, desk, "chat_desk.say", text="Ja.")
    clerk.act(sander, desk, "chat_desk.hand_over", "chat_handed_over", account="", note="Weet jij het?")
    clerk.act(sander, DESK, "chat_desk.take_next")
    clerk.act(asker, room, "chat.say", text="Fijn.")
    clerk.act(sander, desk, "chat_desk.say", text="Nog iets?")
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        desk_note = presence.advisor_name(account_named(unit, SANDER).id)
    office.pass_time(dt.timedelta(minutes=26), desk_note, office.there(number))
    clerk.act(asker, room, "chat.stay")
    clerk.act(asker, room, "chat.receipts", "chat_choice")
    clerk.act(asker, room, "chat.transcript", "chat_transcript")
    clerk.act(asker, room, "chat.leave", how="mail")
    again = _number(Page(clerk.act(asker, CHAT, "chat.start", text="Nog een vraag.").text))
    clerk.act(sander, f"{DESK}/{again}", "chat_desk.take")
    clerk.act(sander, f"{DESK}/{again}", "chat_desk.by_mail", "chat_by_mail")
    third = _number(Page(clerk.act(asker, CHAT, "chat.start", text="En nog een.").text))
    clerk.act(sander, f"{DESK}/{third}", "chat_desk.take")
    clerk.act(sander, f"{DESK}/{third}", "chat_desk.end", "chat_ended", status="done")
    _guest(clerk, ports, sander)
    fenna = Visitor(app)
    assert fenna.sign_in(FENNA).status_code == 200
    clerk.act(fenna, HOURS, "opening.set_hours", "hours_saved")
    reasons = {"reason_nl": "Studiedag", "reason_en": "Study day"}
    clerk.act(fenna, HOURS, "opening.close", "days_closed", first="24-12-2026", **reasons)
    clerk.act(fenna, HOURS, "opening.reopen", "days_opened")
    clerk.act(fenna, HOURS, "opening.holiday", "hours_saved")


def _guest(clerk: Clerk, ports: Ports, advisor: Visitor) -> None:
    """A guest, where guests may chat, and who they are after all."""
    bo = Visitor(made_app(replace(ports, settings=replace(ports.settings, chat_guests=True))))
    number = _number(Page(clerk.act(bo, GUEST, "guests.begin", text="Wanneer?").text))
    clerk.act(advisor, f"{DESK}/{number}", "chat_desk.take")
    clerk.act(advisor, f"{DESK}/{number}", "chat_desk.ask_who")
    signs_in(bo, ports, NOOR)
    clerk.act(bo, WHO, "guests.bind", "chat_bound")
