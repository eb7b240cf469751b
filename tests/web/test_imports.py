"""Imports in the browser without scripts: upload, look, columns, brake, second person; and the ticket's last day."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from helpdesk.facts import runs
from helpdesk.models import Account, AccountRole, ImportRun, Ticket
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.helpdesk.facts.sheets import as_csv, as_xlsx
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.web.conftest import PRIYA
from tests.web.visitor import Page, Visitor
from workers.importing import import_waiting

LIST = "/beheer/imports"
SETTLED = ["Personeelsnummer", "Datum afhandeling"]


def uploaded(who: Visitor, key: str, content: bytes) -> str:
    """Upload a file by the form; returns the address of its page."""
    answer = who.upload(who.page(LIST).form(LIST), content, profile=key)
    assert answer.status_code == 200, Page(answer.text).text
    return answer.request.path


def ticket(ports: Ports) -> tuple[str, dt.date | None]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        one = unit.session.scalars(select(Ticket)).one()
        return one.retention_state, one.due_on


def test_from_upload_to_the_last_day_of_a_ticket(
    site_ports: Ports, fenna: Visitor, priya: Visitor, marije: Visitor
) -> None:
    policy_in_force(site_ports)
    receive(site_ports, letter("vraag", sender="Femke <p7@x.example>"))
    place = uploaded(fenna, "m250", as_csv([M250, *(row(str(n), f"p{n}@x.example") for n in range(30))]))
    assert "Er wordt naar gekeken" in fenna.page(place).text
    import_waiting(site_ports)
    looked = fenna.page(place)
    assert "30 wijzigingen" in looked.text
    assert "Nieuw adres: p3@x.example" in looked.text
    assert ticket(site_ports) == ("waiting:match", None), "a look changes nothing"
    started = fenna.send(looked.form("/starten"))
    assert "De import begint" in started.text
    import_waiting(site_ports)
    done = fenna.page(place)
    assert "klaar" in done.text
    assert "vernietigd" in done.text
    assert not any(form.action.endswith(("/starten", "/stoppen")) for form in done.forms)
    days = [[str(n), "29-02-2020"] for n in range(30)]
    first = uploaded(fenna, "settlements", as_csv([SETTLED, *days]))
    import_waiting(site_ports)
    fenna.send(fenna.page(first).form("/starten"))
    import_waiting(site_ports)
    assert ticket(site_ports) == ("dated", dt.date(2027, 3, 1))
    assert "tot en met zondag 28 februari 2027" in marije.page("/werk/w/alle/2026-00001").text

    _braked(site_ports, fenna, priya)
    left = {*site_ports.blobs.keys(), *dict(site_ports.blobs.staged())}
    assert left == _mail_blobs(site_ports), "files of imports are left"


def _braked(ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    """Dates that move stop at the brake and change nothing, until a second person lets them through."""
    second = uploaded(fenna, "settlements", as_csv([SETTLED, *([str(n), "29-02-2024"] for n in range(30))]))
    import_waiting(ports)
    braked = fenna.page(second)
    assert "De rem heeft hem tegengehouden" in braked.text
    assert "30 datums zouden verschuiven" in braked.text
    assert not any(form.action.endswith(("/starten", "/doorlaten")) for form in braked.forms)
    assert ticket(ports) == ("dated", dt.date(2027, 3, 1))
    form = priya.page(second).form("/doorlaten")
    refused = priya.send(form, reason=" ")
    assert refused.status_code == 422
    assert "waarom deze import door mag" in refused.text
    assert "De import mag door" in priya.send(form, reason="Nagevraagd bij P&O.").text
    import_waiting(ports)
    assert "Nagevraagd bij P&O." in fenna.page(second).text
    assert ticket(ports) == ("dated", dt.date(2031, 3, 1))


def _mail_blobs(ports: Ports) -> set[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(ImportRun.id).where(ImportRun.blob.is_not(None))).first() is None
        from_mail = unit.session.connection().exec_driver_sql("SELECT blob FROM inbound_mail").all()
    return {row[0] for row in from_mail}


def test_columns_with_other_headings_are_chosen_once(site_ports: Ports, fenna: Visitor) -> None:
    bring_in(site_ports, staff(site_ports, "x", "functional_admin"), "m250", [M250, row("1", "a@x.example")])
    odd = as_csv([["Wie", "Klaar op", "Salaris"], ["1", "12-31-2020", "4000"]])
    place = uploaded(fenna, "settlements", odd)
    import_waiting(site_ports)
    asked = fenna.page(place)
    assert "geen kop voor een kolom die nodig is" in asked.text
    form = asked.form("/kolommen")
    twice = fenna.send(form, fields={"kolom-personnel_no": "Wie", "kolom-settled_on": "Wie"})
    assert twice.status_code == 422
    sent = fenna.send(form, fields={"kolom-personnel_no": "Wie", "kolom-settled_on": "Klaar op", "dates": "mdy"})
    assert "De kolommen zijn bewaard" in sent.text
    import_waiting(site_ports)
    assert "afhandeling van het ontslag op donderdag 31 december 2020" in fenna.page(place).text
    assert "4000" not in fenna.page(place).text
    stopped = fenna.send(fenna.page(place).form("/stoppen"))
    assert "het bestand is weg" in stopped.text
    again = uploaded(fenna, "settlements", odd)
    import_waiting(site_ports)
    assert "1 wijziging" in fenna.page(again).text


def test_bad_rows_stand_there_in_words_with_their_line_and_pages(site_ports: Ports, fenna: Visitor) -> None:
    rows = [row(str(n), "geen adres") for n in range(130)]
    place = uploaded(fenna, "m250", as_csv([M250, *rows, row("900", "a@x.example")]))
    import_waiting(site_ports)
    page = fenna.page(place)
    assert "pagina 1 van 2" in page.text
    assert "E-mailadres: dit is geen e-mailadres." in page.text
    later = fenna.page(f"{place}?fouten=2")
    assert "131" in later.text
    assert fenna.get(f"{place}?pagina=99&fouten=x").status_code == 200


def test_a_file_that_cannot_be_read_and_no_file_at_all(site_ports: Ports, fenna: Visitor) -> None:
    place = uploaded(fenna, "m250", b"PK\x03\x04 kapot")
    import_waiting(site_ports)
    assert "Dit rekenblad is niet te lezen. Sla het op als .xlsx of als CSV." in fenna.page(place).text
    none = fenna.send(fenna.page(LIST).form(LIST))
    assert none.status_code == 422
    assert "Kies een bestand." in none.text
    sheet = as_xlsx([["Personeelsnummer", "e-mailadres", "Datum uitdienst"], [1, "a@x.example", dt.date(2027, 3, 31)]])
    place = uploaded(fenna, "m250", sheet)
    import_waiting(site_ports)
    assert "Einde dienstverband op woensdag 31 maart 2027" in fenna.page(place).text
    busy = fenna.upload(fenna.page(LIST).form(LIST), sheet, profile="m250")
    assert busy.status_code == 409
    assert "van dezelfde soort is niet klaar" in busy.text


def test_a_file_may_be_larger_than_other_forms_but_not_without_end(site_ports: Ports, fenna: Visitor) -> None:
    long = as_csv([M250, *(row(str(n), f"p{n}@x.example") for n in range(3))]) + b" " * 30_000_000
    assert uploaded(fenna, "m250", long)
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        assert unit.ports.blobs.size(unit.session.scalars(select(ImportRun.blob)).one() or "") == len(long)
    form = fenna.page(LIST).form(LIST)
    answer = fenna.client.post(
        LIST,
        data=form.fields,
        headers={"Sec-Fetch-Site": "same-origin"},
        content_type="multipart/form-data",
        environ_overrides={"CONTENT_LENGTH": "200000000"},
    )
    assert answer.status_code == 413
    assert "100 MB" in answer.text


@pytest.mark.parametrize("who", ["marije", "tess"])
def test_nobody_else_sees_or_starts_imports(
    site_ports: Ports, fenna: Visitor, who: str, request: pytest.FixtureRequest
) -> None:
    place = uploaded(fenna, "m250", as_csv([M250, row("1", "a@x.example")]))
    other: Visitor = request.getfixturevalue(who)
    token = other.page("/werk/hulp").forms[-1].fields["formulier"]
    for path in (LIST, place):
        assert other.get(path).status_code == 404
    for ending in ("", "/kolommen", "/bekijken", "/starten", "/doorlaten", "/stoppen"):
        answer = other.client.post(f"{place}{ending}" if ending else LIST, data={"formulier": token})
        assert answer.status_code == 404, ending
    import_waiting(site_ports)
    with unit_of_work(site_ports, SYSTEM, write=False) as unit:
        (view,) = runs.newest(unit)
    assert (view.state, view.to_do) == ("preview", None)


def test_who_administers_as_well_is_told_why_it_takes_another(
    site_ports: Ports, fenna: Visitor, priya: Visitor
) -> None:
    admin = staff(site_ports, "x", "functional_admin")
    bring_in(site_ports, admin, "m250", [M250, *(row(str(n), f"p{n}@x.example") for n in range(30))])
    for day in ("01-02-2020", "01-03-2020"):
        view = bring_in(site_ports, admin, "settlements", [SETTLED, *([str(n), day] for n in range(30))])
    assert view.state == "braked"
    with unit_of_work(site_ports, SYSTEM) as unit:
        account = unit.session.scalars(select(Account.id).where(Account.email == PRIYA)).one()
        unit.session.add(AccountRole(account_id=account, role="functional_admin"))
    page = priya.page(f"{LIST}/{view.id}")
    assert "Wie het systeem beheert, kan hierover niet ook besluiten" in page.text
    assert not any(form.action.endswith("/doorlaten") for form in page.forms)
    assert "Vraag een privacyfunctionaris" in fenna.page(f"{LIST}/{view.id}").text


def test_a_privacy_officer_looks_but_does_not_upload(site_ports: Ports, fenna: Visitor, priya: Visitor) -> None:
    place = uploaded(fenna, "m250", as_csv([M250, row("1", "a@x.example")]))
    import_waiting(site_ports)
    page = priya.page(place)
    assert "1 wijziging" in page.text
    assert not [form for form in page.forms + priya.page(LIST).forms if "/imports" in form.action]
    number = re.search(r"\d+$", place)
    assert number is not None
    assert "tess" not in page.text
