"""Every route says who may ask for it; one that says nothing lets nobody in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from flask import Flask

from helpdesk.models.account import ROLES
from helpdesk.people import access
from helpdesk.unit import Actor
from tests.conftest import PortsMaker
from tests.made_app import made_app
from web import guards

OPEN = {
    "static",
    "modules",
    "health.alive",
    "health.ready",
    "questions.start",
    "guests.form",
    "guests.begin",
    "guests.who",
    "entrance.form",
    "entrance.ask",
    "entrance.sent",
    "entrance.enter_code",
    "entrance.link",
    "entrance.redeem",
    "entrance.choose_language",
    "statements.privacy",
    "statements.accessibility",
    "statements.help_page",
    "statements.no_connection",
    "statements.worker",
    "sign_in.form",
    "sign_in.enter",
    "sign_in.choose_language",
    "work_account.there",
    "work_account.back",
    "own_work_account.there",
    "own_work_account.back",
    "widget.script",
    "widget.frame",
    "widget.identify",
    "forgotten.form",
    "forgotten.ask",
    "forgotten.choose",
    "forgotten.redeem",
    "answers.start",
    "answers.search",
    "answers.show",
    "answers.tell",
}
"""Routes that need no sign-in; a new one is a decision, so it is written here as well."""
SHORTEST_REASON = 10
ARGUMENTS = {
    "view",
    "number",
    "entry_id",
    "attachment_id",
    "outgoing_id",
    "inbound_id",
    "run_id",
    "list_id",
    "hold_id",
    "processing",
    "rule",
    "period",
    "person_id",
    "fact_id",
    "request_id",
    "article_id",
    "reply_id",
    "query_id",
    "filename",
    "token",
    "kind",
    "version",
}
"""What may stand in a path: ids, the number of a ticket, the name of a view, the name of a static file,
a single-use random token, a kind of draft or file, a version of our scripts, the number of a processing, a rule of its
register and a month."""


@pytest.fixture
def app(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> Flask:
    """The web application on an empty database."""
    shutil.copy(sqlite_template, tmp_path / "helpdesk.sqlite3")
    ports = make_ports(f"sqlite:///{tmp_path / 'helpdesk.sqlite3'}")
    return made_app(ports)


def test_every_route_has_a_guard(app: Flask) -> None:
    bare = [rule.rule for rule in app.url_map.iter_rules() if guards.guard_of(app, rule.endpoint) is None]
    assert len(list(app.url_map.iter_rules())) > 20
    assert not bare, f"routes without @needs or @open_to_all: {bare}"


def test_open_routes_are_known_and_say_why(app: Flask) -> None:
    marked = {rule.endpoint: guards.guard_of(app, rule.endpoint) for rule in app.url_map.iter_rules()}
    free = {name: guard for name, guard in marked.items() if guard is not None and guard.verb is None}
    assert set(free) <= OPEN, f"routes open to everybody that are not in this test's list: {set(free) - OPEN}"
    thin = [name for name, guard in free.items() if len(guard.why) < SHORTEST_REASON]
    assert not thin, f"open routes without a reason: {thin}"


def test_every_verb_of_a_route_is_one_that_somebody_has(app: Flask) -> None:
    verbs = {guard.verb for rule in app.url_map.iter_rules() if (guard := guards.guard_of(app, rule.endpoint))}
    known = {verb for verb in verbs if verb and access.can(Actor(1, frozenset(ROLES)), verb)}
    other = {None, guards.SIGNED_IN, guards.REQUESTER}
    assert verbs - other == known - other, f"verbs nobody has: {verbs - known}"


def test_no_route_changes_anything_on_get(app: Flask) -> None:
    mixed = [
        rule.rule
        for rule in app.url_map.iter_rules()
        if len((rule.methods or set()) & {"GET", "POST", "PATCH"}) > 1 or (rule.methods or set()) & {"PUT", "DELETE"}
    ]
    assert not mixed, f"a route either reads (GET) or acts (POST; PATCH for a piece of a file): {mixed}"


def test_paths_hold_ids_and_never_words_of_people(app: Flask) -> None:
    others = {f"{rule.rule}" for rule in app.url_map.iter_rules() if set(rule.arguments) - ARGUMENTS}
    assert not others, f"routes whose path holds something else than {sorted(ARGUMENTS)}: {others}"
