"""The screens of requests in the pseudo-language, for `test_words.py`, and all their forms, for `test_forms.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask
from sqlalchemy import select, update

from helpdesk.models import Attachment, Entry, InboundMail, Ticket
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import letter, receive
from tests.made_app import quick_passwords
from tests.web.visitor import PASSWORD, Visitor
from workers.rights import rights_waiting

if TYPE_CHECKING:
    from tests.web.crawling import Crawl
    from tests.web.test_forms import Clerk

ALL = "/privacybeheer/verzoeken"
ONE, TWO, THREE = (f"{ALL}/{number}" for number in (1, 2, 3))


def requests_of(crawl: Crawl) -> None:
    """Requests of one person, recorded, judged and proposed; what a hold refuses; and a part that is not destroyed."""
    crawl.page(ALL)
    crawl.page(f"{ALL}?beantwoord=1")
    crawl.send(ALL, "/verzoeken", 422, received_on="χ", wish="")
    for kind in ("access", "erasure", "rectification"):
        crawl.send(ALL, "/verzoeken", kind=kind, received_on="02-11-2026", wish="Τι;", number="2026-00002")
    for place in (ONE, TWO, THREE):
        crawl.send(place, "/identiteit", identity="known_address")
    crawl.send(ONE, "/verlengen", because="Πολλά")
    crawl.send(ONE, "/woorden", words="Ναι")
    ticket = f"{ONE}/vraag/2026-00002"
    crawl.send(ticket, "/weglaten", reason="confidential")
    crawl.send(ticket, "/vernietigen", 409, reason="health")
    crawl.page(f"{THREE}/vraag/2026-00002")
    crawl.send(ONE, "/voorstellen", 422)
    crawl.send(ONE, "/voorstellen", decision="partly", decision_text="Γιατί")
    crawl.send(TWO, "/wissen", 409, ground="unlawful")
    crawl.send(THREE, "/naam", 409, name="Φένια")
    crawl.send(TWO, "/beantwoord", decision="refused_claims", decision_text="Γιατί")
    crawl.page(TWO)
    crawl.page(ALL)
    crawl.page(f"{ALL}?beantwoord=1")
    crawl.send("/werk/w/alle/2026-00001/verzoek", "/verzoek", 422, received_on="χ")
    crawl.send("/werk/bericht/1/vernietigen", "/vernietigen", 409, reason="health")


def rights(clerk: Clerk, ports: Ports, app: Flask, marije: Visitor, priya: Visitor) -> None:
    """Every act with requests, on tickets of their own."""
    noor, olga = _tickets(ports)
    petra, rika = _seconds(ports, app)
    clerk.act(marije, f"/werk/w/alle/{noor}/verzoek", "rights.record", "request_recorded", kind="access", wish="Wat?")
    _access(clerk, ports, priya, petra, noor)
    given = {"received_on": "02-11-2026", "wish": "Nee.", "number": olga}
    clerk.act(priya, ALL, "requests.open_new", "request_opened", kind="objection", **given)
    clerk.act(priya, TWO, "requests.identify", "request_known", identity="in_person")
    clerk.act(priya, TWO, "requests.lift", "request_lifted")
    clerk.act(priya, TWO, "requests.erase", "erasure_proposed", ground="objection")
    clerk.act(priya, TWO, "requests.withdraw_erasure", "erasure_withdrawn")
    clerk.act(priya, TWO, "requests.erase", "erasure_proposed", ground="objection")
    clerk.act(rika, TWO, "requests.approve_erasure", "erasure_approved")
    clerk.act(priya, ALL, "requests.open_new", "request_opened", kind="rectification", **given)
    clerk.act(priya, THREE, "requests.identify", "request_known", identity="in_person")
    clerk.act(priya, THREE, "requests.rename", "rectified", name="Olga Oud")
    clerk.act(priya, THREE, "requests.readdress", "rectified", wrong="olga@x.example", right="olga.oud@x.example")
    ticket = f"{THREE}/vraag/{olga}"
    clerk.act(priya, ticket, "request_tickets.remark", "note_saved", words="Zij heet Olga Oud.")
    clerk.act(priya, ticket, "request_tickets.redact", "redacted", reason="health")
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        file = unit.session.scalars(select(Attachment).order_by(Attachment.id.desc())).first()
        assert file is not None
    place = f"/werk/bericht/{file.entry_id}/vernietigen"
    clerk.act(marije, place, "rights.destroy", "redacted", reason="secret", file=str(file.id))


def _access(clerk: Clerk, ports: Ports, priya: Visitor, petra: Visitor, number: str) -> None:
    clerk.act(priya, ONE, "requests.take", "request_taken")
    clerk.act(priya, ONE, "requests.identify", "request_known", identity="known_address")
    clerk.act(priya, ONE, "requests.extend", "request_extended", because="Veel.")
    clerk.act(priya, ONE, "requests.collect", "request_known")
    clerk.act(priya, ONE, "requests.judge", "request_judged", state="accepted")
    clerk.act(priya, ONE, "requests.words", "request_words", words="Zonnebloem")
    clerk.act(priya, f"{ONE}/vraag/{number}", "request_tickets.leave_out", "request_judged", reason="confidential")
    for endpoint, notice in (("send_back", "request_back"), ("release", "request_released")):
        decided = {"decision": "partly", "decision_text": "Eén bericht niet."}
        clerk.act(priya, ONE, "requests.propose", "request_proposed", **decided)
        clerk.act(petra, ONE, f"requests.{endpoint}", notice)
    rights_waiting(ports)
    clerk.act(priya, ONE, "request_tickets.package")
    clerk.act(priya, ONE, "requests.close", "request_answered")


def _tickets(ports: Ports) -> tuple[str, str]:
    receive(ports, letter("Van Noor.", subject="N", sender="Noor Nu <noor@x.example>", message_id="<noor@x>"))
    olga = letter("O", subject="O", sender="Olga <olga@x.example>", message_id="<olga@x>", files=(("o.txt", b"o"),))
    receive(ports, olga)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
        newest = select(Ticket.number).join(Entry, Entry.ticket_id == Ticket.id).order_by(Entry.id.desc()).limit(2)
        then, first = unit.session.scalars(newest)
    return first, then


def _seconds(ports: Ports, app: Flask) -> tuple[Visitor, Visitor]:
    """Another privacy officer and a record manager, signed in."""
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, "petra@academie.example", "Petra", ["privacy_officer"], PASSWORD, from_start=True)
        create_account(unit, "rika@academie.example", "Rika", ["record_manager"], PASSWORD, from_start=True)
        quick_passwords(unit, PASSWORD)
    petra, rika = Visitor(app), Visitor(app)
    assert petra.sign_in("petra@academie.example").status_code == 200
    assert rika.sign_in("rika@academie.example").status_code == 200
    return petra, rika
