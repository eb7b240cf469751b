"""What a site may say of who looks, and what it must not open; which pages may stand in a frame, and whose."""

from __future__ import annotations

import gzip
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert
from werkzeug.test import TestResponse

from helpdesk.models import BlockedSender
from helpdesk.ports import Ports
from helpdesk.settings import SiteSettings
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker, copied
from tests.made_app import made_app
from tests.web.asker import FEMKE, signs_in
from tests.web.sites import AHMED, DESK, OTHER, SECRETS, SITE, Made, sessions, shown_on, signed
from tests.web.visitor import Page as Parsed
from tests.web.visitor import Visitor

FRAME = "/chat/venster"
SPAM = "spam@minbz.example"
IN_A_FRAME = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
OURS = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def made(make_ports: PortsMaker, staffed_template: Path, sqlite_place: Path, tmp_path: Path) -> Made:
    """Makes ports whose chat these sites may show."""
    return lambda *origins, **settings: shown_on(
        make_ports, copied(staffed_template, sqlite_place), tmp_path, *origins, **settings
    )


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
    again = [visitor.client.get(FRAME, headers=IN_A_FRAME).text for _time in range(2)]
    assert ["data-challenge" in text for text in again] == [False, True], "who signs out stays out"
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
    "an end in a million years": lambda ports, who: signed(claims_for(ports, who, exp=10**20)),
    "an end that is none": lambda ports, who: signed(claims_for(ports, who, exp=float("nan"))),
    "half a sign": lambda ports, who: signed(claims_for(ports, who, jti="12345678\ud800")),
    "an address with a gap": lambda ports, who: signed(claims_for(ports, who, email="fem\x00ke@minbz.example")),
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
