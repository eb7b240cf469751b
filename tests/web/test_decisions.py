"""The log of decisions as officers see it: refused sign-ins and acts, narrowed and paged; its chain can be followed."""

from __future__ import annotations

import ast
import csv
import datetime as dt
import hashlib
import re
from itertools import pairwise

import pytest
from sqlalchemy import delete, insert, select

from helpdesk.models import SecurityEvent
from helpdesk.people.accounts import account_named, set_roles
from helpdesk.ports import Ports
from helpdesk.privacy.decisions import KINDS, VERB
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, unit_of_work
from tests.holds import place
from tests.house.code_tree import sources
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.web.conftest import FENNA, MARIJE
from tests.web.visitor import Visitor

PLACE = "/privacybeheer/logboek/besluiten"
FACTS = {"fact.add", "fact.correct", "fact.retract"}
"""Noted by a name that a function is given."""


def _lines(who: Visitor, query: str = "") -> list[list[str]]:
    """The cells of the table."""
    html = who.get(PLACE + query).text
    rows = re.findall(r"<tr><td>(.*?)</tr>", html, re.DOTALL)
    return [[" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in row.split("</td>")[:4]] for row in rows]


def test_every_act_that_is_noted_has_words() -> None:
    noted = set(FACTS)
    for source in sources("helpdesk"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "note" and len(node.args) > 1:
                said = node.args[1]
                noted |= {str(said.value)} if isinstance(said, ast.Constant) else set()
    noted |= {"hold.follow", "sign_in.wrong_password", "sign_in.wrong_code"}
    assert noted == set(VERB)
    assert {verb.partition(".")[0] for verb in VERB} == set(KINDS)


def test_refused_sign_ins_and_changed_roles_stand_in_it(site_ports: Ports, stranger: Visitor, priya: Visitor) -> None:
    for email in (MARIJE, "niemand@academie.example"):
        assert stranger.sign_in(email, "helemaal verkeerd").status_code == 422
    with unit_of_work(site_ports, SYSTEM) as unit:
        set_roles(unit, MARIJE, ["advisor", "auditor"])
        marije, person = account_named(unit, MARIJE).id, account_named(unit, FENNA).id
    refused = _lines(priya, "?soort=sign_in")
    assert [line[1] for line in refused] == ["niet aangemeld"] * 2
    assert [line[3] for line in refused] == ["–", "Marije Bos"]
    assert "niemand@" not in priya.get(PLACE).text
    assert "Rollen gewijzigd" in [line[2] for line in _lines(priya, f"?wie={marije}")]
    assert len(_lines(priya, f"?wie={marije}")) == len(_lines(priya, f"?wie={marije}&soort=sign_in")) + len(
        _lines(priya, f"?wie={marije}&soort=account")
    )
    assert "Aanmelden" not in str(_lines(priya, f"?wie={person}"))


def test_a_ticket_has_what_was_decided_about_it(site_ports: Ports, priya: Visitor) -> None:
    policy_in_force(site_ports)
    receive(site_ports, letter("Over reiskosten."), letter("Anders.", message_id="<2@x>", sender="b@x.example"))
    place(site_ports, staff(site_ports, "piet", "privacy_officer"), numbers=["2026-00001"])
    assert [line[1:] for line in _lines(priya, "?vraag=V-2026-00001")] == [
        ["Piet", "Bewaarplicht opgelegd", "Bewaarplicht 1"]
    ]
    assert _lines(priya, "?vraag=V-2026-00002") == []
    assert "Er is niets besloten dat hierbij past." in priya.get(PLACE + "?vraag=2026-00099").text
    assert "Schrijf de dag als 31-12-2026." in priya.get(PLACE + "?dag=gisteren").text


def test_it_is_paged_by_key_and_by_day(site_ports: Ports, priya: Visitor) -> None:
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(delete(SecurityEvent))
        old = {"at": unit.now - dt.timedelta(days=3), "verb": "list.open", "object_kind": "list", "seal": "0" * 64}
        unit.session.execute(insert(SecurityEvent), [old | {"object_id": n} for n in range(1, 251)])
        day = (unit.now - dt.timedelta(days=3)).strftime("%d-%m-%Y")
    page, shown = priya.page(PLACE + "?soort=list"), []
    while True:
        shown += re.findall(r"VL-(\d+)", page.text)
        older = [link for link in page.links if "voor=" in link]
        if not older:
            break
        page = priya.page(older[-1])
    assert [int(one) for one in shown] == list(range(250, 0, -1))
    assert len(_lines(priya, f"?dag={day}")) == 100
    assert _lines(priya, "?dag=1-1-2020") == []


def test_the_file_holds_a_chain_that_can_be_followed_and_a_break_is_told(site_ports: Ports, priya: Visitor) -> None:
    for verb in ("list.open", "list.window", "list.run"):
        with unit_of_work(site_ports, SYSTEM) as unit:
            note(unit, verb, "list", 1)
    rows = list(csv.DictReader(priya.get(PLACE + ".csv").text.splitlines(), delimiter=";"))
    for before, row in pairwise(rows):
        words = (row["at"], row["account_id"] or "None", row["verb"], row["object_kind"], row["object_id"] or "None")
        assert row["seal"] == hashlib.sha256("\x1f".join((before["seal"], *words)).encode()).hexdigest()
    assert "De keten klopt tot en met" in priya.get(PLACE + "?keten=1").text
    with unit_of_work(site_ports, SYSTEM) as unit:
        ids = unit.session.scalars(select(SecurityEvent.id).order_by(SecurityEvent.id)).all()
        unit.session.execute(delete(SecurityEvent).where(SecurityEvent.id == ids[-1]))
    assert "aan het eind gebroken" in priya.get(PLACE + "?keten=1").text
    with unit_of_work(site_ports, SYSTEM) as unit:
        unit.session.execute(delete(SecurityEvent).where(SecurityEvent.id == ids[-3]))
    assert f"gebroken bij regel {ids[-2]}" in priya.get(PLACE + "?keten=1").text


@pytest.mark.parametrize("who", ["fenna", "marije", "tess"])
def test_it_is_for_officers_and_auditors(request: pytest.FixtureRequest, who: str) -> None:
    visitor: Visitor = request.getfixturevalue(who)
    assert {visitor.get(path).status_code for path in (PLACE, PLACE + ".csv")} == {404}
