"""The certificate: every number from the ledger, nobody and no day in it, and anything changed is seen."""

from __future__ import annotations

import datetime as dt
import json
import re
import secrets
import uuid
from collections.abc import Callable
from html.parser import HTMLParser

import pytest

from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.ports import Ports
from helpdesk.privacy.certificate import as_json, available, issue, seal, verify
from helpdesk.privacy.certificate_page import WAYS, as_html
from helpdesk.privacy.copies import engine
from helpdesk.retention.ledger import FIRST, Entry, chained, read
from helpdesk.unit import Actor, unit_of_work
from tests.disposal import destroyed, due
from tests.letters import wait
from tests.retention import policy_in_force, staff

NAMES = re.compile(r"a\d@|x\.example|Vraag|Onderwerp|woord\d|2026-0000|20\d\d-\d\d-\d\d|Fatima|Piet")


@pytest.fixture
def auditor(ports: Ports) -> Actor:
    """Somebody who may read the ledger, and nothing else."""
    return staff(ports, "anke", "auditor")


def _lines(ports: Ports, months: dict[str, int], rule: str = "R13") -> str:
    """A ledger with so many tickets destroyed in each month; returns the version of the register."""
    version, run = policy_in_force(ports), secrets.token_hex(16)
    lines = [chained(Entry("begin", secrets.token_hex(16), "2026-10"), 1, FIRST)]
    for month, many in months.items():
        for n in range(many):
            parts = f"entries=2,files=1,mails=1,kb=7,year={2019 + n % 2}"
            entry = Entry("destroyed", str(uuid.uuid4()), month, run, rule, version, parts, "rows,blobs,verified")
            lines.append(chained(entry, len(lines) + 1, json.loads(lines[-1])["h"]))
    with ports.ledger.locked():
        ports.ledger.append(lines, "2027-01")
    return version


def test_a_run_is_certified_when_its_quarter_is_over(
    ports: Ports, admin: Actor, officer: Actor, auditor: Actor
) -> None:
    due(ports, 3, files=(("bijlage.txt", b"inhoud"),))
    destroyed(ports, admin, officer)
    with unit_of_work(ports, auditor, write=False) as unit:
        assert available(unit) == [], "the quarter goes on"
        with pytest.raises(Conflict):
            issue(unit, "R13", "2028-Q1")
    wait(ports, dt.timedelta(days=100))
    with unit_of_work(ports, auditor, write=False) as unit:
        assert available(unit) == [("R13", "2028-Q1", 3)]
        found = issue(unit, "R13", "2028-Q1")
        assert issue(unit, "R13", "2028-Q1") == found, "the same whenever it is asked for"
    numbers = found["numbers"]
    assert (numbers["tickets"], numbers["messages"], numbers["files"], numbers["mails"]) == (3, 3, 3, 3)
    assert (numbers["opened"], numbers["verified"], numbers["merged"]) == ({"2026": 3}, True, 0)
    assert found["backups_gone_by"] == "2028-04"
    assert "geldt 6 maanden na de laatste inlog" in found["ground"]["nl"], "the public text speaks of 7 years"
    assert not NAMES.search(as_json(found, ports.ledger.lines()))
    verify(as_json(found, ports.ledger.lines()), ports.ledger.lines())


def test_small_months_are_told_together_by_the_quarter(ports: Ports, auditor: Actor) -> None:
    _lines(ports, {"2026-10": 5, "2026-11": 2, "2026-12": 1, "2027-01": 4})
    wait(ports, dt.timedelta(days=60))
    with unit_of_work(ports, auditor, write=False) as unit:
        assert available(unit) == [("R13", "2026-10", 5), ("R13", "2026-Q4", 3)]
        whole, rest = issue(unit, "R13", "2026-10"), issue(unit, "R13", "2026-Q4")
        with pytest.raises(NotFound):
            issue(unit, "R13", "2026-11")
        with pytest.raises(NotFound):
            issue(unit, "R1", "2026-10")
        with pytest.raises(Invalid):
            issue(unit, "R13", "november")
    assert (whole["numbers"]["tickets"], rest["numbers"]["tickets"]) == (5, 3)
    assert rest["numbers"]["opened"] == {"2019": 2, "2020": 1}
    assert whole["previous"] is None
    assert rest["previous"] == whole["sha256"]


def test_only_who_may_read_the_ledger_gets_one(ports: Ports) -> None:
    with unit_of_work(ports, staff(ports, "sanne", "advisor"), write=False) as unit, pytest.raises(NotFound):
        issue(unit, "R13", "2026-10")


def _edited(lines: list[str]) -> list[str]:
    return [*lines[:3], lines[3].replace("kb=7", "kb=8"), *lines[4:]]


LEDGERS: dict[str, Callable[[list[str]], list[str]]] = {
    "edited": _edited,
    "dropped": lambda lines: [*lines[:3], *lines[4:]],
    "swapped": lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]],
    "cut": lambda lines: lines[:6],
    "cut behind what it tells of": lambda lines: lines[:-1],
    "edited at its end": lambda lines: [*lines[:-1], lines[-1].replace("kb=7", "kb=8")],
    "empty": lambda lines: lines[:0],
}


@pytest.mark.parametrize("how", LEDGERS)
def test_a_changed_ledger_is_seen(ports: Ports, auditor: Actor, how: str) -> None:
    _lines(ports, {"2026-10": 6, "2026-11": 2})
    with unit_of_work(ports, auditor, write=False) as unit:
        paper = as_json(issue(unit, "R13", "2026-10"), ports.ledger.lines())
    lines = list(ports.ledger.lines())
    verify(paper, lines)
    with pytest.raises(Invalid):
        verify(paper, LEDGERS[how](lines))


@pytest.mark.parametrize("how", ["digit", "resealed", "backups", "no rule", "nothing", "other", "deep", "end"])
def test_a_changed_certificate_is_seen(ports: Ports, auditor: Actor, how: str) -> None:
    _lines(ports, {"2026-10": 6})
    with unit_of_work(ports, auditor, write=False) as unit:
        found = issue(unit, "R13", "2026-10")
    papers = {
        "digit": as_json(found, ports.ledger.lines()).replace('"tickets": 6', '"tickets": 7'),
        "nothing": "{}",
        "other": "no json",
        "deep": "[" * 100_000,
    }
    end = json.loads(papers["digit"])["ledger_end"]
    papers["end"] = json.dumps(found | {"ledger_end": end | {"seq": end["seq"] - 1}})
    for name, put in (
        ("resealed", {"period": "2026-Q4"}),
        ("backups", {"backups_gone_by": "2029-01"}),
        ("no rule", {"rule": ["R13"]}),
    ):
        body = {key: value for key, value in found.items() if key != "sha256"} | put
        papers[name] = as_json(body | {"sha256": seal(body)}, ports.ledger.lines())
    with pytest.raises(Invalid):
        verify(papers[how], ports.ledger.lines())


class _Page(HTMLParser):
    """What a page consists of."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(("language", "title"), [("nl", "Verklaring van vernietiging"), ("en", "Declaration of")])
def test_the_page_says_what_ground_and_way(ports: Ports, auditor: Actor, language: str, title: str) -> None:
    version = _lines(ports, {"2026-10": 6})
    with unit_of_work(ports, auditor, write=False) as unit:
        found = issue(unit, "R13", "2026-10")
    page = _Page()
    page.feed(as_html(found, language))
    names = [tag for tag, _attributes in page.tags]
    assert title in page.words
    assert ("html", {"lang": language}) in page.tags
    assert {"title", "main", "h1", "h2", "caption", "dl"} <= set(names)
    assert not {"script", "a", "img", "link"} & set(names)
    assert all(said.get("scope") in ("row", "col") for tag, said in page.tags if tag == "th")
    for said in (found["ground"][language], version, found["sha256"], "2026-10", found["controller"]):
        assert said in page.words
    assert "rows" not in [line.strip() for line in page.words.splitlines()], "ways are said in words"


def test_every_way_has_words(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 1)
    destroyed(ports, admin, officer)
    ways = {code for entry in read(ports.ledger.lines()) for code in entry.methods.split(",") if code}
    assert ways
    assert ways <= set(WAYS)


def test_the_codes_of_a_scrub_fit_into_a_line(ports: Ports) -> None:
    codes = engine.scrub(ports)
    assert len(",".join(("rows", "blobs", "index", *codes, "verified"))) <= 100
