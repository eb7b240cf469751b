"""Imports on real tables: what a preview counts is what is done, once, and the brake stops what is too much."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import Conflict, Invalid, NotAllowed, NotFound
from helpdesk.facts import imports, runs
from helpdesk.facts.preview import BATCH, Preview, preview
from helpdesk.facts.profiles import chosen, keep, profile, shipped
from helpdesk.facts.record import add
from helpdesk.facts.words import BRAKE, COUNT, FIELD, PROBLEM, change_texts, problem_text
from helpdesk.models import Address, Base, Fact, ImportRun, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.policies import shipped_text
from helpdesk.retention.why import FACT
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.helpdesk.facts.sheets import as_csv, as_xlsx
from tests.imports import M250, bring_in, row
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff

SETTLED = ["Personeelsnummer", "Datum afhandeling"]


@pytest.fixture
def admin(ports: Ports) -> Actor:
    """A functional administrator."""
    return staff(ports, "fatima", "functional_admin")


def look(ports: Ports, actor: Actor, key: str, content: bytes) -> Preview:
    """Preview bytes and keep nothing."""
    with unit_of_work(ports, actor, write=False) as unit:
        return preview(unit, io.BytesIO(content), profile(unit, key), 100)


def people(ports: Ports) -> list[tuple[Any, ...]]:
    """Kind, number and name of everybody, by number."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = select(Person.kind, Person.personnel_no, Person.display_name).order_by(Person.personnel_no)
        return [tuple(each) for each in unit.session.execute(found)]


def test_an_export_makes_people_once_and_changes_what_changed(ports: Ports, admin: Actor) -> None:
    rows = [M250, row("1", "a@x.example"), row("2", "b@x.example", "31-03-2027"), row("3", "", kind="extern")]
    assert bring_in(ports, admin, "m250", rows).counts == {
        "people_new": 3,
        "addresses_new": 2,
        "facts_added": 1,
        "problems": 0,
    }
    assert people(ports) == [
        ("employee", "1", "Femke de Vries"),
        ("employee", "2", "Femke de Vries"),
        ("external", "3", "Femke de Vries"),
    ]
    assert bring_in(ports, admin, "m250", rows).counts == {"unchanged": 3, "problems": 0}
    rows = [M250, row("1", "new@x.example"), row("2", "b@x.example"), row("3", "", kind="intern", name="Fenna")]
    assert bring_in(ports, admin, "m250", rows).counts == {
        "addresses_new": 1,
        "facts_retracted": 1,
        "people_changed": 1,
        "problems": 0,
    }
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        facts = unit.session.scalars(select(Fact).order_by(Fact.id)).all()
        assert [(one.source, one.retracts, one.recorded_by_id) for one in facts] == [
            ("m250", False, admin.account_id),
            ("m250", True, admin.account_id),
        ]


def test_a_spreadsheet_does_the_same(ports: Ports, admin: Actor) -> None:
    swapped = as_xlsx(
        [
            ["Datum uitdienst", "e-mailadres", "Salaris", "Personeelsnummer"],
            [dt.date(2027, 3, 31), "a@x.example", 4000, 1],
            [None, "=b@x.example", 5000, "=2"],
        ]
    )
    found = look(ports, admin, "m250", swapped)
    assert found.counts == {"people_new": 2, "addresses_new": 2, "facts_added": 1, "problems": 0}
    assert found.unlisted == 1


def test_rows_with_errors_are_left_out_with_their_line_and_the_rest_goes_on(ports: Ports, admin: Actor) -> None:
    rows = [
        M250,
        row("1", "a@x.example"),
        row("1", "a@x.example"),
        row("2", "b@x.example"),
        row("2", "b@x.example", "01-01-2020"),
        row("3", "same@x.example"),
        row("4", "same@x.example"),
        row("5", "geen adres"),
        row("6", "f@x.example", kind="marsman"),
        row("7", "left@x.example", "01-01-2020"),
        row("8", "left@x.example"),
        row("9", "academy@academie.example"),
    ]
    view = bring_in(ports, admin, "m250", rows)
    with unit_of_work(ports, admin, write=False) as unit:
        found = runs.problems_of(unit, view.id)
    assert [(one.line, one.code) for one in found] == [
        (3, "repeated"),
        (4, "twice"),
        (5, "twice"),
        (6, "address_twice"),
        (7, "address_twice"),
        (8, "bad_address"),
        (9, "unknown_word"),
        (12, "own_address"),
    ]
    assert problem_text(found[5], "en") == "Line 8: The e-mail address is no e-mail address."
    assert [number for _kind, number, _name in people(ports)] == ["1", "7", "8"]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        owner = select(Person.personnel_no).join(Address, Address.person_id == Person.id)
        assert unit.session.scalar(owner.where(Address.value == "left@x.example")) == "8"


def test_every_word_that_may_be_said_is_there(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    bring_in(ports, admin, "settlements", [SETTLED, ["1", "31-03-2020"]])
    found = look(ports, admin, "settlements", as_csv([SETTLED, ["1", "30-04-2020"]]))
    (said,) = [line for one in found.changes for line in change_texts(one, "en")]
    assert said == ("Line 2: 1: settlement of the dismissal not on Tuesday 31 March 2020 but on Thursday 30 April 2020")
    assert {"many_due", "many_shifted", "many_settled", "turned", "day_month"} == set(BRAKE)
    assert {field for own in shipped().values() for field in own.columns} <= set(FIELD)
    assert set(PROBLEM) >= {"missing", "twice", "by_hand"}
    assert COUNT
    assert FACT


def test_a_settlement_dates_the_tickets_of_its_person_and_a_correction_moves_them(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)
    receive(ports, letter("vraag", sender="Femke <a@x.example>"))
    assert bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")]).counts["people_claimed"] == 1
    assert _states(ports) == [("waiting:employment", None)]
    bring_in(ports, admin, "settlements", [SETTLED, ["1", "29-02-2020"]])
    assert _states(ports) == [("dated", dt.date(2027, 3, 1))]
    bring_in(ports, admin, "settlements", [SETTLED, ["1", "29-02-2024"], ["77", "29-02-2024"]])
    assert _states(ports) == [("dated", dt.date(2031, 3, 1))]


def _states(ports: Ports) -> list[tuple[str, dt.date | None]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [(one.retention_state, one.due_on) for one in unit.session.scalars(select(Ticket).order_by(Ticket.id))]


def test_a_date_entered_by_hand_is_not_replaced(ports: Ports, admin: Actor) -> None:
    bring_in(ports, admin, "m250", [M250, row("1", "a@x.example")])
    with unit_of_work(ports, admin) as unit:
        person_id = unit.session.scalars(select(Person.id)).one()
        add(unit, person_id, "dismissal.settled", dt.date(2020, 1, 1), "brief")
    view = bring_in(ports, admin, "settlements", [SETTLED, ["1", "01-02-2020"]])
    with unit_of_work(ports, admin, write=False) as unit:
        assert [one.code for one in runs.problems_of(unit, view.id)] == ["by_hand"]


def test_departments_keep_their_people_apart_and_only_those_who_asked(ports: Ports, admin: Actor) -> None:
    policy_in_force(ports)  # of 551, not of M895: those tickets wait for theirs
    head = ["unieke identificatie", "achternaam", "e-mailadres", "datum in dienst", "datum uit dienst", "geslacht"]
    receive(ports, letter("een", sender="a@szw.example", message_id="<1@x>"))
    receive(ports, letter("twee", sender="a@vws.example", message_id="<2@x>"))
    rows = [head, ["1", "Jansen", "a@szw.example", "01-01-2015", "", "v"], ["2", "Kok", "b@szw.example", "", "", "m"]]
    assert bring_in(ports, admin, "hr_szw", rows).counts == {
        "people_claimed": 1,
        "facts_added": 1,
        "passed_over": 1,
        "problems": 0,
    }
    bring_in(ports, admin, "hr_vws", [head, ["1", "Bakker", "a@vws.example", "01-01-2016", "01-01-2026", "v"]])
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.execute(select(Person.personnel_no, Person.processing).order_by(Person.id))
        assert [tuple(each) for each in found] == [("SZW:1", "M895"), ("VWS:1", "M895")]
    assert _states(ports) == [("waiting:register", None)] * 2


def test_an_unlisted_column_reaches_no_table(ports: Ports, admin: Actor) -> None:
    canary = "kwetterzwaluw"
    rows = [[*M250, "Salaris", "Geheim"], [*row("1", "a@x.example"), canary, canary], [*row("1x", canary), canary, ""]]
    rows[1][8] = rows[2][8] = canary
    bring_in(ports, admin, "m250", rows)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        for table in Base.metadata.sorted_tables:
            for found in unit.session.execute(text(f"SELECT * FROM {table.name}")):  # noqa: S608 - our own names
                assert canary not in str(found), table.name


def _many(ports: Ports, admin: Actor, count: int, day: str = "") -> None:
    bring_in(ports, admin, "m250", [M250, *(row(str(n), f"p{n}@x.example", day) for n in range(count))])


def test_dates_that_move_in_numbers_stop_for_a_second_person(ports: Ports, admin: Actor) -> None:
    _many(ports, admin, 40)
    days = [f"{1 + n % 12:02}-{1 + n % 11:02}-2020" for n in range(40)]
    bring_in(ports, admin, "settlements", [SETTLED, *([str(n), day] for n, day in enumerate(days))])
    swapped = [[str(n), f"{day[3:5]}-{day[:2]}-2020"] for n, day in enumerate(days)]
    before = _facts(ports)
    view = bring_in(ports, admin, "settlements", [SETTLED, *swapped])
    assert (view.state, view.brake, view.done, _facts(ports)) == ("braked", "many_shifted", 0, before)
    second, fresh = staff(ports, "piet", "privacy_officer"), staff(ports, "otto", "privacy_officer", "functional_admin")
    for actor, fault in ((admin, NotFound), (fresh, NotAllowed)):
        with unit_of_work(ports, actor) as unit, pytest.raises(fault):
            imports.allow(unit, view.id, "klopt")
    with unit_of_work(ports, second) as unit, pytest.raises(Invalid):
        imports.allow(unit, view.id, " ")
    with unit_of_work(ports, second) as unit:
        imports.allow(unit, view.id, "De bron heeft ze hersteld.")
    imports.carry_on(ports, view.id)
    view = runs.run_of(ports, view.id)
    assert (view.state, view.reason, view.second, view.foreseen) == (
        "done",
        "De bron heeft ze hersteld.",
        "Piet",
        view.counts,
    )
    assert _facts(ports) > before


def _facts(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(Fact)) or 0


def test_days_that_can_only_be_read_the_other_way_round_stop_it(ports: Ports, admin: Actor) -> None:
    _many(ports, admin, 10)
    rows = [[str(n), f"03-{n + 10}-2020"] for n in range(10)]
    view = bring_in(ports, admin, "settlements", [SETTLED, *rows])
    assert (view.state, view.brake) == ("braked", "day_month")
    with unit_of_work(ports, admin) as unit:
        imports.stop(unit, view.id)
    assert list(ports.blobs.keys()) == []
    assert list(ports.blobs.staged()) == []
    with unit_of_work(ports, admin) as unit:
        keep(unit, shipped()["settlements"], {}, "mdy")
    assert bring_in(ports, admin, "settlements", [SETTLED, *rows]).counts["facts_added"] == 10


def test_everybody_settled_long_ago_stops_it(ports: Ports, admin: Actor) -> None:
    register = b"count = 500"
    text_551 = shipped_text("551").replace(register, b"count = 2")
    policy_in_force(ports, text_551)
    receive(ports, *(letter(f"{n}", sender=f"p{n}@x.example", message_id=f"<{n}@x>") for n in range(5)))
    _many(ports, admin, 5)
    with unit_of_work(ports, SYSTEM) as unit:
        for ticket in unit.session.scalars(select(Ticket)):
            ticket.opened_at = dt.datetime(2019, 1, 1, tzinfo=dt.UTC)
    for count, state in ((2, "done"), (5, "braked")):
        view = bring_in(ports, admin, "settlements", [SETTLED, *([str(n), "01-02-2019"] for n in range(count))])
        assert (view.state, view.brake) == (state, "many_due" if state == "braked" else None)
        _again(ports, admin, view)


def _again(ports: Ports, admin: Actor, view: runs.RunView) -> None:
    if view.state == "braked":
        with unit_of_work(ports, admin) as unit:
            imports.stop(unit, view.id)


def test_one_import_of_a_kind_at_a_time_and_nobody_else_begins_one(ports: Ports, admin: Actor) -> None:
    with unit_of_work(ports, admin) as unit:
        imports.receive(unit, profile(unit, "m250"), b"x")
        with pytest.raises(Conflict):
            imports.receive(unit, profile(unit, "m250"), b"x")
    with unit_of_work(ports, Actor(None, frozenset({"advisor"}))) as unit, pytest.raises(NotFound):
        imports.receive(unit, profile(unit, "settlements"), b"x")


def test_a_file_that_cannot_be_read_ends_its_run_and_goes(ports: Ports, admin: Actor) -> None:
    with unit_of_work(ports, admin) as unit:
        run_id = imports.receive(unit, profile(unit, "m250"), b"zomaar;iets\r\n1;2\r\n")
    with pytest.raises(Invalid, match="no column"):
        imports.start(ports, admin, run_id)
    assert runs.run_of(ports, run_id).state == "failed"
    assert list(ports.blobs.keys()) == []


def test_what_nobody_decides_on_ends_after_a_week(ports: Ports, admin: Actor) -> None:
    with unit_of_work(ports, admin) as unit:
        run_id = imports.receive(unit, profile(unit, "m250"), as_csv([M250, row("1", "a@x.example")]))
    imports.tidy(ports)
    assert len(list(ports.blobs.keys())) == 1
    assert isinstance(ports.now, SetClock)
    ports.now.move(dt.timedelta(days=8))
    imports.tidy(ports)
    assert runs.run_of(ports, run_id).state == "stopped"
    assert list(ports.blobs.keys()) == []


def test_cut_off_at_half_it_goes_on_and_all_is_done_once(ports: Ports, admin: Actor) -> None:
    count = 2 * BATCH + 10
    rows = [M250, *(row(str(n), f"p{n}@x.example", "01-02-2027") for n in range(count))]
    with unit_of_work(ports, admin) as unit:
        run_id = imports.receive(unit, profile(unit, "m250"), as_csv(rows))
    imports.start(ports, admin, run_id)
    assert not imports.carry_on(ports, run_id, seconds=-1)
    view = runs.run_of(ports, run_id)
    assert (view.state, view.done) == ("running", BATCH)
    assert len(people(ports)) == BATCH
    assert imports.running(ports) == [run_id]
    assert imports.carry_on(ports, run_id)
    view = runs.run_of(ports, run_id)
    assert (view.state, view.counts, len(people(ports)), _facts(ports)) == ("done", view.foreseen, count, count)


def test_headings_that_somebody_chose_are_kept_with_the_profile(ports: Ports, admin: Actor) -> None:
    content = as_csv([["Nr", "Wanneer"], ["1", "31-03-2020"]])
    with pytest.raises(Invalid, match="no column"):
        look(ports, admin, "settlements", content)
    with unit_of_work(ports, admin) as unit:
        keep(unit, shipped()["settlements"], {"personnel_no": "Nr", "settled_on": "Wanneer"}, None)
        with pytest.raises(Invalid, match="no field"):
            chosen(shipped()["settlements"], {"salary": "Salaris"}, None)
    assert [one.code for one in look(ports, admin, "settlements", content).problems] == ["nobody"]


def test_a_run_belongs_to_two_different_people(ports: Ports, admin: Actor) -> None:
    with unit_of_work(ports, admin) as unit:
        mine = {"started_by_id": admin.account_id, "second_id": admin.account_id}
        unit.session.add(ImportRun(feed="m250", file_kind="csv", taken_at=unit.now, started_at=unit.now, **mine))
        with pytest.raises(IntegrityError, match="two_people"):
            unit.session.flush()
        unit.session.rollback()
        assert runs.newest(unit) == []
