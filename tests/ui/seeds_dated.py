"""Registers, imports in every state, people with dates and askers who were named, for the screens. Judges nothing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from helpdesk.facts import imports, looking, record, runs
from helpdesk.facts.profiles import profile
from helpdesk.models import ImportRun, Person
from helpdesk.people.accounts import account_named
from helpdesk.ports import Ports
from helpdesk.status import raise_alarm
from helpdesk.tickets import requesters
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.facts.sheets import as_csv
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.web.conftest import FENNA, MARIJE

PEOPLE = 40
SETTLED = ["Personeelsnummer", "Datum afhandeling"]
LAST_LOGINS = ["E-mailadres", "Laatste inlog"]


def dated(ports: Ports) -> dict[str, str]:
    """Put it all there; returns the ids by name."""
    fenna = _actor(ports, FENNA, "functional_admin")
    receive(ports, letter("Wanneer?", subject="Van een bekende", sender="Femke <p3@x.example>", message_id="<d1@x>"))
    receive(ports, letter("Hoe?", subject="Van huis", sender="Femke <thuis@home.example>", message_id="<d2@x>"))
    for number in (1, 17, 24, 25):
        mail = letter("Kan dat?", subject=f"Vraag {number}", sender=f"Femke <p{number}@x.example>")
        receive(ports, mail.replace(b"<m1@", f"<e{number}@".encode()))
    people = [row(str(n), f"p{n}@x.example", "30-06-2026" if n % 7 == 3 else "") for n in range(PEOPLE)]
    done = bring_in(ports, fenna, "m250", [M250, *people]).id
    bring_in(ports, fenna, "settlements", [SETTLED, *([str(n), "01-07-2026"] for n in range(10, PEOPLE) if n != 17)])
    named = {"done": str(done)} | _person(ports, fenna) | _runs(ports, fenna)
    with unit_of_work(ports, SYSTEM) as unit:
        raise_alarm(unit, "settlement_missing", "retention", "3")
        raise_alarm(unit, "register_missing_late", "retention", "12")
    return named


def _actor(ports: Ports, email: str, role: str) -> Actor:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return Actor(account_named(unit, email).id, frozenset({role}))


def _person(ports: Ports, fenna: Actor) -> dict[str, str]:
    """Somebody with a corrected and a retracted date, somebody with none, and an asker who was named by hand."""
    with unit_of_work(ports, fenna) as unit:
        by_number = dict(unit.session.execute(select(Person.personnel_no, Person.id)).all())
        fact = record.add(unit, by_number["3"], "dismissal.settled", dt.date(2026, 7, 1), "brief 2026/114 van P&O")
        wrong = record.add(unit, by_number["3"], "contract.end", dt.date(2026, 6, 1), "melding van de afdeling")
    with unit_of_work(ports, fenna) as unit:
        record.correct(unit, fact, dt.date(2026, 8, 31), "brief 2026/131: de eerste datum was die van de aanvraag")
        record.retract(unit, wrong, "uitspraak van 3 september 2026")
    with unit_of_work(ports, _actor(ports, MARIJE, "advisor")) as unit:
        number = next(one.number for one in requesters.unmatched(unit, 1000) if one.address == "thuis@home.example")
        requesters.match_requester(unit, number, "3")
        requesters.call_requester(unit, "2026-00004", "external")
    return {"person": str(by_number["3"]), "person_bare": str(by_number["1"]), "matched": number}


def _runs(ports: Ports, fenna: Actor) -> dict[str, str]:
    """One of each kind of end: failed, asking for columns, looked at, braked, and one that is being brought in."""
    failed = _uploaded(ports, fenna, "hr_vws", b"PK\x03\x04 kapot")
    columns = _uploaded(
        ports, fenna, "last_logins", as_csv([["Adres thuis", "Gezien op"], ["a@x.example", "1-2-2026"]])
    )
    rows = [row(str(n), f"nieuw{n}@x.example", name="Mohammed") for n in range(PEOPLE, PEOPLE + 130)]
    bad = [row("900", "geen adres"), row("901", "b@x.example", kind="marsman"), row("902", "c@x.example", "31-02-2026")]
    looked = _uploaded(ports, fenna, "m250", as_csv([M250, *bad, *rows]))
    moved = [[str(n), "01-08-2026"] for n in range(10, PEOPLE) if n != 17]
    braked = _uploaded(ports, fenna, "settlements", as_csv([SETTLED, *moved]))
    running = _uploaded(
        ports, fenna, "hr_szw", as_csv([["id", "e-mailadres", "datum uit dienst"], ["1", "z@szw.example", ""]])
    )
    with unit_of_work(ports, SYSTEM) as unit:
        run = unit.session.get_one(ImportRun, running)
        run.state, run.rows, run.row_done = "running", 100_000, 37_250
    assert runs.run_of(ports, braked).state == "braked"
    said = {"failed": failed, "columns": columns, "looked": looked, "braked": braked, "running": running}
    return {name: str(run_id) for name, run_id in said.items()}


def _uploaded(ports: Ports, actor: Actor, key: str, content: bytes) -> int:
    with unit_of_work(ports, actor) as unit:
        run_id = imports.receive(unit, profile(unit, key), content, to_do=looking.LOOK)
    looking.work(ports)
    return run_id
