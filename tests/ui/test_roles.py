"""Who may see what: `docs/roles.csv`, written by hand, against what every role and nobody is really answered.

An answer is `yes`, `no` (404: it reads as if it were not there) or `door` (sent to sign in). A form is sent without its
token: whoever may send it is stopped by the lock of forms (403), everybody else before. Where an advisor of another
desk is refused what advisors may do, or somebody who asks what another may do with a question, the form is sent whole,
for there the ticket decides.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from helpdesk.models import Attachment, Fact
from helpdesk.models.account import ROLES
from helpdesk.people.accounts import create_account, set_desks
from helpdesk.unit import SYSTEM, unit_of_work
from tests.letters import ASKER
from tests.made_app import quick_passwords
from tests.ui.place import Place, place
from tests.ui.test_screens import QUERY, VALUES
from tests.web.asker import DOOR, signs_in
from tests.web.visitor import PASSWORD, Form, Page, Visitor

MATRIX = Path(__file__).parents[2] / "docs" / "roles.csv"
NOBODY, ELSEWHERE = "nobody", "advisor_elsewhere"
REQUESTERS = {"requester": ASKER, "other_requester": "els@minbz.example"}
"""Who asked the question in the addresses of the matrix, and who asked another one."""
COLUMNS = (NOBODY, ELSEWHERE, *ROLES, *REQUESTERS)
WHOLE = {ELSEWHERE: "advisor", "other_requester": "requester"}
"""Whose forms are sent whole where somebody else may do it."""
DOORS = ("/inloggen", DOOR, "/chat/venster")
SEARCHES = {
    "/beheer/mensen": "/zoeken",
    "/werk/antwoorden": "/antwoorden/zoeken",
    "/werk/zoeken": "/zoeken",
    "/werk/w/open/{first}/wie": "/wie",
}
"""Pages with a form that keeps a search, and how the address of the form ends."""

BARE = {"/antwoorden/zoeken", "/antwoorden/<int:article_id>/hielp"}
"""Forms that act for nobody and carry no token."""

OUTSIDE = {"/inloggen/werkaccount": 503, "/inloggen/werkaccount/terug": 409}
"""Ways that lead over the provider of work accounts, which is not there, and how everybody is told so."""
Row = dict[str, str]


def rows() -> list[Row]:
    """The lines of the matrix."""
    with MATRIX.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Everything there is to see, and somebody of each role."""
    with place(tmp_path_factory.mktemp("roles"), full=True) as made:
        with unit_of_work(made.ports, SYSTEM) as unit:
            for role in ROLES:
                create_account(unit, f"{role}@rollen.example", role, [role], PASSWORD, from_start=True)
            create_account(unit, f"{ELSEWHERE}@rollen.example", "Elders", ["advisor"], PASSWORD, from_start=True)
            set_desks(unit, f"{ELSEWHERE}@rollen.example", ["languages"])
            quick_passwords(unit, PASSWORD)
            made.names["file"] = str(unit.session.scalar(select(Attachment.id).limit(1)))
            his = select(Fact.id).where(Fact.person_id == int(made.names["person"]))
            made.names["fact"] = str(unit.session.scalar(his.limit(1)))
        yield made


@pytest.fixture(scope="module")
def people(site: Place) -> dict[str, Visitor]:
    """Somebody of each role, signed in; and nobody."""
    found = {}
    for name in COLUMNS:
        found[name] = Visitor(site.app)
        if name in REQUESTERS:
            signs_in(found[name], site.ports, REQUESTERS[name])
        elif name != NOBODY:
            assert found[name].sign_in(f"{name}@rollen.example").status_code == 200
    return found


def _path(site: Place, who: Visitor, row: Row) -> str:
    """The address of a route with values that are there; a kept search is one's own, where one may search."""
    names = site.names | {"view": "open", "inbound_id": "1"}
    values = VALUES | {"number": "{first}", "attachment_id": "{file}", "fact_id": "{fact}", "inbound_id": "1"}
    if "<int:request_id>" in row["route"]:
        values |= {"number": "{asked_files}", "attachment_id": "{asked_file}"}
    values |= {"article_id": "{article}", "reply_id": "{reply}"}
    if "/chat/" in row["route"]:
        values |= {"number": "{chat}" if row["route"].startswith("/werk") else "{chat_own}"}
    values |= {"path:filename": "icon.svg", "kind": "answer" if "/concept/" in row["route"] else "json"}
    if row["route"].startswith(DOOR):
        values["token"] = "{sign_in}"
    path = row["route"].replace("<int:", "<").replace("<path:", "<")
    if "<query_id>" in path:
        values["query_id"] = _search(site, who, path)
    for name, value in values.items():
        path = path.replace(f"<{name}>", value.format(**names))
    return path + QUERY.get("kept.tickets", "") * path.endswith("/bewaartermijnen/vragen")


def _search(site: Place, who: Visitor, path: str) -> str:
    for start, ending in SEARCHES.items():
        here = start.format(**site.names)
        if path.startswith((start, start.split("/{")[0].replace("open", "<view>"))):
            page = who.get(here)
            forms = [form for form in _forms(page.text) if form.action.endswith(ending)]
            if forms and page.status_code == 200:
                sent = who.send(forms[-1], fields={"q": "femke", "wie": "femke"})
                return sent.request.path.rpartition("/")[2]
    return "0"


def _forms(html: str) -> list[Form]:
    return Page(html).forms


def _answer(client: FlaskClient, row: Row, path: str, *, whole: bool, token: str) -> str:
    if row["verb"] == "GET":
        answer = client.get(path, headers={"Sec-Fetch-Dest": "iframe"})
    else:
        said = {"formulier": token} if whole else {}
        answer = client.open(path, method=row["verb"], data=said, headers={"Sec-Fetch-Site": "same-origin"})
    status, to = answer.status_code, answer.headers.get("Location", "")
    answer.close()
    if status == 401 or (status == 303 and to.partition("?")[0] in DOORS):
        return "door"
    if status == 404:
        return "no"
    if row["verb"] != "GET":
        through = (whole and status < 500) or status in ({200, 422} if row["route"] in BARE else {403, 413})
        return "yes" if through else f"status {status}"
    told = OUTSIDE.get(row["route"].removeprefix("/mijn-vragen"))
    return "yes" if status in {200, 302, 303, told} else f"status {status}"


def test_every_route_and_every_role_has_its_line(site: Place) -> None:
    listed = [(row["route"], row["verb"]) for row in rows()]
    there = {
        (rule.rule, verb)
        for rule in site.app.url_map.iter_rules()
        for verb in (rule.methods or set()) & {"GET", "POST", "PATCH"}
    }
    assert set(listed) == there, f"docs/roles.csv and the routes differ: {sorted(set(listed) ^ there)}"
    assert len(listed) == len(set(listed))
    assert all(set(row) == {"route", "verb", *COLUMNS} for row in rows())
    assert {row[name] for row in rows() for name in COLUMNS} == {"yes", "no", "door"}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_role_is_answered_as_the_matrix_says(site: Place, people: dict[str, Visitor], name: str) -> None:
    who, wrong = people[name], []
    page = who.get("/hulp" if name in REQUESTERS else "/werk/hulp").text
    token = next(form.fields["formulier"] for form in _forms(page) if "formulier" in form.fields)
    for row in rows():
        whole = name in WHOLE and row[name] == "no" and row[WHOLE[name]] == "yes"
        got = _answer(who.client, row, _path(site, who, row), whole=whole, token=token)
        if got != row[name]:
            wrong.append(f"{row['verb']} {row['route']}: {got}, and not {row[name]}")
    assert len(rows()) > 100
    assert not wrong, "\n".join(wrong)


def test_content_is_for_advisors_of_its_desk_alone() -> None:
    places = ("/werk/w/<view>/<number>", "/werk/bericht", "/werk/bestand")
    content = [row for row in rows() if row["route"].startswith(places)]
    reads = [row for row in content if row["verb"] == "GET"]
    assert len(reads) == 13
    assert {name for row in reads for name in COLUMNS if row[name] == "yes"} == {"advisor"}
    assert {row[ELSEWHERE] for row in content} == {"no"}
