"""A restored backup ends where no restore would have: destroyed again, held again, and nothing sent or removed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import select

from helpdesk.adapters.memory import MemoryMailer
from helpdesk.errors import Conflict, HelpdeskError, NotAllowed
from helpdesk.facts import record
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import OutgoingMail, Restore, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, gate, restores
from helpdesk.privacy.backups.swapping import swap_sqlite
from helpdesk.privacy.deciding import decide
from helpdesk.privacy.hold_views import holds_page
from helpdesk.reconcile import reconcile
from helpdesk.retention.ledger_writing import flush
from helpdesk.retention.restored import mailbox_kept, require_replayed
from helpdesk.status import check_alarms, open_alarms
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.backups import backed_up, by_hand, by_programs, put_back, restored, waiting_mails
from tests.disposal import destroy_ids, due, dump, files, ledger, listed, pass_window
from tests.dying import killed_at
from tests.holds import asker_of, place, release, states
from tests.imports import bring_in
from tests.letters import letter, receive, wait
from tests.retention import staff

OWN = ("restore", "restore_ticket", "security_event", "flag", "lease", "heartbeat", "counter")
"""Tables in which a restore shows, and is meant to."""
on_one_engine = pytest.mark.parametrize("own", ["sqlite"], indirect=True)
"""For what no engine does in its own way."""
DECIDED = ("disposal_list", "disposal_item")
"""Lists are lost with what came after the backup: their tickets are destroyed all the same."""


@pytest.fixture
def people(own: Ports) -> tuple[Actor, Actor]:
    """An administrator and a privacy officer."""
    return staff(own, "fatima", "functional_admin"), staff(own, "piet", "privacy_officer")


def numbers(ports: Ports) -> list[str]:
    """Of all tickets."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.number).order_by(Ticket.number)))


def _mine(ports: Ports) -> dict[str, list[str]]:
    return dump(ports, but=(*OWN, *DECIDED, "ledger_line"))


def test_destroyed_again_and_equal_to_no_restore(own: Ports, people: tuple[Actor, Actor], tmp_path: Path) -> None:
    admin, officer = people
    due(own, 12, files=(("a.txt", b"inhoud"),))
    list_id = listed(own, admin, officer)
    receive(own, letter("Nog een.", sender="later@x.example", message_id="<later@x>"))
    kept = backed_up(own)
    placed = place(own, admin, numbers=("2026-00011", "2026-00012"))
    pass_window(own)
    assert destruction.run(own).destroyed == 10
    gone = {entry.id for entry in ledger(own, "destroyed")}
    before, bytes_before = _mine(own), files(tmp_path / "blobs")
    receive(own, *(letter(f"Nieuw {n}.", sender=f"n{n}@x.example", message_id=f"<n{n}@x>") for n in range(3)))
    lines = len(list(own.ledger.lines()))
    restored(own, kept)
    assert destroy_ids(own, [f"2026-{n:05}" for n in range(1, 20)]).isdisjoint(gone)
    assert states(own)[:2] == ["blocked:hold", "blocked:hold"]
    after = _mine(own)
    for table in ("event", "hold", "hold_ticket", "ticket"):
        assert len(after.pop(table)) == len(before.pop(table)), table
    assert after == before
    assert files(tmp_path / "blobs") == bytes_before
    told = [entry.op for entry in list(ledger(own, "restored"))]
    assert told == ["restored"]
    assert len(list(own.ledger.lines())) == lines + 1, "what the ledger knew is told once"
    assert reconcile(own) == []
    assert placed.held == 2
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Restore.destroyed)).all() == [10]
    assert list_id


def test_what_was_opened_after_the_backup_has_the_same_ids_and_stays(own: Ports, people: tuple[Actor, Actor]) -> None:
    admin, officer = people
    due(own, 4)
    kept = backed_up(own)
    listed(own, admin, officer)
    pass_window(own)
    assert destruction.run(own).destroyed == 4
    put_back(own, kept)
    with unit_of_work(own, SYSTEM) as unit:
        # As if the backup had never known them: other tickets have their ids.
        for ticket in unit.session.scalars(select(Ticket).where(Ticket.id <= 2)):
            ticket.destroy_id = f"{ticket.id:08}-0000-4000-8000-000000000000"
    gate.admit(own)
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Ticket.id).order_by(Ticket.id)).all() == [1, 2]


@on_one_engine
def test_nothing_is_sent_until_somebody_confirms_and_drops(own: Ports, people: tuple[Actor, Actor]) -> None:
    admin, officer = people
    due(own, 3)
    kept = backed_up(own)
    mails = waiting_mails(own)
    assert len(mails) == 3
    sent = cast("MemoryMailer", own.mailer).sent
    assert deliver_waiting(own) == 3
    restored(own, kept)
    wait(own)
    receive(own, letter("Na het terugzetten.", sender="after@x.example", message_id="<after@x>"))
    assert deliver_waiting(own) == 0
    with unit_of_work(own, officer) as unit:
        (view,) = restores.restores(unit)
        assert [mail.id for mail in view.outbox] == mails
        with pytest.raises(HelpdeskError):
            restores.confirm_outbox(unit)
    with unit_of_work(own, admin) as unit, pytest.raises(HelpdeskError, match="does not wait"):
        restores.confirm_outbox(unit, [4711])
    with unit_of_work(own, admin) as unit:
        assert restores.confirm_outbox(unit, mails[:2]) == (1, 2)
    sent.clear()
    assert deliver_waiting(own) == 2
    assert [to for _sender, (to,), _raw in sent] == ["a3@x.example", "after@x.example"]
    with unit_of_work(own, admin) as unit, pytest.raises(Conflict, match="Nothing waits"):
        restores.confirm_outbox(unit)
    with unit_of_work(own, SYSTEM, write=False) as unit:
        dropped = unit.session.scalars(select(OutgoingMail.state).where(OutgoingMail.id.in_(mails[:2]))).all()
    assert dropped == ["cancelled", "cancelled"]


@on_one_engine
def test_a_date_corrected_after_the_backup_is_not_forgotten(own: Ports, people: tuple[Actor, Actor]) -> None:
    """RD-76: the backup knows a day that was too early, and nothing is destroyed on its word."""
    admin, officer = people
    due(own, 2)
    listed(own, admin, officer)
    kept = backed_up(own)
    with unit_of_work(own, admin) as unit:
        record.add(unit, asker_of(own, "2026-00001"), "account.last_login", own.now().date(), "a letter")
    assert states(own) == ["dated", "listed"]
    flush(own)
    restored(own, kept)
    assert states(own) == ["listed", "listed"]
    pass_window(own)
    with pytest.raises(Conflict, match="A backup was restored"):
        destruction.run(own)
    with unit_of_work(own, officer) as unit:
        (view,) = restores.restores(unit)
    assert view.again == {"facts": ("2026-00001",)}
    with unit_of_work(own, admin) as unit:
        record.add(unit, asker_of(own, "2026-00001"), "account.last_login", own.now().date(), "the same letter")
        with pytest.raises(HelpdeskError):
            restores.confirm_facts(unit)
    young = staff(own, "both", "functional_admin", "privacy_officer")
    with unit_of_work(own, young) as unit, pytest.raises(NotAllowed):
        restores.confirm_facts(unit)
    with unit_of_work(own, officer) as unit:
        restores.confirm_facts(unit)
    assert destruction.run(own).destroyed == 1
    assert states(own) == ["dated"]


@on_one_engine
def test_feeds_are_waited_for(own: Ports, people: tuple[Actor, Actor]) -> None:
    admin, officer = people
    due(own, 1)
    listed(own, admin, officer)
    said = [["e-mailadres", "Laatste inlog"], ["a1@x.example", "01-02-2026"]]
    assert bring_in(own, admin, "last_logins", said).state == "done"
    kept = backed_up(own)
    restored(own, kept)
    with unit_of_work(own, officer) as unit:
        restores.confirm_facts(unit)
        assert [view.feeds for view in restores.restores(unit)] == [("last_logins",)]
    pass_window(own)
    with pytest.raises(Conflict, match="A backup was restored"):
        destruction.run(own)
    wait(own)
    assert bring_in(own, admin, "last_logins", said).state == "done"
    with unit_of_work(own, officer) as unit:
        assert [view.feeds for view in restores.restores(unit)] == [()]
    destruction.run(own)


@on_one_engine
def test_a_hold_that_the_backup_does_not_know_stands_before_anything_goes(
    own: Ports, people: tuple[Actor, Actor]
) -> None:
    admin, officer = people
    due(own, 4)
    older = place(own, admin, numbers=("2026-00004",))
    kept = backed_up(own)
    place(own, admin, "audit", query="woord3")
    gone = place(own, admin, numbers=("2026-00002",))
    release(own, admin, officer, gone.hold_id)
    release(own, admin, officer, older.hold_id)
    listed(own, admin, officer)
    pass_window(own)
    assert destruction.run(own).destroyed == 3
    restored(own, kept)
    assert numbers(own) == ["2026-00003"]
    assert states(own) == ["blocked:hold"]
    with unit_of_work(own, officer) as unit:
        found = {view.kind: view for view in holds_page(unit)}
    assert found.keys() == {"woo", "audit"}, "a release needs two people, so it is asked for again"
    assert found["audit"].tickets == 1
    assert found["audit"].review_on <= own.now().date()


def test_a_replay_that_was_killed_is_gone_on_with(own: Ports, people: tuple[Actor, Actor]) -> None:
    admin, officer = people
    due(own, 3)
    kept = backed_up(own)
    listed(own, admin, officer)
    pass_window(own)
    destruction.run(own)
    put_back(own, kept)
    lines = len(list(own.ledger.lines()))
    with pytest.raises(HelpdeskError):
        require_replayed(own)
    for step in range(1, 40):
        if not killed_at(own, step, gate.admit):
            break
    assert step > 5
    assert numbers(own) == []
    assert len(list(own.ledger.lines())) == lines + 1
    assert reconcile(own) == []


@on_one_engine
def test_what_was_meant_and_not_told_done_is_finished(own: Ports, people: tuple[Actor, Actor]) -> None:
    """The disaster came in the middle of a run: nobody sees again what nobody saw any more."""
    admin, officer = people
    due(own, 2)
    listed(own, admin, officer)
    kept = backed_up(own)
    pass_window(own)
    (found,) = destruction.ready(own)
    decide(own, found)
    flush(own)
    restored(own, kept)
    assert numbers(own) == []
    assert {one.id for one in ledger(own, "destroyed")} == {one.id for one in ledger(own, "intent")}
    assert reconcile(own) == []


def test_a_database_put_back_by_hand_is_a_restored_one(own: Ports, people: tuple[Actor, Actor], tmp_path: Path) -> None:
    admin, officer = people
    due(own, 3)
    copy = by_hand(own, tmp_path)
    listed(own, admin, officer)
    pass_window(own)
    destruction.run(own)
    copy()
    with pytest.raises(Conflict, match="older than the ledger"):
        flush(own)
    with pytest.raises(Conflict, match="older than the ledger"):
        destruction.run(own)
    with pytest.raises(Conflict, match="older than the ledger"):
        require_replayed(own)
    assert len(numbers(own)) == 3
    gate.keep_level(own)
    assert deliver_waiting(own) == 0, "what runs already stops at its next look"
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert mailbox_kept(unit)
    gate.admit(own)
    assert numbers(own) == []
    assert deliver_waiting(own) == 0
    with unit_of_work(own, officer) as unit:
        (view,) = restores.restores(unit)
    assert (view.backup, view.destroyed, view.outbox_waits, view.mailbox_waits) == ("", 3, True, True)
    check_alarms(own)
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert "restored" in {alarm.kind for alarm in open_alarms(unit)}


def test_a_backup_put_back_at_once_is_seen_by_any_hand(own: Ports, tmp_path: Path) -> None:
    """The ledger tells of every backup after its snapshot, so its database is always older than the ledger."""
    due(own, 1)
    kept = backed_up(own)
    if own.engine.dialect.name == "sqlite":
        own.engine.dispose()
        fresh = Path(shutil.copy(kept.folder / "database", tmp_path / "copy"))
        swap_sqlite(fresh, Path(str(own.engine.url.database)))
    else:
        by_programs(own, kept.folder / "database")
    gate.admit(own)
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert len(restores.restores(unit)) == 1
