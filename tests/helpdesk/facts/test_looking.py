"""A file that a worker looks at: its changes can be paged, what it lacks is asked for, it starts when asked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import pytest
from sqlalchemy import select

from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.memory import MemoryJobs
from helpdesk.errors import Conflict, Invalid, NotFound
from helpdesk.facts import imports, looking, runs
from helpdesk.facts.changes import PAGE, FactChange
from helpdesk.facts.profiles import profile
from helpdesk.facts.words import said_changes
from helpdesk.models import Address, Person
from helpdesk.people.finding import find_people
from helpdesk.ports import IMPORT_WAITING, Ports
from helpdesk.reconcile import reconcile
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.facts.sheets import as_csv, as_xlsx
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from workers.importing import import_waiting

SETTLED = ["Personeelsnummer", "Datum afhandeling"]


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


def uploaded(ports: Ports, actor: Actor, key: str, content: bytes) -> int:
    """A file as the web takes it in."""
    with unit_of_work(ports, actor) as unit:
        return imports.receive(unit, profile(unit, key), content, to_do="look")


def seen(ports: Ports, run_id: int) -> runs.RunView:
    """The run after a worker had its turn."""
    import_waiting(ports)
    return runs.run_of(ports, run_id)


def blobs(ports: Ports) -> list[str]:
    return [*ports.blobs.keys(), *dict(ports.blobs.staged())]


def test_each_change_is_written_down_and_paged_and_gone_when_it_is_done(ports: Ports, admin: Actor) -> None:
    many = PAGE + 20
    run_id = uploaded(ports, admin, "m250", as_csv([M250, *(row(str(n), f"p{n}@x.example") for n in range(many))]))
    assert isinstance(ports.jobs, MemoryJobs)
    assert IMPORT_WAITING in ports.jobs.nudges
    view = seen(ports, run_id)
    assert (view.state, view.to_do, view.rows, view.changes, view.looked_at) == ("preview", None, many, many, True)
    with unit_of_work(ports, admin, write=False) as unit:
        pages = [runs.changes_page(unit, run_id, number) for number in (1, 2, 3)]
        assert [len(page) for page in pages] == [PAGE, 20, 0]
        assert said_changes(pages[1][0], "en") == ["new person: Femke de Vries", "new address: p100@x.example"]
        assert (pages[1][0].line, pages[1][0].who) == (102, "100")
    assert reconcile(ports) == []
    with unit_of_work(ports, admin) as unit:
        looking.ask_start(unit, run_id)
    view = seen(ports, run_id)
    assert (view.state, view.done, view.counts["people_new"], view.file_there) == ("done", many, many, False)
    assert blobs(ports) == []
    with unit_of_work(ports, admin, write=False) as unit:
        assert runs.changes_page(unit, run_id, 1) == []
        assert [hit.number for hit in find_people(unit, "99")] == ["99"]


def test_headings_nobody_knows_are_asked_for_once(ports: Ports, admin: Actor) -> None:
    odd = [["Lijst van P&O", ""], ["Wie", "Klaar op"], ["1", "31-03-2020"]]
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    run_id = uploaded(ports, admin, "settlements", as_csv(odd))
    view = seen(ports, run_id)
    assert (view.state, view.fault, view.looked_at) == ("preview", "no_column", False)
    with unit_of_work(ports, admin, write=False) as unit:
        assert runs.headings_found(unit, run_id) == ["Wie", "Klaar op"]
    with unit_of_work(ports, admin) as unit, pytest.raises(Conflict):
        looking.ask_start(unit, run_id)
    with unit_of_work(ports, admin) as unit, pytest.raises(Invalid):
        looking.map_columns(unit, run_id, {"salaris": "Wie"}, None)
    with unit_of_work(ports, admin) as unit:
        looking.map_columns(unit, run_id, {"personnel_no": "Wie", "settled_on": "Klaar op"}, "dmy")
    view = seen(ports, run_id)
    assert (view.fault, view.foreseen) == (None, {"facts_added": 1, "problems": 0})
    with unit_of_work(ports, admin, write=False) as unit:
        (one,) = runs.changes_page(unit, run_id, 1)
    assert one.facts == (FactChange("dismissal.settled", dt.date(2020, 3, 31)),)
    with unit_of_work(ports, admin) as unit:
        imports.stop(unit, run_id)
    assert blobs(ports) == []
    again = seen(ports, uploaded(ports, admin, "settlements", as_csv(odd)))
    assert again.foreseen == {"facts_added": 1, "problems": 0}, "the headings are kept with the profile"


@pytest.mark.parametrize(
    ("content", "fault", "line"),
    [
        (b"\xd0\xcf\x11\xe0" + b"x" * 50, "old_excel", 0),
        (b"PK\x03\x04 no zip", "xlsx", 0),
        (as_csv([M250, row("1", "a@x.example")]) + b'2;"' + b"x" * 200_000, "csv", 3),
    ],
)
def test_a_file_that_cannot_be_read_ends_with_why_and_is_gone(
    ports: Ports, admin: Actor, content: bytes, fault: str, line: int
) -> None:
    view = seen(ports, uploaded(ports, admin, "m250", content))
    assert (view.state, view.fault) == ("failed", fault)
    assert view.fault_values.get("line", 0) == line
    assert blobs(ports) == []


def test_a_spreadsheet_is_looked_at_as_well(ports: Ports, admin: Actor) -> None:
    sheet = as_xlsx([["Datum uitdienst", "e-mailadres", "Personeelsnummer"], [dt.date(2027, 3, 31), "a@x.example", 1]])
    view = seen(ports, uploaded(ports, admin, "m250", sheet))
    assert view.foreseen == {"people_new": 1, "addresses_new": 1, "facts_added": 1, "problems": 0}


class LateBlobs(DiskBlobs):
    """Lets somebody decide in the moment between a look and the writing down of what it found."""

    meanwhile: Callable[[], None]

    def stage(self, items: Sequence[bytes | Path | BinaryIO]) -> list[str]:
        self.meanwhile()
        return super().stage(items)


def test_what_is_decided_while_a_worker_looks_is_not_undone_by_it(ports: Ports, admin: Actor) -> None:
    late = LateBlobs(ports.settings.data / "blobs")
    theirs = replace(ports, blobs=late)
    run_id = uploaded(ports, admin, "settlements", as_csv([SETTLED, ["1", "01-02-2020"]]))

    def map_it() -> None:
        late.meanwhile = lambda: None
        with unit_of_work(ports, admin) as unit:
            looking.map_columns(unit, run_id, {}, "mdy")

    late.meanwhile = map_it
    import_waiting(theirs)
    assert runs.run_of(ports, run_id).to_do == "look", "what was found is stale"
    assert len(blobs(ports)) == 1
    assert seen(ports, run_id).to_do is None
    with unit_of_work(ports, admin) as unit:
        looking.ask_look(unit, run_id)

    def stop_it() -> None:
        with unit_of_work(ports, admin) as unit:
            imports.stop(unit, run_id)

    late.meanwhile = stop_it
    import_waiting(theirs)
    assert (runs.run_of(ports, run_id).state, blobs(ports)) == ("stopped", [])


def test_a_file_whose_bytes_are_gone_ends(ports: Ports, admin: Actor) -> None:
    run_id = uploaded(ports, admin, "m250", as_csv([M250, row("1", "a@x.example")]))
    ports.blobs.destroy(blobs(ports))
    view = seen(ports, run_id)
    assert (view.state, view.fault, view.file_there) == ("failed", "unreadable", False)


def test_a_start_looks_again_and_the_brake_stops_what_became_too_much(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, *(row(str(n), f"p{n}@x.example") for n in range(30))])
    bring_in(ports, admin, "settlements", [SETTLED, *([str(n), "01-02-2020"] for n in range(30))])
    run_id = uploaded(ports, admin, "settlements", as_csv([SETTLED, *([str(n), "01-03-2020"] for n in range(30))]))
    view = seen(ports, run_id)
    assert (view.state, view.brake, view.shifted) == ("braked", "many_shifted", 30)
    with unit_of_work(ports, admin) as unit, pytest.raises(Conflict):
        looking.ask_start(unit, run_id)
    with unit_of_work(ports, admin) as unit:
        looking.ask_look(unit, run_id)
    assert seen(ports, run_id).state == "braked"
    with unit_of_work(ports, staff(ports, "piet", "privacy_officer")) as unit:
        assert len(runs.changes_page(unit, run_id, 1)) == 30
        imports.allow(unit, run_id, "De bron was fout.")
    assert seen(ports, run_id).state == "done"


def test_who_may_not_import_sees_none_of_it(ports: Ports, admin: Actor) -> None:
    run_id = uploaded(ports, admin, "m250", as_csv([M250, row("1", "a@x.example")]))
    seen(ports, run_id)
    advisor = staff(ports, "sanne", "advisor")
    with unit_of_work(ports, advisor, write=False) as unit:
        for ask in (runs.changes_page, runs.problems_of):
            with pytest.raises(NotFound):
                ask(unit, run_id, 1)
        with pytest.raises(NotFound):
            runs.headings_found(unit, run_id)
    officer = staff(ports, "piet", "privacy_officer")
    for verb in (looking.ask_look, looking.ask_start, imports.stop):
        with unit_of_work(ports, officer) as unit, pytest.raises(NotFound):
            verb(unit, run_id)


def test_people_are_found_by_the_beginnings_of_their_names_numbers_and_addresses(ports: Ports, admin: Actor) -> None:
    rows = [M250, row("12", "femke@x.example", name="Fémke"), row("123", "f.devries@y.example", name="Bram")]
    bring_in(ports, admin, "m250", rows)
    receive(ports, letter("vraag", sender="Femke Zonder Nummer <z@elders.example>"))
    with unit_of_work(ports, admin, write=False) as unit:
        assert [hit.name for hit in find_people(unit, "fem")] == ["Fémke de Vries", "Femke Zonder Nummer"]
        assert [hit.number for hit in find_people(unit, "vries BRAM")] == ["123"]
        assert {hit.number for hit in find_people(unit, "12")} == {"12", "123"}
        (found,) = find_people(unit, "F.Devries@")
        assert (found.addresses, found.kind) == (("f.devries@y.example",), "employee")
        assert find_people(unit, "%") == []
        assert find_people(unit, "emke") == []
    with unit_of_work(ports, staff(ports, "tess", "technical_admin"), write=False) as unit, pytest.raises(NotFound):
        find_people(unit, "femke")
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert len(unit.session.scalars(select(Person)).all()) == 3
        assert len(unit.session.scalars(select(Address)).all()) == 3
