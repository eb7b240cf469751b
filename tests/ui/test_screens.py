"""The list of screens is the site's: every GET route that answers HTML is in it, in every state it can have."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from tests.letters import ASKER
from tests.ui.place import GUEST, Place, cookie_of, place
from tests.ui.states import ABSENT, KINDS, STATES
from tests.web.conftest import FENNA, MARIJE, PRIYA, TECH

VALUES = {
    "view": "open",
    "number": "{long}",
    "query_id": "{search}",
    "run_id": "{looked}",
    "list_id": "{list}",
    "hold_id": "{hold}",
    "rule": "{rule}",
    "period": "{period}",
    "processing": "{processing}",
    "kind": "json",
    "person_id": "{person}",
    "request_id": "{asked}",
    "entry_id": "{html_entry}",
    "attachment_id": "1",
    "token": "{link}",
    "article_id": "{article}",
    "reply_id": "{reply}",
    "filename": "icon.svg",
    "version": "0",
}
"""Values for the arguments of GET routes; a new argument needs one here."""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with place(tmp_path_factory.mktemp("place"), full=True) as made:
        yield made


def _signed_in(here: Place, who: str | None) -> FlaskClient:
    client = here.app.test_client()
    if who is not None:
        client.set_cookie(cookie_of(who), here.cookies[who])
    return client


OWN_SEARCH = {"people.found": "{people}", "askers.found": "{who}"}
"""Searches of pages that show people."""
QUERY = {"kept.tickets": "?stand=waiting:match"}
"""What a page needs behind its path."""


def _address(here: Place, rule: Rule) -> str:
    path = rule.rule.replace("<int:", "<")
    values = VALUES | {"query_id": OWN_SEARCH.get(rule.endpoint, VALUES["query_id"])}
    values |= {"token": "{sign_in}"} if rule.endpoint == "entrance.link" else {}
    values |= {"number": "{asked_first}"} if "request_id" in rule.arguments else {}
    values |= {"number": "{chat_own}"} if rule.endpoint.startswith("chat.") else {}
    values |= {"number": "{chat}"} if rule.endpoint.startswith("chat_desk.") else {}
    for name in rule.arguments:
        path = path.replace(f"<{name}>", values[name].format(**here.names))
    return path + QUERY.get(rule.endpoint, "")


def _is_page(here: Place, rule: Rule) -> bool:
    """Whether anybody gets HTML there, asking as a frame asks."""
    kinds = set()
    for who in (MARIJE, TECH, FENNA, PRIYA, ASKER, GUEST, None):
        answer = _signed_in(here, who).get(_address(here, rule), headers={"Sec-Fetch-Dest": "iframe"})
        kinds |= {answer.mimetype} if answer.status_code == 200 else set()
        answer.close()
    return "text/html" in kinds


def test_every_route_that_answers_html_is_in_the_list(full: Place) -> None:
    rules = [rule for rule in full.app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    pages = {rule.endpoint for rule in rules if _is_page(full, rule)}
    listed = {state.route for state in STATES}
    assert pages - listed == set(), f"pages that are in no state of tests/ui/states.py: {sorted(pages - listed)}"
    assert listed - pages == set(), f"states of what is no page: {sorted(listed - pages)}"
    assert len(pages) > 15


def test_every_page_is_there_in_every_state_it_can_have() -> None:
    listed = {(state.route, state.kind) for state in STATES}
    wanted = {(state.route, kind) for state in STATES for kind in KINDS}
    assert wanted - listed == set(ABSENT), "a page lacks a state, or a reason why it has none"
    assert len({state.id for state in STATES}) == len(STATES)
