"""Who gets in, which forms are taken, and what every answer carries in its headers."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import pytest
from flask import Flask

from helpdesk.logs import KEYS
from helpdesk.ports import Ports
from tests.letters import letter, receive
from tests.web.asker import DOOR
from tests.web.visitor import Page, Visitor
from web.guards import REQUESTER, guard_of, needs
from web.headers import page_policy
from web.joined import Sheet, joined_sheets

TICKET = "/werk/w/open/2026-00001"
FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

CSS = Path(__file__).parents[2] / "web" / "static" / "css"


def filled(rule: str) -> str:
    """An address of a route's template that may or may not exist."""
    return re.sub(r"<int:\w+>", "1", rule.replace("<view>", "open").replace("<number>", "2026-00001")).replace(
        "<query_id>", "0"
    )


def test_without_a_session_every_guarded_route_sends_to_the_sign_in_page(app: Flask, stranger: Visitor) -> None:
    asked = 0
    for rule in app.url_map.iter_rules():
        guard = guard_of(app, rule.endpoint)
        assert guard is not None, rule.rule
        if guard.verb is None:
            continue
        method = "POST" if "POST" in (rule.methods or set()) else "GET"
        answer = stranger.client.open(filled(rule.rule), method=method)
        assert answer.status_code == 303, rule.rule
        door = DOOR if guard.verb == REQUESTER else "/inloggen"
        assert answer.headers["Location"].partition("?")[0] == door, rule.rule
        asked += 1
    assert asked > 25


def test_who_lacks_the_verb_gets_the_same_answer_as_for_nothing_there(site_ports: Ports, tess: Visitor) -> None:
    receive(site_ports, letter())
    refused, absent = tess.get(TICKET), tess.get("/werk/bestaat/niet")
    assert (refused.status_code, absent.status_code) == (404, 404)
    assert Page(refused.text).text == Page(absent.text).text
    assert tess.get("/techniek/gezondheid").status_code == 200


def test_a_route_without_a_guard_lets_nobody_in(app: Flask, marije: Visitor) -> None:
    app.view_functions["inbox.search_form"] = lambda: "open door"
    assert marije.get("/werk/zoeken").status_code == 404


@pytest.mark.parametrize("token", ["", "0" * 64, None])
def test_a_form_without_our_token_changes_nothing(site_ports: Ports, marije: Visitor, token: str | None) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/status")
    if token is None:
        del form.fields["formulier"]
    else:
        form.fields["formulier"] = token
    answer = marije.send(form)
    assert answer.status_code == 403
    assert "Nieuw" in marije.page(TICKET).text


def test_a_token_of_another_session_is_worth_nothing(site_ports: Ports, marije: Visitor, sander: Visitor) -> None:
    receive(site_ports, letter())
    stolen = sander.page(TICKET).form("/status")
    assert marije.send(stolen).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://kwaad.example"}],
)
def test_a_form_from_elsewhere_is_refused_even_with_the_token(
    site_ports: Ports, marije: Visitor, headers: dict[str, str]
) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/status")
    assert marije.client.post(form.action, data=form.fields, headers=headers).status_code == 403
    allowed = marije.client.post(form.action, data=form.fields, headers={"Origin": "http://localhost"})
    assert allowed.status_code == 303


def test_what_was_typed_survives_a_form_that_is_too_old(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/antwoord")
    form.fields["formulier"] = "oud"
    answer = marije.send(form, text="Mijn lange antwoord")
    assert answer.status_code == 403
    assert "Mijn lange antwoord" in answer.text


@pytest.mark.parametrize("path", ["/inloggen", "/werk/w/open", TICKET, "/bestaat-niet", "/healthz", "/werk/zoeken/0"])
def test_every_answer_carries_the_headers(site_ports: Ports, marije: Visitor, path: str) -> None:
    receive(site_ports, letter())
    answer = marije.client.get(path)
    assert {name: answer.headers.get(name) for name in FIXED} == FIXED
    assert answer.headers["Content-Security-Policy"] == page_policy(Sheet(joined_sheets(CSS)))
    assert answer.headers["Cache-Control"] == "no-store"


def test_static_files_may_be_kept_for_ever_under_their_version_only(stranger: Visitor) -> None:
    page = stranger.get("/inloggen").text
    found = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(found) >= 2
    for address in found:
        answer = stranger.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        other = re.sub(r"[0-9a-f]{12}", "0" * 12, address)
        assert (other != address, stranger.get(other).headers["Cache-Control"]) == (True, "no-cache")
    assert stranger.get("/static/../app.py").status_code == 404


def test_the_log_names_the_route_and_nothing_else(
    site_ports: Ports, marije: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    receive(site_ports, letter())
    with caplog.at_level(logging.INFO, logger="web.request"):
        marije.get(TICKET + "?geheim=femke")
        marije.get("/bestaat/femke")
    lines = [record for record in caplog.records if record.name == "web.request"]
    assert [record.__dict__["route"] for record in lines] == ["/werk/w/<view>/<number>", "-"]
    said = [{name: record.__dict__[name] for name in KEYS if name in record.__dict__} for record in lines]
    assert "femke" not in repr(said)
    assert "00001" not in repr(said)


def test_a_crash_says_a_number_and_keeps_the_text(app: Flask, site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/notitie")

    @needs("ticket.note")
    def broken(**_values: str) -> str:
        raise RuntimeError("Femke")

    app.view_functions["actions.note"] = broken
    answer = marije.send(form, text="Mijn notitie")
    assert answer.status_code == 500
    assert "Foutnummer" in answer.text
    assert "Mijn notitie" in answer.text


def test_too_large_a_form_says_so(site_ports: Ports, marije: Visitor) -> None:
    receive(site_ports, letter())
    form = marije.page(TICKET).form("/antwoord")
    answer = marije.send(form, text="x" * 27_000_000)
    assert answer.status_code == 413
    assert "25 MB" in answer.text
    long = marije.send(form, text="Begin " + "x" * 200_000)
    assert long.status_code == 422
    assert "langer dan 100 kB" in long.text
    assert "Begin xxx" in long.text


def test_health_is_open_and_says_one_word(stranger: Visitor) -> None:
    assert stranger.get("/healthz").text == "ok\n"
    assert stranger.get("/readyz").text == "ready\n"
