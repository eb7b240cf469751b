"""No word of ours escapes translation: each screen of the URL map, state and error, in the pseudo-language."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import PermanentRefusal, Unavailable
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import OutgoingMail
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.settings import DeskSettings
from helpdesk.sign_in.forgotten import ask_for_link
from helpdesk.status import raise_alarm
from helpdesk.text.language import PSEUDO_LANGUAGE, translator
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import letter, receive, wait
from tests.made_app import made_app
from tests.naked import Search
from tests.services.chromium import Chromium
from tests.services.oidc_provider import NOBODY_THERE, provided
from tests.web.browsing import TICKET, browsing, served
from tests.web.chat_words import chatting
from tests.web.crawling import PLANTED, Crawl
from tests.web.knowledge_pages import advisor_of, answered
from tests.web.office_words import asking, office
from tests.web.officer_pages import looked_at
from tests.web.portal_words import portal
from tests.web.rights_words import requests_of
from tests.web.test_inert import parked_mail
from tests.web.visitor import PASSWORD, Page, Visitor
from web import errors, guards, wording
from web.notices import COOKIE, NOTICES
from web.portal import entrance
from web.sign_in.views import PROBLEMS

ONE, TWO, THREE = "m@academie.example", "s@academie.example", "p@academie.example"
DESK = DeskSettings(
    *("academy", "a@academie.example", "Σχολή", "Σχολή"),
    signature_nl="Γεια",
    signature_en="Γεια",
    answer_within_nl="δύο",
    answer_within_en="δύο",
)
SENDER, WORDS, SUBJECT = "Φένια <femke@minbz.example>", "Μπορώ να έρθω;", "Μετάθεση"
OURS = {"Sec-Fetch-Site": "same-origin"}
VIEWS = ("mijn", "niet-toegewezen", "open", "wacht-op-vrager", "afgehandeld", "alle")
STATIC = Path(__file__).parents[2] / "web" / "static"


def mail(number: int, text: str = WORDS, **more: str) -> bytes:
    given = {"subject": SUBJECT, "sender": SENDER, "to": DESK.address, "message_id": f"<m{number}@minbz.example>"}
    return letter(text, **(given | more))  # type: ignore[arg-type] # all of these are texts


@pytest.fixture
def pseudo(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> Ports:
    shutil.copy(sqlite_template, tmp_path / "helpdesk.sqlite3")
    ports = make_ports(
        f"sqlite:///{tmp_path / 'helpdesk.sqlite3'}",
        language=PSEUDO_LANGUAGE,
        desks=(DESK, DeskSettings("two", "b@academie.example", "Δύο", "Δύο")),
        secure_cookies=False,
        undo_seconds=10,
        public_url="https://helpdesk.example",
        organisation_domains=("minbz.example",),
        chat_guests=True,
        **NOBODY_THERE,
    )
    with unit_of_work(ports, SYSTEM) as unit:
        roles = ["advisor", "technical_admin", "functional_admin", "privacy_officer"]
        create_account(unit, ONE, "Μαρίνα", roles, PASSWORD)
        create_account(unit, TWO, "Σάββας", ["advisor"], PASSWORD)
        create_account(unit, THREE, "Πωλίνα", ["privacy_officer"], PASSWORD, from_start=True)
    return provided(ports)


@pytest.fixture
def crawl(pseudo: Ports) -> Crawl:
    app = made_app(pseudo)

    def crash() -> str:
        raise ZeroDivisionError

    def away() -> str:
        raise Unavailable("The database can't be reached now. Try again in a minute.", code="database")

    for path, view in zip(PLANTED, (crash, away), strict=True):
        app.add_url_rule(path, path, guards.open_to_all("planted by a test")(view))
    return Crawl(app)


def empty_screens(crawl: Crawl) -> None:
    for view in VIEWS:
        crawl.page(f"/werk/w/{view}")
    for path in ("/beheer/geparkeerd", "/techniek/gezondheid", "/werk/concepten", "/werk/meldingen", "/werk/zoeken"):
        crawl.page(path)
    for path in ("/beheer/imports", "/beheer/mensen", "/werk/onbekend", "/privacybeheer/bewaartermijnen"):
        crawl.page(path)
    crawl.page("/privacybeheer/bewaartermijnen/vragen?stand=due")
    crawl.send("/beheer/openingstijden", "/week", 422, **{"since-0-0": "18:00"})
    crawl.send("/beheer/openingstijden", "/dicht", 422, first="x")
    crawl.send("/beheer/openingstijden", "/dicht", first="24-12-2026", reason_nl="Γιορτή", reason_en="Γιορτή")


def at_the_door(crawl: Crawl, ports: Ports) -> None:
    crawl.page("/inloggen")
    crawl.send("/inloggen", "/inloggen", 422, email=ONE, password="x")
    crawl.send("/wachtwoord-vergeten", "/wachtwoord-vergeten", email=ONE)
    with unit_of_work(ports, SYSTEM) as unit:
        ask_for_link(unit, TWO)
        seed = unit.session.query(OutgoingMail.seed).filter(OutgoingMail.kind == "password").all()[-1].seed
    link = f"/wachtwoord/{ports.keys.link_token(seed)}"
    crawl.send(link, "/" + link.rpartition("/")[2], 422, new="x")
    crawl.page("/wachtwoord/niets", 404)
    for _try in range(12):
        form = Page(crawl.visitor.get("/inloggen").text).form("/inloggen")
        answer = crawl.visitor.send(form, email="x@x.example", password="x")
    assert answer.status_code == 429
    crawl.look("/inloggen 429", answer.text)
    crawl.send("/inloggen", "/inloggen", email=ONE, password=PASSWORD)


def fill(ports: Ports) -> None:
    receive(ports, mail(1, html="<p>Γεια</p>", Cc="Αχμέτ <ahmed@minbz.example>"))
    receive(ports, mail(2, subject=f"Re: {SUBJECT}"), mail(3, subject="Άλλο", Auto_Submitted="auto-replied"))
    receive(ports, letter("Γεια", subject=SUBJECT, sender=SENDER, to=DESK.address, files=(("αρχείο", b"1"),)))
    parked_mail(ports, mail(9))
    clean(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        raise_alarm(unit, "mailbox_error", "academy", "1")


def ticket_states(crawl: Crawl, ports: Ports) -> None:
    crawl.send(TICKET, "/notitie", text="Γεια")
    crawl.send(TICKET, "/notitie", 422, text="")
    crawl.send(TICKET, "/concept/answer", text="Μισό")
    crawl.page("/werk/concepten")
    stale = crawl.page(TICKET).form("/antwoord")
    for fields in ({"text": ""}, {"text": "Ναι", "to": "x"}, {"text": "Ναι", "to": "z@elders.example"}):
        crawl.send(TICKET, "/antwoord", 422, **fields)
    crawl.send(TICKET, "/antwoord", text="Ναι", to="femke@minbz.example")
    crawl.send(TICKET, "/ongedaan")
    crawl.send(TICKET, "/antwoord", text="Ναι", to="femke@minbz.example")
    other = Visitor(crawl.app)
    assert other.sign_in(TWO).status_code == 200
    answer = crawl.visitor.send(stale, text="Όχι", to="femke@minbz.example")
    assert answer.status_code == 409
    crawl.look("409 composer", answer.text)

    def refuse(_recipients: object) -> None:
        raise PermanentRefusal("no", code="550")

    undo = crawl.page(TICKET).form("/ongedaan")
    assert isinstance(ports.mailer, MemoryMailer)
    ports.mailer.refuse = refuse
    wait(ports)
    deliver_waiting(ports)
    crawl.look("409 undo", crawl.visitor.send(undo).text)
    crawl.page(TICKET)
    crawl.send("/werk/w/alle/2026-00002", "/samenvoegen", into="2026-00001")
    crawl.page("/werk/w/alle/2026-00001?verloop=alles")
    crawl.send("/werk/w/alle/2026-00001", "/samenvoegen-ongedaan")
    crawl.send("/werk/w/alle/2026-00003", "/verplaatsen", into="2026-00001")
    crawl.send("/werk/w/alle/2026-00001", "/spam", block="1")
    crawl.send("/werk/w/alle/2026-00001", "/geen-spam")
    there = other.page("/werk/w/alle/2026-00002")
    other.send(there.form("/toewijzen"), account="1")
    answer = crawl.visitor.client.get(TICKET, headers={"X-Fragment": "ticket"})
    crawl.look("fragment", answer.text)


def pages(crawl: Crawl) -> None:
    for path in (
        *(f"/werk/w/{view}" for view in VIEWS),
        *("/werk/nieuw", "/werk/instellingen", "/werk/instellingen/code", "/werk/hulp", "/werk/meldingen"),
        *("/beheer/geparkeerd", "/techniek/gezondheid", "/werk/bericht/1/bron", f"{TICKET}/afdrukken?notities=1"),
    ):
        crawl.page(path)
    crawl.send("/werk/zoeken", "/zoeken", q=SUBJECT)
    crawl.send("/werk/zoeken", "/zoeken", q="τίποτα")
    crawl.send("/werk/nieuw", "/nieuw", 422, address="")
    crawl.send("/beheer/geparkeerd", "/weggooien", 422)
    crawl.send("/werk/instellingen", "/wachtwoord", 422, old="x", new="y")
    crawl.send("/werk/instellingen/code", "/code", 422, password="x", code="1")


def error_pages(crawl: Crawl) -> None:
    client = crawl.visitor.client
    crawl.page("/niets", 404)
    crawl.page("/werk/w/open/2026-99999", 404)
    crawl.page("/kapot", 500)
    crawl.page("/weg", 503)
    large = {"text": "x" * 600_000}
    for place, status, answer in (
        ("forged", 403, client.post("/werk/zoeken", data={"q": "x"}, headers={"Sec-Fetch-Site": "cross-site"})),
        ("method", 405, client.post("/werk/hulp", headers=OURS)),
        ("large", 413, client.post(f"{TICKET}/antwoord", data=large, content_type="multipart/form-data", headers=OURS)),
        ("page of the list", 422, client.get("/werk/w/open?na=x")),
    ):
        assert answer.status_code == status, (place, answer.status_code)
        crawl.look(place, answer.text)
    form = crawl.page(TICKET).form("/antwoord")
    client.delete_cookie("session")
    for cookie in list(client._cookies or {}):
        client.delete_cookie(cookie[2], domain=cookie[0], path=cookie[1])
    ended = crawl.visitor.send(form, text="Ναι")
    assert ended.status_code in {401, 403}
    crawl.look("signed out", ended.text)


def fixed_words() -> Iterator[tuple[str, str]]:
    """Every sentence the web keeps in a table by a code."""
    tables = {
        name: table
        for name, table in vars(wording).items()
        if isinstance(table, dict) and name.isupper() and name != "SHAPES"
    }
    tables |= {
        "NOTICES": NOTICES,
        "TITLES": errors.TITLES,
        "ADVICE": errors.ADVICE,
        "PROBLEMS": PROBLEMS,
        "ENTRANCE": entrance.PROBLEMS,
    }
    for name, table in tables.items():
        yield from ((f"{name} {code}", text) for code, text in table.items())


def test_every_word_on_every_screen_was_given_to_be_translated(pseudo: Ports, crawl: Crawl) -> None:
    at_the_door(crawl, pseudo)
    empty_screens(crawl)
    fill(pseudo)
    crawl.page("/werk/w/alle/2026-00002")
    ticket_states(crawl, pseudo)
    pages(crawl)
    office(crawl, pseudo, TWO, THREE)
    asking(crawl)
    answered(crawl, pseudo, advisor_of(pseudo, ONE))
    requests_of(crawl)
    looked_at(crawl, pseudo, ONE, THREE)
    portal(crawl, pseudo)
    chatting(crawl, pseudo, TWO)
    for code in NOTICES:
        crawl.visitor.client.set_cookie(COOKIE, code)
        assert NOTICES[code] not in crawl.page("/werk/hulp").text
    announced = crawl.visitor.client.post(
        f"{TICKET}/status",
        data=crawl.page(TICKET).form("/status").fields,
        headers=OURS | {"X-Fragment": "ticket"},
    )
    crawl.search.look("X-Announce", unquote(announced.headers["X-Announce"]))
    error_pages(crawl)
    for place, text in fixed_words():
        crawl.search.look(place, translator(PSEUDO_LANGUAGE).gettext(text))
    for path in sorted([*STATIC.rglob("*.js"), *STATIC.glob("css/*.css")]):
        crawl.search.look_in_script(path.name, path.read_text(encoding="utf-8"))
    assert crawl.unseen() == set(), "screens of the URL map that nobody looked at"
    assert {200, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503} <= crawl.statuses
    assert crawl.search.found == {}
    counted = f"routes={len(crawl.seen)} texts={crawl.search.texts} words={crawl.search.words}"
    sys.stdout.write(f"\nRESULT words {counted} statuses={len(crawl.statuses)} untranslated=0\n")
    assert crawl.search.words > 5_000


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("⟦Öþéñ⟧ naked", {"naked"}),
        ("⟦Öþéñ door⟧", {"door"}),
        ("⟦Öþéñ {⟧ Γεια 2026-00001 a@b.example", set()),
        ("⟦þ⟧ PX ⟦þ⟧", {"PX"}),
        ("Φένια Open", {"Open"}),
    ],
)
def test_a_word_that_was_not_given_is_seen(text: str, found: set[str]) -> None:
    search = Search()
    search.look("here", text)
    assert search.found.get("here", set()) == found


def test_a_word_planted_in_any_part_of_a_page_is_seen(crawl: Crawl) -> None:
    for planted in ("<title>Zo</title>", "<img alt='Zo'>", "<p title='Zo'>", "<input placeholder='Zo'>", "<b>Zo</b>"):
        crawl.look(planted, planted)
    crawl.search.look_in_script("s.js", 'place.textContent = "Zo";\nsay("nothing was found");\nconst a = "data-word";')
    crawl.search.look_in_script("s.css", '.x::after { content: "Zo"; }')
    assert len(crawl.search.found) == 7
    assert len(crawl.search.found["s.js"]) == 2


def test_what_scripts_show_was_given_to_be_translated_too(pseudo: Ports, crawl: Crawl, chromium: Chromium) -> None:
    receive(pseudo, mail(1))
    app = made_app(pseudo)
    with browsing(chromium, "http://127.0.0.1") as context:
        page = context.new_page()
        with served(app) as address:
            page.goto(address + "/inloggen")
            page.locator("[name=email]").fill(ONE)
            page.locator("[name=password]").fill(PASSWORD)
            page.locator("main form button").click()
            page.wait_for_url("**/werk/w/**")
            page.goto(address + TICKET)
            page.locator("#antwoord > summary").click()
            page.locator("#antwoord-tekst").press_sequentially("Ναι")
            page.locator("#antwoord .saved", has_text="⟦").wait_for()
            crawl.look("draft", page.content())
            page.locator("#antwoord button.primary").click()
            page.locator("[data-undo] .left", has_text="⟦").wait_for()
            page.locator("#zeg", has_text="⟦").wait_for(state="attached")
            crawl.look("sent", page.content())
            receive(pseudo, mail(2, subject="Άλλο"))
            page.locator("#notitie > summary").click()
            page.locator("#notitie-tekst").press_sequentially("Ναι")
        page.locator("#notitie-tekst").press_sequentially("Ναι")
        page.locator("#notitie .saved", has_text="⟦").wait_for()
        page.locator("#notitie button.primary").click()
        page.locator("#notitie .trouble", has_text="⟦").wait_for()
        crawl.look("server away", page.content())
    assert crawl.search.found == {}
    assert crawl.search.words > 300
