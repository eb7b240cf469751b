"""An export holds all that is somebody's and nothing that is only others', and is gone after a week."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, NotAllowed, NotFound
from helpdesk.facts.record import add
from helpdesk.models import AccessLog, Attachment, Hold, Person
from helpdesk.ports import Ports
from helpdesk.privacy.rights import answering, exporting, judging, keeping, own_record
from helpdesk.privacy.rights.answering import Wish
from helpdesk.tickets.merging import merge
from helpdesk.unit import SYSTEM, Actor, Requester, unit_of_work
from tests.conftest import PortsMaker
from tests.helpdesk.privacy.rights.asking import asked, exported, opened, person_at, request_row
from tests.helpdesk.privacy.rights.graph import grown
from tests.helpdesk.privacy.rights.proven import proven
from tests.letters import ASKER, letter, receive, wait
from tests.retention import policy_in_force, staff
from workers.rights import rights_waiting


def test_the_set_is_that_of_the_model(
    ports: Ports, admin: Actor, officer: Actor, second: Actor, advisor: Actor
) -> None:
    policy_in_force(ports)
    graph = grown(ports, admin, advisor, people=20, tickets=24)
    copied = next(n for ticket in graph.tickets for n in ticket.copied)
    busy = max(range(20), key=lambda n: sum(ticket.asker == n for ticket in graph.tickets))
    for n in {copied, busy}:
        assert list(proven(ports, graph, n, officer, second)) == []


@pytest.fixture
def sqlite(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> Ports:
    """Ports on SQLite alone: what is tested is the same on both."""
    (tmp_path / "helpdesk.sqlite3").write_bytes(sqlite_template.read_bytes())
    return make_ports(f"sqlite:///{tmp_path / 'helpdesk.sqlite3'}")


@pytest.fixture
def piet(sqlite: Ports) -> Actor:
    return staff(sqlite, "piet", "privacy_officer")


@pytest.fixture
def petra(sqlite: Ports) -> Actor:
    return staff(sqlite, "petra", "privacy_officer")


def test_it_takes_two_and_is_gone_after_a_week(sqlite: Ports, piet: Actor, petra: Actor, tmp_path: Path) -> None:
    policy_in_force(sqlite)
    receive(sqlite, letter("Mijn vraag."))
    request_id = asked(sqlite, piet, "access", person_at(sqlite, "femke.devries@minbz.example"))
    with unit_of_work(sqlite, piet) as unit:
        answering.propose(unit, request_id, "granted", "Alles.")
    with pytest.raises(NotAllowed), unit_of_work(sqlite, piet) as unit:
        answering.release(unit, request_id)
    assert exporting.work(sqlite) == 0, "nothing is made before the second person"
    with unit_of_work(sqlite, petra) as unit:
        answering.release(unit, request_id)
    assert exporting.work(sqlite) == 1
    assert exporting.work(sqlite) == 0, "once"
    row = request_row(sqlite, request_id)
    (path,) = [path for path in (tmp_path / "blobs").rglob("*") if path.name == row.export_blob]
    wait(sqlite, dt.timedelta(days=6, hours=23))
    exporting.work(sqlite)
    assert path.exists()
    with pytest.raises(NotFound), unit_of_work(sqlite, staff(sqlite, "aad", "advisor")) as unit:
        exporting.package(unit, request_id)
    with unit_of_work(sqlite, piet) as unit:
        exporting.package(unit, request_id).stream.close()
    with unit_of_work(sqlite, SYSTEM, write=False) as unit:
        assert unit.session.execute(select(AccessLog.account_id, AccessLog.verb)).all() == [(piet.account_id, "export")]
    wait(sqlite, dt.timedelta(hours=1))
    exporting.work(sqlite)
    assert not path.exists()
    assert request_row(sqlite, request_id).export_blob is None
    with pytest.raises(NotFound), unit_of_work(sqlite, piet) as unit:
        exporting.package(unit, request_id)


def test_what_is_left_out_says_so_and_words_are_blacked_out(sqlite: Ports, piet: Actor, petra: Actor) -> None:
    receive(sqlite, letter("Over project Zonnebloem en Jansen.", message_id="<1@x>"))
    receive(sqlite, letter("Geheimpje.", subject="Anders", message_id="<2@x>"))
    receive(sqlite, letter("Femke de Vries zei dat ook.", sender="Bo Oud <bo@x.example>", message_id="<3@x>"))
    request_id = asked(sqlite, piet, "access", person_at(sqlite, "femke.devries@minbz.example"))
    with unit_of_work(sqlite, piet) as unit:
        judging.black_out(unit, request_id, "Zonnebloem\n")
        judging.leave_out(unit, request_id, 2, "confidential")
    with pytest.raises(Conflict) as fault, unit_of_work(sqlite, piet) as unit:
        answering.propose(unit, request_id, "granted", "Alles.")
    assert fault.value.code == "candidates", "somebody looks at each ticket with the name"
    with unit_of_work(sqlite, piet) as unit:
        judging.judge(unit, request_id, "2026-00003", "accepted")
    files, data = opened(exported(sqlite, piet, petra, request_id))
    first, left, named = data["tickets"]
    assert first["messages"][0]["text"].strip() == "Over project █████ en Jansen."
    assert left["messages"][0] == left["messages"][0] | {"text": "", "left_out": "confidential"}
    assert (named["whole"], named["subject"], len(named["messages"])) == (False, "", 1)
    assert "Weggelaten" in files["index.html"].decode()
    assert b"Geheimpje" not in b"".join(files.values())
    assert b"bo@x.example" not in b"".join(files.values())


def test_a_file_that_nobody_gets_is_in_no_export(sqlite: Ports, piet: Actor, petra: Actor) -> None:
    files = tuple((f"{state}.txt", f"inhoud {state}".encode()) for state in ("clean", "quarantined", "waiting"))
    receive(sqlite, letter("Met bijlagen.", message_id="<1@x>", files=files))
    with unit_of_work(sqlite, SYSTEM) as unit:
        rows = unit.session.scalars(select(Attachment).order_by(Attachment.id)).all()
        for row, state in zip(rows, ("clean", "quarantined", "waiting"), strict=True):
            row.scan = state
    request_id = asked(sqlite, piet, "access", person_at(sqlite, "femke.devries@minbz.example"))
    inside, data = opened(exported(sqlite, piet, petra, request_id))
    said = {file["name"]: file["left_out"] for file in data["tickets"][0]["messages"][0]["files"]}
    assert said == {"clean.txt": None, "quarantined.txt": "quarantined", "waiting.txt": "not_scanned"}
    everything = b"".join(inside.values())
    assert [f"inhoud {state}".encode() in everything for state in ("clean", "quarantined", "waiting")] == [
        True,
        False,
        False,
    ]
    assert "de virusscanner vond er iets in" in inside["index.html"].decode()


def test_a_hold_runs_with_it_and_ends_six_weeks_after_the_answer(sqlite: Ports, piet: Actor, petra: Actor) -> None:
    policy_in_force(sqlite)
    receive(sqlite, letter("Mijn vraag."))
    request_id = asked(sqlite, piet, "access", person_at(sqlite, "femke.devries@minbz.example"))
    exported(sqlite, piet, petra, request_id)
    hold_id = request_row(sqlite, request_id).hold_id

    def stands() -> bool:
        keeping.tidy(sqlite)
        with unit_of_work(sqlite, SYSTEM, write=False) as unit:
            return unit.session.get_one(Hold, hold_id).released_at is None

    with unit_of_work(sqlite, piet) as unit:
        answering.close(unit, request_id)
    wait(sqlite, dt.timedelta(days=42))
    assert stands()
    wait(sqlite, dt.timedelta(days=1))
    assert not stands()
    wait(sqlite, dt.timedelta(days=2 * 365))
    rights_waiting(sqlite)
    with pytest.raises(Exception, match="No row"):
        request_row(sqlite, request_id)


def test_that_nothing_is_held_takes_two_as_well_and_makes_no_profile(sqlite: Ports, piet: Actor, petra: Actor) -> None:
    with unit_of_work(sqlite, piet) as unit:
        wish = Wish("access", dt.date(2026, 11, 2), "Wat weet u van mij?")
        request_id = answering.open_request(unit, wish)
    with pytest.raises(Conflict), unit_of_work(sqlite, piet) as unit:
        answering.propose(unit, request_id, "granted", "Alles.")
    with unit_of_work(sqlite, piet) as unit:
        answering.propose(unit, request_id, "nothing_held", "Wij hebben niets van u.")
    with unit_of_work(sqlite, petra) as unit:
        answering.release(unit, request_id)
    assert exporting.work(sqlite) == 1
    with unit_of_work(sqlite, piet) as unit:
        file = exporting.package(unit, request_id)
    with file.stream as stream:
        files, data = opened(stream.read())
    assert (data["person"], data["tickets"]) == (None, [])
    assert "Er is niets over deze persoon bekend".lower() in files["index.html"].decode().lower()
    with unit_of_work(sqlite, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Person.id)).all() == []


def test_the_dates_of_who_asks_with_them_are_not_told(sqlite: Ports, piet: Actor, petra: Actor) -> None:
    """A ticket of two askers is kept by the later of their terms; of a colleague's dismissal nothing else is said."""
    policy_in_force(sqlite)
    receive(sqlite, letter("Een vraag."), letter("Nog een.", sender="Bo <bo@x.example>", message_id="<2@x>"))
    femke, bo = person_at(sqlite, ASKER), person_at(sqlite, "bo@x.example")
    with unit_of_work(sqlite, staff(sqlite, "fatima", "functional_admin", "advisor")) as unit:
        add(unit, femke, "dismissal.settled", dt.date(2021, 5, 4), "brief")
        add(unit, bo, "dismissal.settled", dt.date(2022, 8, 17), "brief")
        merge(unit, "2026-00002", "2026-00001")
    with unit_of_work(sqlite, Actor(requester=Requester(femke, ASKER)), write=False) as unit:
        (question,) = own_record.record_of(unit).questions
    steps = [one.step for one in question.kept.requesters]
    assert [("4 mei 2021" in step, "17 augustus 2022" in step) for step in steps] == [(True, False)]
    assert "17 augustus 2029" in question.kept.sentence
    files, _data = opened(exported(sqlite, piet, petra, asked(sqlite, piet, "access", femke)))
    assert b"4 mei 2021" in files["index.html"]
    assert b"17 augustus 2022" not in files["index.html"]
