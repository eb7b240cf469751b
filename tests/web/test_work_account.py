"""Signing in with the work account, at a real provider and at one that lies: who gets in, and that nobody else does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update
from werkzeug.test import TestResponse

from helpdesk.adapters.memory import SetClock
from helpdesk.models import Account, BlockedSender, RequesterSession, SecurityEvent, WebSession
from helpdesk.people import accounts
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import NOON, PortsMaker, copied
from tests.letters import letter, receive
from tests.made_app import made_app
from tests.services.oidc_provider import CLIENT, Liar, OidcProviderMock, oidc_provider, provided, signs_in_there
from tests.services.process import free_port
from tests.web.asker import DOOR, FEMKE
from tests.web.browsing import served
from tests.web.conftest import MARIJE, SANDER
from tests.web.visitor import Page, Visitor

OWN, STAFF = DOOR + "/werkaccount", "/inloggen/werkaccount"
PEOPLE: tuple[dict[str, object], ...] = (
    {"sub": "femke", "email": FEMKE.upper(), "email_verified": True},
    {"sub": "marije", "email": MARIJE, "email_verified": True, "roles": ["functional_admin"]},
    {"sub": "sander", "email": SANDER, "email_verified": False},
    {"sub": "nobody", "email": "wie@elders.example", "email_verified": True},
)
Made = Callable[..., Ports]


@pytest.fixture(scope="module")
def real() -> Iterator[OidcProviderMock]:
    """A provider as a process of its own."""
    with oidc_provider(*PEOPLE) as provider:
        yield provider


@pytest.fixture
def made(make_ports: PortsMaker, staffed_template: Path, sqlite_place: Path, tmp_path: Path) -> Made:
    """Ports with a provider; Femke has mailed before."""
    secret = tmp_path / "client-secret"
    secret.write_text("geheim\n")

    def make(issuer: str, **settings: Any) -> Ports:
        usual = {"secure_cookies": False, "public_url": "https://helpdesk.example", "oidc_client_id": CLIENT}
        said = usual | {"oidc_issuer": issuer, "oidc_client_secret_file": str(secret)} | settings
        ports = make_ports(copied(staffed_template, sqlite_place), **said)
        receive(ports, letter())
        return provided(ports)

    return make


@pytest.fixture
def liar() -> Iterator[Liar]:
    """A provider that says what it is told to."""
    liar = Liar(person={"email": FEMKE, "email_verified": True}, now=NOON.timestamp())
    with served(liar.app()) as address:
        liar.issuer = address
        yield liar


def sent_to(visitor: Visitor, start: str) -> str:
    """Where the button leads."""
    answer = visitor.client.get(start)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def comes_in(visitor: Visitor, start: str, subject: str) -> TestResponse:
    """All the way through the real provider."""
    return visitor.client.get(signs_in_there(sent_to(visitor, start), subject))


def problem(answer: TestResponse) -> str:
    """What the page says is wrong."""
    page = Page(answer.text)
    return next(text for tag, text in page.texts[page.texts.index(("h2", "Er is een probleem")) :] if tag == "p")


def sessions(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return sum(
            unit.session.scalar(select(func.count()).select_from(one)) or 0 for one in (WebSession, RequesterSession)
        )


def now_here(ports: Ports) -> None:
    """The real provider has a real clock."""
    cast("SetClock", ports.now).at = dt.datetime.now(dt.UTC)


def test_people_who_ask_and_staff_come_in_and_a_replay_does_not(made: Made, real: OidcProviderMock) -> None:
    ports = made(real.issuer)
    now_here(ports)
    femke, marije = Visitor(made_app(ports)), Visitor(made_app(ports))
    femke.get("/mijn-vragen/nieuw")
    assert femke.page(DOOR).links.count(OWN) == 1
    back = signs_in_there(sent_to(femke, OWN), "femke")
    answer = femke.client.get(back)
    assert answer.status_code == 303, problem(answer)
    assert answer.headers["Location"] == "/mijn-vragen/nieuw"
    assert FEMKE in femke.page("/mijn-vragen").text
    assert comes_in(marije, STAFF, "marije").headers["Location"] == "/werk"
    assert marije.get("/werk").status_code == 200
    assert marije.get("/beheer/mensen").status_code == 404, "roles are ours, whatever the provider says"
    known = sessions(ports)
    for who in (femke, Visitor(femke.client.application)):
        assert who.client.get(back).status_code == 409
    other = sent_to(femke, OWN)
    code, state = back.partition("?")[2].partition("&")[0], other.partition("state=")[2].partition("&")[0]
    assert femke.client.get(f"{OWN}/terug?{code}&state={state}").status_code == 409, "a code is good once"
    assert sessions(ports) == known
    marije.send(marije.page("/werk/hulp").form("/uitloggen"))
    assert marije.client.get("/werk").status_code == 303


def test_a_code_of_another_sign_in_has_the_wrong_nonce(made: Made, real: OidcProviderMock) -> None:
    ports = made(real.issuer)
    now_here(ports)
    femke, other = Visitor(made_app(ports)), Visitor(made_app(ports))
    code = signs_in_there(sent_to(other, OWN), "femke").partition("code=")[2].partition("&")[0]
    state = signs_in_there(sent_to(femke, OWN), "femke").partition("state=")[2].partition("&")[0]
    answer = femke.client.get(f"{OWN}/terug?code={code}&state={state}")
    assert (answer.status_code, sessions(ports)) == (409, 0)
    assert problem(answer).startswith("Het werkaccount kon niet worden gecontroleerd.")


@pytest.mark.parametrize(
    ("start", "subject", "words"),
    [
        (OWN, "sander", "Je werkaccount heeft geen bevestigd e-mailadres."),
        (OWN, "nobody", "We kennen het adres van je werkaccount niet."),
        (STAFF, "sander", "Je werkaccount heeft geen bevestigd e-mailadres."),
        (STAFF, "femke", "Er is hier geen account voor je werkaccount."),
    ],
)
def test_who_is_not_known_is_told_what_to_do(
    made: Made, real: OidcProviderMock, start: str, subject: str, words: str
) -> None:
    ports = made(real.issuer)
    now_here(ports)
    answer = comes_in(Visitor(made_app(ports)), start, subject)
    assert (answer.status_code, sessions(ports)) == (409, 0)
    assert problem(answer).startswith(words)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        noted = unit.session.scalars(select(SecurityEvent.verb).where(SecurityEvent.verb.startswith("sign_in."))).all()
    assert noted == (["sign_in.work_account"] if start == STAFF else [])


def test_who_says_no_at_the_provider_is_not_signed_in(made: Made, real: OidcProviderMock) -> None:
    ports = made(real.issuer)
    now_here(ports)
    visitor = Visitor(made_app(ports))
    back = signs_in_there(sent_to(visitor, OWN), "femke", refuses=True)
    state = sent_to(visitor, OWN).partition("state=")[2].partition("&")[0]
    for path in (back if "state=" in back else f"{back}&state={state}", f"{OWN}/terug?error=access_denied"):
        assert visitor.client.get(path).status_code == 409
    assert sessions(ports) == 0


def comes_from(liar: Liar, app: Flask) -> TestResponse:
    """Somebody comes back from the one that lies."""
    visitor = Visitor(app)
    return visitor.client.get(f"{OWN}/terug?{liar.came(sent_to(visitor, OWN))}")


def changed(**values: object) -> Callable[[dict[str, Any]], object]:
    return lambda claims: claims.update(values)


def without(name: str) -> Callable[[dict[str, Any]], object]:
    return lambda claims: claims.pop(name)


_NOW = int(NOON.timestamp())
CHECKED, CLOCK = "Het werkaccount kon niet worden gecontroleerd.", "De klok van de werkaccounts wijkt af"
LIES: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "nonce": (changed(nonce="n"), CHECKED),
    "no nonce": (without("nonce"), CHECKED),
    "issuer": (changed(iss="https://elders.example"), CHECKED),
    "no issuer": (without("iss"), CHECKED),
    "audience": (changed(aud="other"), CHECKED),
    "no audience": (without("aud"), CHECKED),
    "party": (changed(aud=[CLIENT, "other"], azp="other"), CHECKED),
    "access token": (changed(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), CHECKED),
    "no subject": (without("sub"), CHECKED),
    "empty subject": (changed(sub=""), CHECKED),
    "no end": (without("exp"), CHECKED),
    "expired": (changed(exp=_NOW - 61), CLOCK),
    "of tomorrow": (changed(iat=_NOW + 86400, exp=_NOW + 90000), CLOCK),
    "not yet": (changed(nbf=_NOW + 3600), CLOCK),
    "not verified": (changed(email_verified=False), "Je werkaccount heeft geen bevestigd e-mailadres."),
    "a word": (changed(email_verified="true"), "Je werkaccount heeft geen bevestigd e-mailadres."),
    "silent": (without("email_verified"), "Je werkaccount heeft geen bevestigd e-mailadres."),
    "a gap": (changed(email="fem\x00ke@minbz.example"), "Je werkaccount heeft geen bevestigd e-mailadres."),
    "no address": (changed(email=["a@x.example"]), "Je werkaccount heeft geen bevestigd e-mailadres."),
}


SIGNED: dict[str, Callable[[Liar, dict[str, Any]], str]] = {
    "other key": Liar.by_other_key,
    "public key": Liar.by_public_key,
    "unsigned": Liar.unsigned,
    "nothing": lambda _liar, _claims: "x.y.z",
}


def test_a_token_that_is_wrong_signs_nobody_in(made: Made, liar: Liar) -> None:
    ports = made(liar.issuer)
    app = made_app(ports)
    for truth in (liar.spoil, changed(aud=[CLIENT, "other"], azp=CLIENT)):
        liar.spoil = truth
        assert comes_from(liar, app).status_code == 303
    said, known = {}, sessions(ports)
    for lie, (spoil, words) in LIES.items():
        liar.spoil = spoil
        answer = comes_from(liar, app)
        said[lie] = (answer.status_code, problem(answer).startswith(words))
    liar.spoil = changed()
    for lie, how in SIGNED.items():
        liar.signed = how
        answer = comes_from(liar, app)
        said[lie] = (answer.status_code, problem(answer).startswith(CHECKED))
    assert said == dict.fromkeys((*LIES, *SIGNED), (409, True))
    assert sessions(ports) == known


def test_a_state_is_of_one_browser_one_door_and_ten_minutes(made: Made, liar: Liar) -> None:
    ports = made(liar.issuer)
    app = made_app(ports)
    visitor, clock = Visitor(app), cast("SetClock", ports.now)
    query = liar.came(sent_to(visitor, OWN))
    forged = [query[:-1] + ("0" if query[-1] != "0" else "1"), "code=c0de&state=requester.1.x.y", "code=c0de", ""]
    for who, path in (
        (Visitor(app), f"{OWN}/terug?{query}"),
        (visitor, f"{STAFF}/terug?{query}"),
        *((visitor, f"{OWN}/terug?{one}") for one in forged),
        (visitor, f"{OWN}/terug?{query}&iss=https://elders.example"),
    ):
        assert who.client.get(path).status_code == 409, path
    query = liar.came(sent_to(visitor, OWN))
    clock.move(dt.timedelta(minutes=10))
    assert visitor.client.get(f"{OWN}/terug?{query}").status_code == 409
    assert sessions(ports) == 0


def test_an_account_is_its_work_accounts_from_the_first_time_on(made: Made, liar: Liar) -> None:
    ports = made(liar.issuer)
    app = made_app(ports)

    def status(subject: str, address: str) -> tuple[int, str]:
        liar.person = {"sub": subject, "email": address, "email_verified": True}
        visitor = Visitor(app)
        answer = visitor.client.get(f"{STAFF}/terug?{liar.came(sent_to(visitor, STAFF))}")
        return answer.status_code, "" if answer.status_code == 303 else problem(answer)

    assert status("marije", MARIJE) == (303, "")
    assert status("marije", "nieuw@academie.example") == (303, ""), "her name for the provider stays hers"
    assert status("heir", MARIJE)[1].startswith("Dit account hoort bij een ander werkaccount.")
    with unit_of_work(ports, SYSTEM) as unit:
        accounts.part_work_account(unit, MARIJE)
    assert status("heir", MARIJE) == (303, "")
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Account).where(Account.email == SANDER).values(totp_secret="A" * 32))
        accounts.deactivate(unit, MARIJE)
    assert status("sander", SANDER)[1].startswith("Dit account vraagt om een code")
    assert status("heir", MARIJE)[1].startswith("Er is hier geen account")


def test_an_address_comes_in_by_the_rules_of_the_mail(made: Made, liar: Liar) -> None:
    ports = made(liar.issuer, portal_domains=("minbz.example",), oidc_address_claim="upn")
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(insert(BlockedSender).values(address="spam@minbz.example", blocked_at=unit.now))
    app = made_app(ports)
    for address, status in (("els@minbz.example", 303), ("spam@minbz.example", 409), ("els@elders.example", 409)):
        liar.person = {"upn": address, "email": FEMKE, "email_verified": True}
        visitor = Visitor(app)
        assert visitor.client.get(f"{OWN}/terug?{liar.came(sent_to(visitor, OWN))}").status_code == status, address


def test_a_provider_that_is_down_or_another_is_said(made: Made, liar: Liar) -> None:
    words = "Inloggen met het werkaccount werkt even niet."
    for issuer in (f"http://127.0.0.1:{free_port()}", liar.issuer):
        liar.says_issuer = "https://elders.example"
        app = made_app(made(issuer))
        for start in (OWN, STAFF):
            answer = Visitor(app).client.get(start)
            assert answer.status_code == 503
            assert problem(answer).startswith(words)


def test_without_a_provider_there_is_no_such_way_in(app: Flask, stranger: Visitor) -> None:
    assert app.jinja_env.globals["by_work_account"] is False
    for start in (OWN, STAFF):
        assert start not in stranger.page(start.rpartition("/")[0]).links
        assert [stranger.client.get(start + end).status_code for end in ("", "/terug?code=1&state=2")] == [404, 404]
