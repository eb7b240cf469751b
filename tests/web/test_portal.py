"""The pages for people who ask: who sees what, the same answer for what is not theirs, and what arrives elsewhere."""

from __future__ import annotations

import datetime as dt
import re
import statistics
import time
from io import BytesIO
from typing import cast

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from helpdesk.adapters.memory import SetClock
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import RequesterSession, Ticket, WebSession
from helpdesk.people.accounts import actor_named
from helpdesk.ports import Ports
from helpdesk.retention.why import kept
from helpdesk.tickets import replying
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, unit_of_work
from tests.knowledge import INTERNAL, VISA, write
from tests.letters import letter, receive
from tests.retention import policy_in_force
from tests.web.asker import DOOR, FEMKE, asks_for_mail, code_in, link_in, mailed, shown, signs_in
from tests.web.conftest import MARIJE
from tests.web.visitor import Page, Visitor

AHMED, BUITEN = "ahmed@minbz.example", "trainer@buiten.example"
OFFERED = ((VISA, False), (INTERNAL, True))
NUMBER, OURS = "2026-00001", {"Sec-Fetch-Site": "same-origin"}
SAME_WITHIN = 0.25


def post(visitor: Visitor, path: str, **fields: object) -> TestResponse:
    return visitor.client.post(path, data=fields, content_type="multipart/form-data", headers=OURS)


def asked(visitor: Visitor, **fields: object) -> TestResponse:
    """Ask by the form."""
    form = visitor.page("/mijn-vragen/nieuw").form("/nieuw")
    said: dict[str, object] = {**form.fields, "subject": "Taalcursus", "text": "Mag ik een cursus volgen?"}
    return post(visitor, "/mijn-vragen/nieuw", **(said | fields))


@pytest.fixture
def femke(site_ports: Ports, app: Flask) -> Visitor:
    """Femke, who mailed and now asks once more, with a file."""
    receive(site_ports, letter("Een mail", sender=f"Ahmed <{AHMED}>", message_id="<a@x>"))
    receive(site_ports, letter("Nog een", sender=f"Trainer <{BUITEN}>", message_id="<b@x>"))
    receive(site_ports, letter("Mag het?", files=(("rooster.txt", b"maandag"),)))
    visitor = Visitor(app)
    signs_in(visitor, site_ports)
    return visitor


def test_known_and_unknown_addresses_get_the_same_page_in_the_same_time(site_ports: Ports, app: Flask) -> None:
    receive(site_ports, letter())
    pages: list[tuple[object, ...]] = []
    cookies = []
    for address in (FEMKE, "niemand@minbz.example"):
        visitor = Visitor(app)
        form = visitor.page(DOOR).form(DOOR)
        answer = visitor.send(form, follow=False, email=address)
        pages.append((answer.status_code, answer.headers["Location"], answer.text))
        cookies.append([cookie.partition("=")[0] for cookie in answer.headers.getlist("Set-Cookie")])
        landed = visitor.get(f"{DOOR}/verstuurd", Host="nep.example", X_Forwarded_Host="nep.example")
        pages[-1] += shown(landed, "-")
    assert pages[0] == pages[1]
    assert cookies[0] == cookies[1]
    text = mailed(site_ports, FEMKE)
    assert "https://helpdesk.example/mijn-vragen/inloggen/" in text, "a forged host changes no link"
    took: dict[str, list[float]] = {FEMKE: [], "niemand@minbz.example": []}
    visitor = Visitor(app)
    form = visitor.page(DOOR).form(DOOR)
    for _turn in range(40):
        for address, times in took.items():
            cast("SetClock", site_ports.now).move(dt.timedelta(hours=1))
            begin = time.perf_counter()
            visitor.send(form, follow=False, email=address)
            times.append(time.perf_counter() - begin)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < SAME_WITHIN * known, (known, unknown)


def test_the_door_is_throttled_and_codes_are_entered(site_ports: Ports, app: Flask) -> None:
    receive(site_ports, letter())
    visitor = Visitor(app)
    visitor.get(f"/mijn-vragen/{NUMBER}")
    asks_for_mail(visitor, FEMKE)
    text = mailed(site_ports, FEMKE)
    link = link_in(text)
    for _look in range(20):
        assert "f•••@minbz.example" in visitor.get(link).text
    wrong = visitor.send(visitor.page(f"{DOOR}/verstuurd").form("/code"), code="000000")
    assert wrong.status_code == 422
    assert "Deze code klopt niet" in wrong.text
    entered = visitor.send(Page(wrong.text).form("/code"), code=code_in(text))
    assert entered.request.path == f"/mijn-vragen/{NUMBER}", "it goes on to where one wanted to be"
    used = visitor.get(link)
    assert used.status_code == 404
    assert "Deze link werkt niet meer" in used.text
    stranger = Visitor(app)
    answers = [asks_for_mail(stranger, address).status_code for address in ("x@minbz.example",) * 5]
    assert answers == [200] * 4 + [429]
    assert asks_for_mail(stranger, "geen adres").status_code == 422


def test_a_question_goes_the_whole_way(site_ports: Ports, femke: Visitor, marije: Visitor) -> None:
    answer = asked(femke, files=(BytesIO(b"%PDF-inhoud"), "plan.pdf"))
    assert asked(femke, client_id="een").headers["Location"] == asked(femke, client_id="een").headers["Location"]
    number = answer.headers["Location"].split("/")[2]
    assert "Je vraag is verstuurd" in femke.page(answer.headers["Location"]).text
    assert "via het portaal" in marije.page(f"/werk/w/alle/{number}").text
    with unit_of_work(site_ports, SYSTEM) as unit:
        version = thread_of(unit, number).ticket.version
        text = "Ja, **dat** mag."
        replying.reply(unit, number, replying.Answer(text, (FEMKE,), "waiting_for_asker", version, "c1"))
    cast("SetClock", site_ports.now).move(dt.timedelta(minutes=1))
    page = femke.page(f"/mijn-vragen/{number}")
    assert "Wij wachten op jouw antwoord" in page.text
    assert "dat" in page.text
    empty = femke.send(page.form("/bericht"), text=" ")
    assert empty.status_code == 422
    assert "Schrijf eerst je vraag op." in empty.text
    again = femke.send(page.form("/bericht"), text="Dank je wel.")
    assert "Dank je wel." in again.text
    done = femke.send(Page(again.text).form("/opgelost"))
    assert "Afgehandeld" in done.text
    assert "Mijn vraag is opgelost" not in [text for tag, text in Page(done.text).texts if tag == "button"]
    file = next(link for link in page.links if "/bestand/" in link)
    got = femke.client.get(file)
    assert (got.data, got.headers["Content-Disposition"]) == (b"%PDF-inhoud", "attachment; filename=plan.pdf")
    assert got.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    refused = asked(femke, files=(BytesIO(b""), "leeg.docx"))
    assert refused.status_code == 422
    assert "Het bestand leeg.docx is leeg." in refused.text
    assert "Mag ik een cursus volgen?" in refused.text, "nothing typed is lost"
    named_so = asked(femke, files=(BytesIO(b"MZ\x90\0"), "cursus.pdf"))
    assert (named_so.status_code, "Het bestand cursus.pdf moet een pdf" in named_so.text) == (422, True)


def test_what_is_too_large_is_refused_beside_what_was_typed(femke: Visitor) -> None:
    film = asked(femke, files=(BytesIO(b"%PDF" + b"x" * 34_000_000), "film van de cursus.pdf"))
    assert (film.status_code, "Het bestand film van de cursus.pdf is groter dan 20 MB." in film.text) == (422, True)
    three = [(BytesIO(b"%PDF" + b"x" * 9_000_000), f"deel {part}.pdf") for part in range(3)]
    number = "/mijn-vragen/2026-00003/bericht"
    form = femke.page(number.rpartition("/")[0]).form(number).fields
    much = post(femke, number, **(form | {"text": "Alle delen.", "files": three}))
    assert (much.status_code, "De bestanden zijn samen groter dan 25 MB." in much.text) == (422, True)
    assert "Mag ik een cursus volgen?" in film.text
    assert "Alle delen." in much.text


def test_a_question_after_an_answer_that_did_not_help_says_so(
    site_ports: Ports, femke: Visitor, marije: Visitor
) -> None:
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        author = actor_named(unit, MARIJE)
    visa, hidden = (write(site_ports, author, words, internal=internal) for words, internal in OFFERED)
    start = femke.page("/").text
    assert VISA.title in start
    assert INTERNAL.title not in start
    page = femke.page(f"/mijn-vragen/nieuw?antwoord={visa}")
    assert VISA.title in page.text
    assert INTERNAL.title not in femke.page(f"/mijn-vragen/nieuw?antwoord={hidden}").text
    sent = femke.send(page.form("/mijn-vragen/nieuw"), follow=False, subject="Visum", text="Het klopt niet.")
    number = sent.headers["Location"].split("/")[2]
    assert f"Dit hielp de vrager niet: {VISA.title}" in " ".join(marije.page(f"/werk/w/alle/{number}").text.split())


def test_until_when_and_why_is_the_sentence_of_retention_why(site_ports: Ports, femke: Visitor) -> None:
    policy_in_force(site_ports)
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        ticket = unit.session.scalars(select(Ticket).where(Ticket.number == "2026-00003")).one()
        sentence = kept(unit, ticket, "nl").sentence
    assert sentence in femke.page("/mijn-vragen/2026-00003").text
    assert sentence in femke.page("/mijn-gegevens").text
    assert "Onderzoek" not in femke.page("/privacy").text
    assert "551" in femke.page("/privacy").text


def test_requests_arrive_in_the_worklist_of_privacy_officers(femke: Visitor, priya: Visitor, marije: Visitor) -> None:
    def send(kind: str, wish: str) -> TestResponse:
        page = femke.page("/mijn-gegevens")
        form = next(form for form in page.forms if form.fields.get("kind") == kind)
        return femke.send(form, wish=wish)

    assert "We hebben je verzoek ontvangen" in send("access", "").text
    assert send("access", "").status_code == 409
    assert send("rectification", " ").status_code == 422
    assert "Verbetering (art. 16)" in send("rectification", "Mijn naam is Femke de Vries-Jansen.").text
    assert marije.get("/werk/w/alle/2026-00003").status_code == 200
    send("objection", "Ik wil dit niet.")
    assert marije.get("/werk/w/alle/2026-00003").status_code == 404, "an objection restricts at once"
    assert "Niemand werkt" in femke.page("/mijn-vragen/2026-00003").text
    worklist = priya.page("/privacybeheer/verzoeken")
    ones = [link for link in worklist.links if re.fullmatch(r"/privacybeheer/verzoeken/\d+", link)]
    assert len(ones) == 3
    first = priya.page(ones[0]).text
    assert "het portaal: ingelogd met een eigen adres" in first
    assert "uiterlijk op" in femke.page("/mijn-gegevens").text


def test_a_session_in_use_slides_and_is_not_written_with_each_page(
    site_ports: Ports, femke: Visitor, marije: Visitor
) -> None:
    def standing() -> list[dt.datetime]:
        with unit_of_work(site_ports, SYSTEM, write=False) as unit:
            own = unit.session.scalars(select(RequesterSession.ends)).one()
            return [own, unit.session.scalars(select(func.max(WebSession.seen_at))).one()]

    def passed(span: dt.timedelta) -> list[dt.timedelta]:
        before = standing()
        cast("SetClock", site_ports.now).move(span)
        for visitor, page in ((femke, "/mijn-vragen"), (marije, "/werk")):
            assert visitor.get(page).status_code in (200, 302, 303)
        return [now - then for now, then in zip(standing(), before, strict=True)]

    minute = dt.timedelta(minutes=1)
    passed(10 * minute)
    assert passed(minute / 2) == [dt.timedelta(), dt.timedelta()]
    assert passed(3 * minute) == [dt.timedelta(), 3.5 * minute]
    assert passed(2 * minute) == [5.5 * minute, 2 * minute]


def test_choices_are_remembered_and_leaving_leaves(site_ports: Ports, femke: Visitor) -> None:
    form = femke.page("/mijn-gegevens").form("/keuzes")
    form.fields.pop("receipts")
    assert "Your choices are saved." in femke.send(form, language="en").text
    assert "My questions" in femke.page("/mijn-vragen").headings
    count = len(site_ports.mailer.sent)  # type: ignore[attr-defined] # the memory mailer remembers
    asked(femke)
    deliver_waiting(site_ports)
    assert len(site_ports.mailer.sent) == count  # type: ignore[attr-defined] # as above
    typed = femke.page("/mijn-vragen/2026-00003").form("/bericht")
    out = femke.send(femke.page("/mijn-vragen").form("/uitloggen"), follow=False)
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    late = femke.send(typed, text="Een lang verhaal")
    assert late.status_code == 401
    assert "Een lang verhaal" in late.text
