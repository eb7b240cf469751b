"""Signing in and out, throttles, languages, and what happens to typed text when the session has ended."""

from __future__ import annotations

import datetime as dt
import shutil
from email import message_from_bytes, policy
from pathlib import Path

import pyotp
import pytest
import segno
from flask import Flask
from sqlalchemy import update

from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Account
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker, copied
from tests.letters import letter, receive, wait
from tests.made_app import made_app
from tests.web.conftest import MARIJE, people
from tests.web.visitor import PASSWORD, Page, Visitor

TICKET = "/werk/w/open/2026-00001"


def test_signing_in_leads_to_the_open_tickets(stranger: Visitor) -> None:
    answer = stranger.sign_in(MARIJE)
    assert Page(answer.text).headings == ["Open vragen"]
    assert answer.request.path == "/werk/w/open"


@pytest.mark.parametrize(
    ("email", "password"), [(MARIJE, "verkeerd"), ("niemand@academie.example", PASSWORD), ("", "")]
)
def test_a_wrong_pair_says_the_same_whoever_it_is(stranger: Visitor, email: str, password: str) -> None:
    answer = stranger.sign_in(email, password)
    assert answer.status_code == 422
    assert "horen niet bij elkaar" in answer.text
    assert stranger.client.get("/werk").status_code == 303


def test_after_ten_tries_the_door_stays_shut_even_with_the_right_password(stranger: Visitor) -> None:
    for _ in range(10):
        stranger.sign_in(MARIJE, "verkeerd")
    answer = stranger.sign_in(MARIJE)
    assert answer.status_code == 429
    assert "Wacht een kwartier" in answer.text


def test_a_second_factor_is_asked_for(site_ports: Ports, stranger: Visitor) -> None:
    secret = pyotp.random_base32()
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(update(Account).where(Account.email == MARIJE).values(totp_secret=secret))
    asked = stranger.sign_in(MARIJE)
    assert asked.status_code == 422
    form = Page(asked.text).form("/inloggen")
    code = pyotp.TOTP(secret).at(site_ports.now())
    assert stranger.send(form, password=PASSWORD, code="000000").status_code == 422
    assert stranger.send(form, password=PASSWORD, code=code).request.path == "/werk/w/open"


def test_the_cookie_is_bound_to_this_host(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "helpdesk.sqlite3")
    ports = make_ports(f"sqlite:///{tmp_path / 'helpdesk.sqlite3'}", secure_cookies=True)
    people(ports)
    client = made_app(ports).test_client()
    page = client.get("/inloggen", base_url="https://helpdesk.example")
    form = Page(page.text).form("/inloggen")
    answer = client.post(
        "/inloggen", base_url="https://helpdesk.example", data=form.fields | {"email": MARIJE, "password": PASSWORD}
    )
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Host-helpdesk="))
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_a_session_has_a_new_token_each_time_and_signing_out_ends_it(marije: Visitor) -> None:
    token = marije.client.get_cookie("helpdesk")
    assert token is not None
    out = marije.send(marije.page("/werk/w/open").form("/uitloggen"))
    assert "Je bent uitgelogd" in out.text
    marije.client.set_cookie("helpdesk", token.value)
    assert marije.client.get("/werk/w/open").status_code == 303


@pytest.mark.parametrize(
    "path", ["//kwaad.example", "https://kwaad.example/", "/\\kwaad.example", "/werk//kwaad.example", "/inloggen"]
)
def test_signing_in_leads_to_no_other_site(stranger: Visitor, path: str) -> None:
    form = stranger.page("/inloggen").form("/inloggen")
    answer = stranger.send(form, follow=False, email=MARIJE, password=PASSWORD, naar=path)
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/werk"


def test_who_asked_for_a_page_gets_it_after_signing_in(stranger: Visitor) -> None:
    asked = stranger.get("/techniek/gezondheid")
    form = Page(asked.text).form("/inloggen")
    assert stranger.send(form, email=MARIJE, password=PASSWORD).request.path == "/techniek/gezondheid"


@pytest.mark.parametrize("path", ["/beheer/imports", "/privacybeheer/vernietiging/3", "/v/2026-00001"])
def test_every_room_of_ours_is_gone_on_to(stranger: Visitor, path: str) -> None:
    form = stranger.page("/inloggen").form("/inloggen")
    answer = stranger.send(form, follow=False, email=MARIJE, password=PASSWORD, naar=path)
    assert answer.headers["Location"] == path


def test_a_session_that_lies_still_ends_and_one_in_use_does_not(site_ports: Ports, marije: Visitor) -> None:
    for _ in range(3):
        wait(site_ports, dt.timedelta(hours=9))
        assert marije.client.get("/werk/w/open").status_code == 200
    wait(site_ports, dt.timedelta(hours=11))
    assert marije.client.get("/werk/w/open").status_code == 303


def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(site_ports: Ports, marije: Visitor) -> None:
    wait(site_ports, dt.timedelta(hours=9))
    for path in ("/werk/stroom", "/werk/chat/rij", "/werk/chat/stroom", "/werk/blijf"):
        assert marije.client.get(path).status_code == 200
    quiet = {"X-Fragment": "list", "X-By-Itself": "1"}
    assert marije.client.get("/werk/w/open", headers=quiet).status_code == 200
    left = marije.client.get("/werk/blijf").get_json()["seconds"]
    assert 3500 < left <= 3600
    form = marije.client.get("/werk/w/open", headers={"X-By-Itself": "1"})
    stays = marije.send(Page(form.text).form("/blijf"))
    assert "Je blijft ingelogd." in stays.text
    assert marije.client.get("/werk/blijf").get_json()["seconds"] == 10 * 3600
    wait(site_ports, dt.timedelta(hours=10, seconds=1))
    assert marije.client.get("/werk/blijf").status_code == 303


def test_a_text_sent_after_the_session_ended_comes_back(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/antwoord")
    wait(site_ports, dt.timedelta(hours=11))
    answer = marije.send(form, text="Een lang antwoord <b>dat blijft</b>")
    assert answer.status_code == 401
    assert "Een lang antwoord &lt;b&gt;dat blijft&lt;/b&gt;" in answer.text
    assert site_ports.mailer.sent == []  # type: ignore[attr-defined] # the memory mailer remembers


def test_the_language_is_kept_with_the_account(marije: Visitor, app: Flask) -> None:
    page = marije.send(marije.page("/werk/w/open").form("/taal"), taal="en")
    assert Page(page.text).headings == ["Open tickets"]
    assert Page(page.text).language == "en"
    elsewhere = Visitor(app)
    assert Page(elsewhere.sign_in(MARIJE).text).headings == ["Open tickets"]


def test_who_is_not_signed_in_has_a_language_too(stranger: Visitor) -> None:
    page = stranger.send(stranger.page("/inloggen").form("/taal"), taal="en")
    assert Page(page.text).headings == ["Sign in"]
    assert "This page is not there" in stranger.get("/bestaat-niet").text


def test_a_new_password_ends_all_sessions(marije: Visitor, app: Flask) -> None:
    form = marije.page("/werk/instellingen").form("/wachtwoord")
    short = marije.send(form, old=PASSWORD, new="kort")
    assert short.status_code == 422
    assert "minstens 12 tekens" in short.text
    assert marije.send(form, old="verkeerd", new="nog een lang wachtwoord").status_code == 422
    done = marije.send(form, old=PASSWORD, new="nog een lang wachtwoord")
    assert "Je wachtwoord is gewijzigd" in done.text
    assert marije.client.get("/werk").status_code == 303
    assert Visitor(app).sign_in(MARIJE, "nog een lang wachtwoord").request.path == "/werk/w/open"


def test_signing_out_everywhere_ends_the_other_browser_too(marije: Visitor, app: Flask) -> None:
    other = Visitor(app)
    other.sign_in(MARIJE)
    marije.send(marije.page("/werk/instellingen").form("/overal-uitloggen"))
    assert other.client.get("/werk/w/open").status_code == 303


def test_the_picture_holds_what_the_link_holds(marije: Visitor) -> None:
    answer = marije.get("/werk/instellingen/code")
    page = Page(answer.text)
    link = next(link for link in page.links if link.startswith("otpauth:"))
    drawn = segno.make(link, micro=False).svg_inline(
        scale=4, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    assert str(drawn) in answer.text
    assert page.form("/code").fields["secret"] in link
    assert page.active == []
    assert answer.headers["Cache-Control"] == "no-store"


def code_turned_on(site_ports: Ports, visitor: Visitor) -> pyotp.TOTP:
    form = visitor.page("/werk/instellingen/code").form("/code")
    app = pyotp.TOTP(form.fields["secret"])
    wrong = visitor.send(form, password=PASSWORD, code="000000")
    assert wrong.status_code == 422
    assert Page(wrong.text).form("/code").fields["secret"] == form.fields["secret"], "the app has this one already"
    done = visitor.send(form, password=PASSWORD, code=app.at(site_ports.now()))
    assert "Vanaf nu is bij het inloggen een code nodig." in done.text
    return app


def test_the_code_is_turned_on_and_off_by_its_owner(site_ports: Ports, marije: Visitor, stranger: Visitor) -> None:
    app = code_turned_on(site_ports, marije)
    wait(site_ports)
    asked = stranger.sign_in(MARIJE)
    assert asked.status_code == 422
    code = app.at(site_ports.now())
    assert (
        stranger.send(Page(asked.text).form("/inloggen"), password=PASSWORD, code=code).request.path == "/werk/w/open"
    )
    form = marije.page("/werk/instellingen").form("/code-uit")
    assert marije.send(form, password="verkeerd").status_code == 422
    assert "geen code meer nodig" in marije.send(form, password=PASSWORD).text


def token_of_the_mail(site_ports: Ports) -> str:
    deliver_waiting(site_ports)
    (raw,) = [raw for _sender, to, raw in site_ports.mailer.sent if to == (MARIJE,)]  # type: ignore[attr-defined] # the memory mailer remembers
    body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
    assert body is not None
    return str(body.get_content()).partition("https://helpdesk.example/wachtwoord/")[2].split()[0]


def test_a_forgotten_password_is_set_by_the_link_in_a_mail(site_ports: Ports, stranger: Visitor) -> None:
    form = stranger.page("/wachtwoord-vergeten").form("/wachtwoord-vergeten")
    known, unknown = (stranger.send(form, email=email) for email in (MARIJE, "niemand@academie.example"))
    assert "Als er een account met dit adres is" in known.text
    assert Page(known.text).texts == Page(unknown.text).texts
    path = f"/wachtwoord/{token_of_the_mail(site_ports)}"
    assert stranger.page(path).headings == ["Kies een nieuw wachtwoord"]
    form = stranger.page(path).form(path)
    short = stranger.send(form, new="kort")
    assert short.status_code == 422
    done = stranger.send(Page(short.text).form(path), new="nog een lang wachtwoord")
    assert "Je wachtwoord is gewijzigd" in done.text
    assert stranger.get(path).status_code == 404
    used = stranger.send(form, new="en nog een lang wachtwoord")
    assert used.status_code == 409
    assert "Deze link werkt niet meer" in used.text
    assert stranger.sign_in(MARIJE, "nog een lang wachtwoord").request.path == "/werk/w/open"


def test_asking_for_links_is_throttled(stranger: Visitor) -> None:
    form = stranger.page("/wachtwoord-vergeten").form("/wachtwoord-vergeten")
    answers = [stranger.send(form, email="wie@academie.example").status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


def test_without_a_public_address_an_administrator_helps(make_ports: PortsMaker, site_ports: Ports) -> None:
    ports = make_ports(site_ports.settings.database, secure_cookies=False)
    page = Visitor(made_app(ports)).page("/wachtwoord-vergeten")
    assert "technisch beheerder" in page.text
    assert not [form for form in page.forms if form.action.endswith("vergeten")]


def test_a_moved_clock_is_shown_on_every_page(
    make_ports: PortsMaker, staffed_template: Path, sqlite_place: Path
) -> None:
    moved = make_ports(copied(staffed_template, sqlite_place), clock_offset=dt.timedelta(days=1))
    visitor = Visitor(made_app(moved))
    for path in ("/aanmelden", "/inloggen", "/", "/mijn-vragen/inloggen", "/chat/venster", "/privacy", "/antwoorden"):
        assert "De klok van deze proef staat op" in visitor.get(path).text, path


def test_no_clock_is_shown_where_it_was_not_moved(stranger: Visitor) -> None:
    assert "De klok van deze proef" not in stranger.get("/aanmelden").text
