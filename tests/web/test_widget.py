"""The chat on a page of another site: in a real browser under a strict policy, and tokens that must open nothing."""

from __future__ import annotations

import datetime as dt
import gzip
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask, Response, request
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import BrowserContext, FrameLocator, Page, expect
from sqlalchemy import func, insert, select
from werkzeug.test import TestResponse

from helpdesk.adapters.memory import SetClock
from helpdesk.models import BlockedSender, Entry, RequesterSession
from helpdesk.ports import Ports
from helpdesk.settings import SiteSettings
from helpdesk.unit import SYSTEM, unit_of_work
from tests.chats import Office
from tests.conftest import PortsMaker, copied
from tests.made_app import made_app
from tests.services.chromium import Chromium
from tests.ui import looking
from tests.web.asker import FEMKE, code_in, mailed, signs_in
from tests.web.browsing import browsing, served
from tests.web.visitor import Page as Parsed
from tests.web.visitor import Visitor

FRAME, DESK = "/chat/venster", "https://helpdesk.example"
SITE, OTHER = "https://intranet.example", "https://wiki.example"
AHMED, SPAM = "ahmed@minbz.example", "spam@minbz.example"
IN_A_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
OURS = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}
SECRETS = {SITE: secrets.token_hex(32), OTHER: secrets.token_hex(32)}
Made = Callable[..., Ports]


@pytest.fixture
def made(make_ports: PortsMaker, staffed_template: Path, sqlite_place: Path, tmp_path: Path) -> Made:
    """Ports in the hours of the chat; Femke and Ahmed are known; these sites may show it."""

    def make(*origins: str, secret: str | None = None, **settings: Any) -> Ports:
        sites = []
        for number, origin in enumerate(origins):
            path = tmp_path / f"site-{number}"
            path.write_text(f"{secret or SECRETS[origin]}\n")
            sites.append(SiteSettings(origin, str(path)))
        usual = {"secure_cookies": False, "public_url": DESK, "sites": tuple(sites)}
        ports = make_ports(copied(staffed_template, sqlite_place), **(usual | settings))
        office = Office(ports)
        office.asker()
        office.asker("Ahmed", AHMED)
        return ports

    return make


def sessions(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(RequesterSession)) or 0


def challenge_of(visitor: Visitor) -> str:
    """What the frame of this browser asks the site to sign."""
    page = visitor.client.get(FRAME, headers=IN_A_FRAME).text
    found = re.search(r'data-challenge="(\w+)"', page)
    assert found is not None
    return found[1]


def claims_for(ports: Ports, visitor: Visitor, **more: object) -> dict[str, Any]:
    """A token's claims as they should be, and these."""
    usual = {
        "iss": SITE,
        "aud": DESK,
        "exp": int(ports.now().timestamp()) + 60,
        "jti": secrets.token_urlsafe(24),
        "nonce": challenge_of(visitor),
        "email": FEMKE,
    }
    return {name: value for name, value in (usual | more).items() if value is not None}


def signed(claims: dict[str, Any], secret: str = SECRETS[SITE], algorithm: str = "HS256") -> str:
    return jwt.encode({"alg": algorithm}, claims, OctKey.import_key(secret), algorithms=[algorithm])


def says(visitor: Visitor, token: str) -> TestResponse:
    """The frame hands in what the site said."""
    page = Parsed(visitor.client.get(FRAME, headers=IN_A_FRAME).text)
    return visitor.client.post(FRAME, data=page.form(FRAME).fields | {"token": token}, headers=OURS)


def test_a_token_opens_the_chat_once_and_nothing_but_the_chat(made: Made) -> None:
    ports = made(SITE)
    visitor = Visitor(made_app(ports))
    token = signed(claims_for(ports, visitor))
    answer = says(visitor, token)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/chat")
    cookie = next(one for one in answer.headers.getlist("Set-Cookie") if one.startswith("vragen-kader="))
    assert {"Secure", "HttpOnly", "SameSite=None", "Partitioned"} <= set(cookie.split("; "))
    page = visitor.client.get("/chat", headers=IN_A_FRAME)
    assert FEMKE in page.text
    assert f"frame-ancestors {SITE};" in page.headers["Content-Security-Policy"]
    for path in ("/mijn-vragen", "/mijn-gegevens", "/mijn-vragen/nieuw"):
        closed = visitor.client.get(path)
        assert closed.status_code == 303, "a site vouches for the chat alone"
        assert "frame-ancestors 'none'" in closed.headers["Content-Security-Policy"]
    for who in (visitor, Visitor(visitor.client.application)):
        who.client.delete_cookie("vragen-kader")
        assert says(who, token).status_code == 409, "a token is good once"
    assert sessions(ports) == 1


def test_a_session_ends_with_the_sites_word(made: Made, app: Flask) -> None:
    ports = made(SITE)
    visitor = Visitor(made_app(ports))
    says(visitor, signed(claims_for(ports, visitor)))
    page = Parsed(visitor.client.get("/chat", headers=IN_A_FRAME).text)
    gone = made_app(replace(ports, settings=replace(ports.settings, sites=(SiteSettings(SITE),))))
    other = Visitor(gone)
    other.client.set_cookie("vragen-kader", visitor.client.get_cookie("vragen-kader").value)  # type: ignore[union-attr] # it is there
    assert other.client.get("/chat", headers=IN_A_FRAME).headers["Location"].startswith(FRAME)
    out = visitor.client.post("/mijn-vragen/uitloggen", data=page.form("/uitloggen").fields, headers=OURS)
    assert out.headers["Location"] == FRAME
    assert sessions(ports) == 0
    without = Visitor(app)
    assert [without.client.get(path).status_code for path in ("/widget.js", FRAME)] == [404, 404]
    assert without.client.post(FRAME, data={"token": "x"}).status_code in (403, 404)


def _now(ports: Ports) -> int:
    return int(ports.now().timestamp())


Attack = Callable[[Ports, Visitor], str]
ATTACKS: dict[str, Attack] = {
    "nothing": lambda _ports, _who: "",
    "no token": lambda _ports, _who: "x.y.z",
    "forged": lambda ports, who: signed(claims_for(ports, who), secrets.token_hex(32)),
    "changed": lambda ports, who: _changed(signed(claims_for(ports, who)), signed(claims_for(ports, who, email=AHMED))),
    "unsigned": lambda ports, who: _unsigned(signed(claims_for(ports, who))),
    "another algorithm": lambda ports, who: signed(claims_for(ports, who), algorithm="HS512"),
    "another site's secret": lambda ports, who: signed(claims_for(ports, who), SECRETS[OTHER]),
    "another site": lambda ports, who: signed(claims_for(ports, who, iss=OTHER)),
    "an unknown site": lambda ports, who: signed(claims_for(ports, who, iss="https://elders.example")),
    "no site": lambda ports, who: signed(claims_for(ports, who, iss=None)),
    "another audience": lambda ports, who: signed(claims_for(ports, who, aud="https://elders.example")),
    "no audience": lambda ports, who: signed(claims_for(ports, who, aud=None)),
    "expired": lambda ports, who: signed(claims_for(ports, who, exp=_now(ports))),
    "no end": lambda ports, who: signed(claims_for(ports, who, exp=None)),
    "an end in words": lambda ports, who: signed(claims_for(ports, who, exp="9999999999")),
    "too long good": lambda ports, who: signed(claims_for(ports, who, exp=_now(ports) + 301)),
    "not yet": lambda ports, who: signed(claims_for(ports, who, nbf=_now(ports) + 30)),
    "no id": lambda ports, who: signed(claims_for(ports, who, jti=None)),
    "a short id": lambda ports, who: signed(claims_for(ports, who, jti="1")),
    "another browser": lambda ports, who: signed(claims_for(ports, who, nonce=challenge_of(_other(who)))),
    "no challenge": lambda ports, who: signed(claims_for(ports, who, nonce=None)),
    "no address": lambda ports, who: signed(claims_for(ports, who, email=None)),
    "many addresses": lambda ports, who: signed(claims_for(ports, who, email=[FEMKE])),
    "an unknown address": lambda ports, who: signed(claims_for(ports, who, email="wie@elders.example")),
    "a blocked address": lambda ports, who: signed(claims_for(ports, who, email=SPAM)),
    "our own address": lambda ports, who: signed(claims_for(ports, who, email="academy@academie.example")),
    "much": lambda ports, who: signed(claims_for(ports, who, more="x" * 5000)),
}


def _other(who: Visitor) -> Visitor:
    return Visitor(who.client.application)


def _changed(first: str, second: str) -> str:
    """The words of the one under the signature of the other."""
    return ".".join((*second.split(".")[:2], first.split(".")[2]))


def _unsigned(token: str) -> str:
    return "eyJhbGciOiJub25lIn0." + token.split(".")[1] + "."


def test_a_token_that_is_wrong_opens_nothing_and_the_ways_in_stand_there(made: Made) -> None:
    ports = made(SITE, OTHER, portal_domains=("minbz.example",))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(insert(BlockedSender).values(address=SPAM, blocked_at=unit.now))
    app, said = made_app(ports), {}
    for name, attack in ATTACKS.items():
        visitor = Visitor(app)
        answer = says(visitor, attack(ports, visitor))
        page = Parsed(answer.text)
        told = "De pagina waarop deze chat staat, kon niet zeggen wie je bent." in page.text
        way_in = any(form.action == "/mijn-vragen/inloggen" for form in page.forms)
        said[name] = (answer.status_code, told, way_in, "vragen-kader" in str(answer.headers.getlist("Set-Cookie")))
    assert said == dict.fromkeys(ATTACKS, (409, True, True, False))
    assert sessions(ports) == 0


def test_who_is_signed_in_stays_who_they_are(made: Made) -> None:
    ports = made(SITE)
    visitor = Visitor(made_app(ports))
    token = signed(claims_for(ports, visitor, email=AHMED))
    signs_in(visitor, ports)
    assert visitor.client.get(FRAME, headers=IN_A_FRAME).headers["Location"] == "/chat"
    form = Parsed(visitor.client.get("/chat", headers=IN_A_FRAME).text).forms[0].fields
    answer = visitor.client.post(FRAME, data=form | {"token": token}, headers=OURS)
    assert answer.status_code == 409, "the challenge was that of a browser that was not signed in"
    assert FEMKE in visitor.page("/chat").text


def test_only_the_chat_may_stand_in_a_frame_and_only_on_these_sites(made: Made) -> None:
    visitor = Visitor(made_app(made(SITE, OTHER)))
    for path in ("/", "/mijn-vragen/inloggen/verstuurd", FRAME, "/inloggen", "/hulp", "/antwoorden"):
        policy = visitor.client.get(path, headers=IN_A_FRAME).headers["Content-Security-Policy"]
        framed = path in (FRAME, "/mijn-vragen/inloggen/verstuurd")
        assert (f"frame-ancestors {SITE} {OTHER};" if framed else "frame-ancestors 'none';") in policy, path


def test_the_script_is_small_and_may_be_loaded_elsewhere(made: Made) -> None:
    answer = Visitor(made_app(made(SITE))).client.get("/widget.js")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "public" in answer.headers["Cache-Control"]
    assert answer.headers.getlist("Set-Cookie") == []
    assert len(answer.data) <= 3000
    assert len(gzip.compress(answer.data, 9)) <= 3 * 1024
    assert re.findall(r"https?://", answer.text) == [], "it asks nobody but the helpdesk"


HOST = """<!doctype html><html lang="nl"><head><meta charset="utf-8"><title>Intranet</title></head><body>
<main><h1>Intranet</h1><p><a href="#veld">Verder</a></p>
<p><a href="{home}/chat" data-helpdesk-chat>Chat met een leeradviseur</a></p></main>
{script}</body></html>"""
STRICT = "default-src 'none'; script-src {home}; frame-src {home}; connect-src 'self'; base-uri 'none'"


class Intranet:
    """A site of another origin that shows the chat and, if it may, says that Femke looks."""

    def __init__(self) -> None:
        self.home, self.policy, self.address = "", STRICT, ""
        self.who: str | None = FEMKE
        self.asked: list[str] = []
        self.ports: Ports | None = None

    def app(self) -> Flask:
        """Its pages."""
        app = Flask("intranet")
        app.add_url_rule("/", "page", self.page)
        app.add_url_rule("/token", "token", self.token)
        return app

    def page(self) -> Response:
        """The page."""
        script = f'<script src="{self.home}/widget.js" data-identity="/token" defer></script>'
        answer = Response(HOST.format(home=self.home, script=script))
        answer.headers["Content-Security-Policy"] = self.policy.format(home=self.home)
        return answer

    def token(self) -> Response:
        """Who looks, if anybody."""
        self.asked.append(request.args["challenge"])
        if self.who is None or self.ports is None:
            return Response("", 404)
        claims = {"iss": self.address, "aud": DESK, "exp": _now(self.ports) + 60, "jti": secrets.token_hex(12)}
        return Response(signed(claims | {"nonce": request.args["challenge"], "email": self.who}))


@contextmanager
def intranet(made: Made, *, listed: bool = True) -> Iterator[tuple[Intranet, Ports]]:
    """Both sites served: the one under another name of this machine, so that browsers call it another site."""
    site = Intranet()
    with served(site.app()) as address:
        site.address = address.replace("127.0.0.1", "localhost")
        site.ports = made(site.address if listed else SITE, secret=SECRETS[SITE])
        with served(made_app(site.ports)) as home:
            site.home = home
            yield site, site.ports


def opened(context: BrowserContext, site: Intranet) -> tuple[Page, FrameLocator]:
    """The page with its panel open."""
    page = context.new_page()
    page.goto(site.address)
    button = page.get_by_role("button", name="Chat met een leeradviseur")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    return page, page.frame_locator("iframe")


def lines(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(Entry).where(Entry.kind == "chat")) or 0


def test_a_page_of_another_site_opens_the_chat_and_says_a_line(made: Made, chromium: Chromium) -> None:
    with intranet(made) as (site, ports), browsing(chromium, site.address) as context:
        office = Office(ports)
        advisor = office.advisor("Pim Bakker")
        page, frame = opened(context, site)
        expect(frame.get_by_role("heading", level=1)).to_have_text("Chat met een leeradviseur")
        frame.get_by_label("Je bericht").fill("Kan ik de training verzetten?")
        frame.get_by_role("button", name="Verstuur bericht").click()
        expect(frame.locator("#regels .text")).to_have_text("Kan ik de training verzetten?")
        assert len(site.asked) == 1
        assert lines(ports) == 1
        looking.prepare(page)
        sight = looking.axe(page)
        assert sight.faults == []
        assert sight.foreign.total() == 0
        frame.get_by_label("Je bericht").focus()
        page.keyboard.press("Escape")
        button = page.get_by_role("button", name="Chat met een leeradviseur")
        expect(button).to_be_focused()
        expect(page.get_by_role("dialog")).to_be_hidden()
        office.pick_up(advisor, "2026-00001")
        office.answer(advisor, "2026-00001", "Ja, welke dag?")
        expect(page.get_by_role("button", name="Chat met een leeradviseur, 1 nieuw bericht")).to_be_visible()
        assert page.title() == "(1) Intranet"
        page.get_by_role("button", name="Chat met").click()
        expect(frame.locator("#regels .text").last).to_have_text("Ja, welke dag?")
        assert page.title() == "Intranet"
        kept = {one["name"]: one for one in context.cookies()}
        assert "localhost" in str(kept["vragen-kader"].get("partitionKey", "")), "kept for this site around it alone"
        assert context.cookies(site.address) == [], "the page around it has no cookie of ours"


def test_who_is_nobody_there_signs_in_by_mail_in_the_frame(made: Made, chromium: Chromium) -> None:
    with intranet(made) as (site, ports), browsing(chromium, site.address) as context:
        site.who = "wie@elders.example"
        page, frame = opened(context, site)
        expect(frame.get_by_role("alert")).to_contain_text("kon niet zeggen wie je bent")
        looking.prepare(page)
        assert looking.axe(page).faults == []
        frame.get_by_label("Je e-mailadres").fill(FEMKE)
        frame.get_by_role("button", name="Verstuur de mail").click()
        frame.get_by_label("Code uit de mail").fill(code_in(mailed(ports, FEMKE)))
        frame.get_by_role("main").get_by_role("button", name="Inloggen").click()
        frame.get_by_label("Je bericht").fill("Hallo")
        frame.get_by_role("button", name="Verstuur bericht").click()
        expect(frame.locator("#regels .text")).to_have_text("Hallo")
        assert lines(ports) == 1
        cast("SetClock", ports.now).move(dt.timedelta(seconds=1))


def test_where_script_or_frame_is_stopped_the_link_leads_to_the_chat(made: Made, chromium: Chromium) -> None:
    with intranet(made) as (site, _ports), browsing(chromium, site.address) as context:
        site.policy = "default-src 'none'"
        page = context.new_page()
        page.goto(site.address)
        page.get_by_role("link", name="Chat met een leeradviseur").click()
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
        site.policy = "default-src 'none'; script-src {home}"
        page.goto(site.address)
        page.get_by_role("button", name="Chat met een leeradviseur").click()
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
        page.set_viewport_size({"width": 400, "height": 700})
        page.goto(site.address)
        page.get_by_role("button", name="Chat met een leeradviseur").click()
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
    assert site.asked == []


def test_a_site_that_is_not_listed_is_refused_the_frame(made: Made, chromium: Chromium) -> None:
    with intranet(made, listed=False) as (site, ports), browsing(chromium, site.address) as context:
        page, _frame = opened(context, site)
        page.wait_for_url(f"{site.home}/mijn-vragen/inloggen?naar=/chat")
        assert site.asked == []
        assert sessions(ports) == 0
