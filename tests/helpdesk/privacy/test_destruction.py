"""A run destroys what was listed and nothing else, once, and says so in the ledger."""

from __future__ import annotations

import datetime as dt
import re
import threading
from pathlib import Path

import pytest
from sqlalchemy import delete, func, insert, select, update

from helpdesk.errors import Conflict
from helpdesk.models import DisposalItem, DisposalList, Entry, Fact, Flag, InboundMail, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import balance, deciding, destruction, holds, listing
from helpdesk.privacy.policies import shipped_text
from helpdesk.reconcile import reconcile
from helpdesk.retention import clock
from helpdesk.status import check_alarms, intake_sum, open_alarms
from helpdesk.tickets.finding import search_page
from helpdesk.tickets.handling import set_status
from helpdesk.tickets.merging import merge, move_entry
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.disposal import destroy_ids, destroyed, due, dump, files, ledger, list_state, listed, pass_window
from tests.holds import asker_of, let_terms_end, place, states, wish
from tests.letters import letter, receive, wait
from tests.plans import heard_by
from tests.retention import policy_in_force, staff

SILENT = {"account", "account_role", "counter", "disposal_list", "flag", "intake_total", "policy", "security_event"}
"""Tables that say nothing about a ticket, and so may hold something when all tickets are gone."""


def asked(ports: Ports, count: int) -> None:
    """So many tickets of different people, under a register in force."""
    policy_in_force(ports)
    said = ((f"Vraag {n}.", f"V{n}", f"a{n}@x.example", f"<{n}@x>") for n in range(1, count + 1))
    receive(ports, *(letter(text, subject=head, sender=who, message_id=name) for text, head, who, name in said))


def off(ports: Ports) -> list[str | None]:
    """Why tickets are off their lists."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        gone = select(DisposalItem.reason).where(DisposalItem.state == "withdrawn")
        return list(unit.session.scalars(gone.order_by(DisposalItem.ticket_id)))


def test_what_is_due_is_gone_with_all_that_belongs_to_it(
    ports: Ports, admin: Actor, officer: Actor, tmp_path: Path
) -> None:
    sanne = staff(ports, "sanne", "advisor")
    names = destroy_ids(ports, due(ports, 3, files=(("bijlage.txt", b"inhoud"),)))
    list_id = listed(ports, admin, officer)
    assert states(ports) == ["listed"] * 3
    pass_window(ports)
    ran = destruction.run(ports)
    assert (ran.destroyed, ran.dropped, ran.done, ran.left) == (3, 0, (list_id,), False)
    assert {table for table, rows in dump(ports, SILENT).items() if rows} == {"alembic_version"}
    assert files(tmp_path / "blobs") == set()
    assert [entry.id for entry in ledger(ports, "intent")] == [entry.id for entry in ledger(ports, "destroyed")]
    assert {entry.id for entry in ledger(ports, "destroyed")} == names
    assert {entry.parts for entry in ledger(ports, "destroyed")} == {"entries=1,files=1,mails=1,kb=1,year=2026"}
    assert reconcile(ports) == []
    with unit_of_work(ports, sanne, write=False) as unit:
        assert not search_page(unit, "woord2").rows
        assert intake_sum(unit)["academy"] == {"gone_filed": 3}


def test_the_tickets_of_a_decision_are_not_joined_with_the_whole_list(
    ports: Ports, admin: Actor, officer: Actor
) -> None:
    """PostgreSQL has not counted a new list: it would look for all tickets of a batch at each line of it."""
    due(ports, 3)
    list_id = listed(ports, admin, officer)
    pass_window(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.get_one(DisposalList, list_id)
    with heard_by(ports) as heard:
        assert len(deciding.decide(ports, found).tickets) == 3
    named = [set(re.findall(r"(?:FROM|JOIN) (ticket|disposal_item)\b", statement)) for statement, _said in heard]
    assert {"ticket"} in named
    assert {"disposal_item"} in named
    assert {"ticket", "disposal_item"} not in named


def test_the_others_are_byte_for_byte_as_they_were(ports: Ports, admin: Actor, officer: Actor, tmp_path: Path) -> None:
    due(ports, 3, files=(("zelfde.txt", b"dezelfde inhoud"),))
    again = letter("Over woord1.", sender="a1@x.example", message_id="<n@x>", files=(("z.txt", b"dezelfde inhoud"),))
    receive(ports, again)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        kept = unit.session.scalars(select(func.max(Ticket.id))).one()
        blobs = set(unit.session.scalars(select(InboundMail.blob).where(InboundMail.ticket_id == kept)))

    def mine() -> dict[str, list[str]]:
        its_own = re.compile(rf'"ticket_id": {kept}\b')
        found = {table: [row for row in rows if its_own.search(row)] for table, rows in dump(ports).items()}
        return {table: rows for table, rows in found.items() if rows}

    before, people = mine(), [row for row in dump(ports)["address"] if "a1@x.example" in row]
    assert len(before) >= 6
    destroyed(ports, admin, officer)
    assert mine() == before
    assert dump(ports)["address"] == people, "the person who asks again is still known, the others are not"
    assert blobs <= files(tmp_path / "blobs")


def test_merged_tickets_go_with_the_one_they_went_to(ports: Ports, admin: Actor, officer: Actor) -> None:
    asked(ports, 3)
    for number, into in (("2026-00001", "2026-00002"), ("2026-00002", "2026-00003")):
        with unit_of_work(ports, SYSTEM) as unit:
            merge(unit, number, into)
    let_terms_end(ports)
    assert states(ports) == ["waiting:merged", "waiting:merged", "due"]
    assert destroyed(ports, admin, officer).destroyed == 3
    assert sorted("merged=1" in entry.parts for entry in ledger(ports, "destroyed")) == [False, True, True]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert balance.balance(unit) == balance.Balance(created=3, present=0, destroyed=1, merged=2)


def test_a_hold_of_what_was_merged_keeps_all_of_it(ports: Ports, admin: Actor, officer: Actor) -> None:
    asked(ports, 3)
    for number, into in (("2026-00001", "2026-00002"), ("2026-00002", "2026-00003")):
        with unit_of_work(ports, SYSTEM) as unit:
            merge(unit, number, into)
    let_terms_end(ports)
    listed(ports, admin, officer)
    place(ports, officer, person_id=asker_of(ports, "2026-00001"))
    pass_window(ports)
    assert destruction.run(ports).destroyed == 0
    assert states(ports)[2] == "blocked:hold"


@pytest.mark.parametrize(("part", "left"), [("nothing", 0), ("directory", 1)])
def test_a_person_goes_when_no_term_keeps_them(
    ports: Ports, admin: Actor, officer: Actor, part: str, left: int
) -> None:
    due(ports, 1)
    if part == "directory":
        with unit_of_work(ports, SYSTEM) as unit:
            unit.session.execute(update(Person).values(kind="trainer", personnel_no="T-1"))
    assert destroyed(ports, admin, officer).destroyed == 1
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalar(select(func.count()).select_from(Person)) == left


def _held(ports: Ports, actor: Actor) -> None:
    place(ports, actor, numbers=["2026-00001"])


def _reopened(ports: Ports, actor: Actor) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        set_status(unit, "2026-00001", "open")


def _signed_in(ports: Ports, actor: Actor) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        person_id = asker_of(ports, "2026-00001")
        said = {"person_id": person_id, "type": "account.last_login", "valid_on": dt.date(2027, 12, 1)}
        said |= {"source": "hand", "recorded_at": unit.now, "retracts": False}
        unit.session.execute(insert(Fact).values(**said))
        clock.touch_people(unit, [person_id])


def _moved_a_day(ports: Ports, actor: Actor) -> None:
    """Still due, but for another day than the one that people saw."""
    with unit_of_work(ports, SYSTEM) as unit:
        ticket = unit.session.scalars(select(Ticket).where(Ticket.number == "2026-00001")).one()
        ticket.due_on = (ticket.due_on or dt.date.min) - dt.timedelta(days=1)


def _restricted(ports: Ports, actor: Actor) -> None:
    """Beside the clock, as a transaction may that began before the list."""
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).where(Ticket.number == "2026-00001").values(restricted=True))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_held, "hold"),
        (_reopened, "open"),
        (_signed_in, "facts"),
        (_moved_a_day, "facts"),
        (_restricted, "restricted"),
    ],
)
def test_what_changes_between_approval_and_run_leaves_the_list(
    ports: Ports, admin: Actor, officer: Actor, change: object, reason: str
) -> None:
    assert callable(change)
    due(ports, 2)
    list_id = listed(ports, admin, officer)
    change(ports, officer)
    pass_window(ports)
    assert destruction.run(ports).destroyed == 1
    assert off(ports) == [reason]
    assert list_state(ports, list_id) == "done"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Ticket.number)).all() == ["2026-00001"]


def test_another_register_takes_everything_off(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 2)
    listed(ports, admin, officer)
    policy_in_force(ports, shipped_text("551") + b"\n# the same once more\n")
    pass_window(ports)
    assert destruction.run(ports).destroyed == 0
    assert off(ports) == ["policy", "policy"]
    assert states(ports) == ["due", "due"], "for the next list, under the new text"


def test_two_workers_destroy_everything_once(ports: Ports, admin: Actor, officer: Actor) -> None:
    names = destroy_ids(ports, due(ports, 6))
    listed(ports, admin, officer)
    pass_window(ports)
    both = [threading.Thread(target=destruction.run, args=(ports,)) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert destruction.run(ports).destroyed == 0
    assert sorted(entry.id for entry in ledger(ports, "destroyed")) == sorted(names)
    assert sorted(entry.id for entry in ledger(ports, "intent")) == sorted(names)


def test_nothing_runs_when_the_clock_jumped_until_somebody_vouches(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 1)
    destruction.run(ports)
    listed(ports, admin, officer)
    wait(ports, dt.timedelta(days=10))
    with pytest.raises(Conflict, match="clock jumped"):
        destruction.run(ports)
    assert destruction.run_quietly(ports, 5).destroyed == 0
    check_alarms(ports)
    with unit_of_work(ports, officer) as unit:
        assert "clock_jumped" in {row.kind for row in open_alarms(unit)}
        destruction.vouch_for_clock(unit)
    wait(ports, -dt.timedelta(days=1))
    with pytest.raises(Conflict, match="clock jumped"):
        destruction.run(ports)
    wait(ports, dt.timedelta(days=1))
    assert destruction.run(ports).destroyed == 1


def test_a_ticket_that_is_gone_without_ground_raises_an_alarm(ports: Ports) -> None:
    asked(ports, 2)
    listing.propose_daily(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(InboundMail))
        unit.session.execute(delete(Ticket).where(Ticket.number == "2026-00001"))
    wait(ports, dt.timedelta(days=1))
    listing.propose_daily(ports)
    check_alarms(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert [(row.kind, row.detail) for row in open_alarms(unit)] == [("tickets_missing", "1")]
        assert unit.session.get_one(Flag, balance.MISSING).value == "1"
    assert any("1 are missing" in line for line in reconcile(ports))


@pytest.mark.parametrize("goes", ["the source", "what was split off"])
def test_the_bytes_of_a_message_go_with_the_ticket_it_is_in(
    ports: Ports, admin: Actor, officer: Actor, tmp_path: Path, goes: str
) -> None:
    due(ports, 1)
    with unit_of_work(ports, SYSTEM) as unit:
        entry_id = unit.session.scalars(select(Entry.id)).one()
        fresh = move_entry(unit, entry_id, None)
        set_status(unit, "2026-00001", "done" if goes == "the source" else "open")
        set_status(unit, fresh, "open" if goes == "the source" else "done")
    wait(ports, dt.timedelta(days=1))
    clock.tick(ports)
    assert destroyed(ports, admin, officer).destroyed == 1
    left = {path.read_bytes().count(b"woord1") for path in (tmp_path / "blobs").rglob("*") if path.is_file()}
    assert left == ({1} if goes == "the source" else set())


def test_a_hold_whose_tickets_were_not_found_yet_keeps_them(ports: Ports, admin: Actor, officer: Actor) -> None:
    due(ports, 2)
    list_id = listed(ports, admin, officer)
    pass_window(ports)
    with unit_of_work(ports, officer) as unit:
        holds.place(unit, wish(person_id=asker_of(ports, "2026-00001")))
    assert destruction.run(ports).destroyed == 1
    assert list_state(ports, list_id) == "done"
    assert states(ports) == ["blocked:hold"]
