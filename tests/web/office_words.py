"""The screens of imports, people and askers in the pseudo-language, for `test_words.py`, with states and errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from helpdesk.facts import imports
from helpdesk.facts.profiles import keep, profile, shipped
from helpdesk.models import Person
from helpdesk.people.accounts import account_named
from helpdesk.ports import Ports
from helpdesk.retention.ages import TOLD
from helpdesk.status import raise_alarm
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.facts.sheets import as_csv
from tests.imports import M250, bring_in
from tests.web.visitor import Visitor
from workers.importing import import_waiting

if TYPE_CHECKING:
    from tests.web.crawling import Crawl

SETTLED = ["Personeelsnummer", "Datum afhandeling"]
GREEK = {
    "m250": {
        "personnel_no": "Αριθμός",
        "first_name": "Όνομα",
        "last_name": "Επώνυμο",
        "address": "Διεύθυνση",
        "kind": "Είδος",
        "department": "Τμήμα",
        "account_status": "Κατάσταση",
        "ended_on": "Τέλος",
    },
    "settlements": {"personnel_no": "Αριθμός", "settled_on": "Τέλος"},
    "hr_szw": {"personnel_no": "Αριθμός", "address": "Διεύθυνση", "ended_on": "Τέλος"},
}
"""Headings of files, which stand on the pages as the files have them."""


def imported(ports: Ports, actor: Actor) -> list[str]:
    """Imports in their states, as a colleague made them: looked at, braked, asking for columns, failed and running."""
    place = "/beheer/imports/"
    people = [
        [str(n), "Φένια", "Δήμου", f"p{n}@x.example", "medewerker", "Τμήμα", "ενεργός", "", "9"] for n in range(30)
    ]
    bring_in(ports, actor, "m250", [M250, *people])
    bring_in(ports, actor, "settlements", [SETTLED, *([str(n), "01-02-2020"] for n in range(30))])
    people[0][1], people[1][3], people[2][4], people[3][3] = "Φενέλα", "ν", "χ", "νέα@x.example"
    people.append(["99", "Νίκος", "Δήμου", "νίκος@x.example", "extern", "", "", "31-12-2027", ""])
    for key, headings in GREEK.items():
        with unit_of_work(ports, actor) as unit:
            keep(unit, shipped()[key], headings, None)
    files = {
        "m250": as_csv([[*GREEK["m250"].values(), "Καρφίτσα"], *people]),
        "settlements": as_csv([[*GREEK["settlements"].values()], *([str(n), "01-03-2020"] for n in range(30))]),
        "last_logins": as_csv([["Ποιος", "Πότε"], ["a@x.example", "1-2-2026"]]),
        "hr_vws": b"PK\x03\x04",
        "hr_szw": as_csv([[*GREEK["hr_szw"].values()], ["1", "z@szw.example", ""]]),
    }
    found = []
    for key, content in files.items():
        with unit_of_work(ports, actor) as unit:
            found.append(place + str(imports.receive(unit, profile(unit, key), content, to_do="look")))
    return found


def second(crawl: Crawl, path: str, email: str) -> None:
    """A stopped import as the second person sees it."""
    officer = Visitor(crawl.app)
    assert officer.sign_in(email).status_code == 200
    crawl.look("start of an officer", officer.get("/werk").text)
    form = crawl.look("second", officer.get(path).text).form("/doorlaten")
    for reason, status in ((" ", 422), ("Ναι", 200)):
        answer = officer.send(form, reason=reason)
        assert answer.status_code == status
        crawl.look(f"second {status}", answer.text)


def office(crawl: Crawl, ports: Ports, colleague: str, officer: str) -> None:
    """Imports, people, unknown askers and what is kept until when, in their states."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        savvas = Actor(account_named(unit, colleague).id, frozenset({"functional_admin"}))
    pages = imported(ports, savvas)
    crawl.page(pages[0])
    import_waiting(ports)
    for path in ("/beheer/imports", *pages):
        crawl.page(path)
    second(crawl, pages[1], officer)
    crawl.send(pages[2], "/kolommen", 422, **{"kolom-address": "Πότε", "kolom-last_login_on": "Πότε"})
    crawl.send(pages[0], "/starten")
    crawl.page(pages[0])
    crawl.send(pages[4], "/stoppen")
    crawl.send("/beheer/imports", "/imports", 422)
    for words in ("τίποτα", "Φένια"):
        crawl.send("/beheer/mensen", "/mensen/zoeken", wie=words)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        person = unit.session.scalars(select(Person.id).where(Person.personnel_no == "7")).one()
    place = f"/beheer/mensen/{person}"
    crawl.send(place, "/datums", 422, valid_on="χ", reference="α")
    crawl.send(place, "/datums", valid_on="01-02-2027", reference="α", type="employment.end", reason="retirement")
    crawl.send(place, "/verbeteren", 422, valid_on="01-02-2027", reference="")
    crawl.send(place, "/verbeteren", valid_on="02-03-2020", reference="β")
    crawl.send(place, "/terugnemen", reference="γ")
    for kind in TOLD:
        with unit_of_work(ports, SYSTEM) as unit:
            raise_alarm(unit, kind, "retention", "3")
    for path in ("", "/vragen?stand=waiting:register", "/vragen?stand=dated"):
        crawl.page("/privacybeheer/bewaartermijnen" + path)


def asking(crawl: Crawl) -> None:
    """Who asked, said by hand and undone; of a ticket whose address several people use."""
    crawl.page("/werk/onbekend")
    crawl.send("/werk/onbekend", "/onbekend/2026-00001", 422, wie="χ")
    ticket = "/werk/w/alle/2026-00001"
    crawl.send(ticket, "/wie", wie="τίποτα")
    found = crawl.send(ticket, "/wie", wie="Φένια")
    crawl.look("matched", crawl.visitor.send(found.form("/wie/is")).text)
    crawl.look("matched twice", crawl.visitor.send(found.form("/wie/is")).text)
    crawl.page(f"{ticket}/wie")
    crawl.send(ticket, "/wie/ongedaan")
    crawl.send(f"{ticket}/wie", "/wie/soort")
    crawl.page(ticket)
    crawl.send(f"{ticket}/wie", "/wie/gedeeld")
    crawl.page(f"{ticket}/wie")
