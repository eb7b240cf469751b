"""Backups are whole whatever goes on beside them, gone in time, and put back as a whole or not at all."""

from __future__ import annotations

import datetime as dt
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, text

from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotFound, Unavailable
from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, gate
from helpdesk.privacy.backups import catalogue, making
from helpdesk.privacy.backups.expiry import remove_expired
from helpdesk.privacy.copies import blobs
from helpdesk.privacy.deciding import decide
from helpdesk.privacy.finishing import finish
from helpdesk.process_locks import IN_USE, alone, take_part
from helpdesk.reconcile import reconcile
from helpdesk.retention.ledger_writing import flush
from helpdesk.status import check_alarms, open_alarms
from helpdesk.unit import SYSTEM, unit_of_work
from tests.backups import backed_up, put_back, restored
from tests.disposal import due, dump, files, ledger, listed, pass_window
from tests.letters import letter, receive, wait
from tests.retention import staff

on_one_engine = pytest.mark.parametrize("own", ["sqlite"], indirect=True)
"""For what no engine does in its own way."""


def _numbers(ports: Ports) -> list[str]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(Ticket.number).order_by(Ticket.number)))


def test_a_backup_while_mail_comes_in_and_transactions_are_open(own: Ports, tmp_path: Path) -> None:
    """What was committed before the snapshot is in it with its bytes; what was not, is not."""
    receive(own, letter("Eerst.", message_id="<0@x>", files=(("a.txt", b"inhoud"),)))
    stop = threading.Event()

    def mail_comes_in() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            receive(own, letter(f"Dan {number}.", message_id=f"<{number}@x>", files=(("a.txt", b"meer"),)))

    thread = threading.Thread(target=mail_comes_in)
    postgresql = own.engine.dialect.name == "postgresql"
    with own.engine.execution_options(reading=not postgresql).connect() as open_one:
        open_one.execute(text("SELECT count(*) FROM ticket"))
        if postgresql:
            open_one.execute(text("UPDATE flag SET value = 'never' WHERE name = 'ledger_name'"))
        thread.start()
        try:
            kept = [backed_up(own, tmp_path / f"to{number}") for number in range(2)]
        finally:
            open_one.rollback()
            stop.set()
            thread.join()
    assert [one.backup.missing for one in kept] == [0, 0]
    assert 1 <= kept[0].backup.tickets < kept[1].backup.tickets <= len(_numbers(own))
    restored(own, kept[1])
    assert len(_numbers(own)) == kept[1].backup.tickets
    assert [line for line in reconcile(own) if "gone from the disk" in line] == []


@pytest.mark.parametrize("half_way", [False, True])
def test_a_backup_in_the_middle_of_a_run(own: Ports, half_way: bool, tmp_path: Path) -> None:
    """Rows whose bytes went already, and rows that go while they are copied: the ledger has all of them."""
    admin, officer = staff(own, "fatima", "functional_admin"), staff(own, "piet", "privacy_officer")
    due(own, 6, files=(("a.txt", b"inhoud"),))
    listed(own, admin, officer)
    pass_window(own)
    (found,) = destruction.ready(own)
    batch = decide(own, found)
    flush(own)
    if half_way:
        with unit_of_work(own, SYSTEM, write=False) as unit:
            keys = blobs.keys_of(unit, batch.ids)
        blobs.destroy(own, keys)
    done: list[int] = []

    def goes_on(what: str, _done: int, _of: int) -> None:
        if what == "database" and not done:
            done.append(finish(own, batch))

    kept = making.make(own, None, goes_on)
    assert (done, kept.backup.tickets, kept.backup.missing) == ([6], 6, 12 if half_way else 0)
    assert destruction.run(own).done == (found.id,)
    restored(own, kept)
    assert _numbers(own) == []
    assert files(tmp_path / "blobs") == set()
    assert reconcile(own) == []


@on_one_engine
def test_the_ledger_is_in_no_backup_and_the_keys_are_not(own: Ports) -> None:
    kept = backed_up(own)
    assert {path.name for path in kept.folder.iterdir()} == {"backup.json", "database", "blobs.sha256"}
    assert kept.folder.stat().st_mode & 0o077 == 0
    page = json.loads((kept.folder / "backup.json").read_text())
    assert page["ledger_seq"] == 1
    assert [entry.id for entry in ledger(own, "backup")] == [kept.backup.id]


@on_one_engine
def test_an_expired_backup_is_gone_from_the_disk(own: Ports, tmp_path: Path) -> None:
    here, there = backed_up(own), backed_up(own, tmp_path / "elsewhere")
    assert here.backup.expires_on == own.now().date() + dt.timedelta(30)
    assert [one.folder for one in catalogue.kept(own.settings)] == [here.folder, there.folder]
    wait(own, dt.timedelta(29))
    assert remove_expired(own) == 0
    wait(own, dt.timedelta(1))
    with pytest.raises(Invalid, match="should have been gone"):
        put_back(own, here)
    away = there.folder.parent.rename(tmp_path / "disk-away")
    there.folder.parent.mkdir()
    check_alarms(own)
    assert remove_expired(own) == 1
    assert not here.folder.exists()
    assert [one.there for one in catalogue.kept(own.settings)] == [False]
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert "backup_left" in {alarm.kind for alarm in open_alarms(unit)}
    there.folder.parent.rmdir()
    away.rename(tmp_path / "elsewhere")
    assert remove_expired(own) == 1
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == [catalogue.SIGN]
    assert [entry.id for entry in ledger(own, "backup_expired")] == [here.backup.id, there.backup.id]
    assert catalogue.kept(own.settings) == []


def test_nothing_is_put_back_while_anybody_runs(own_on_sqlite: Ports) -> None:
    ports = own_on_sqlite
    kept = backed_up(ports)
    lock = ports.settings.data / "run" / IN_USE
    with alone(lock), pytest.raises(Conflict, match="being restored"):
        gate.enter(ports)
    take_part(lock)
    with pytest.raises(Conflict, match="stop all of them"):
        put_back(ports, kept)


@pytest.mark.parametrize("name", ["database", "blobs.sha256", "blob", "missing"])
def test_a_damaged_backup_changes_nothing(own_on_sqlite: Ports, name: str, tmp_path: Path) -> None:
    ports = own_on_sqlite
    receive(ports, letter("Eerst.", message_id="<0@x>", files=(("a.txt", b"inhoud"),)))
    kept = backed_up(ports)
    blob = next((kept.folder / "blobs").rglob("*/*"))
    path = blob if name in ("blob", "missing") else kept.folder / name
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    if name == "missing":
        path.unlink()
    receive(ports, letter("Later.", message_id="<later@x>"))
    before, bytes_before = dump(ports), files(tmp_path / "blobs")
    with pytest.raises(Invalid, match="damaged"):
        put_back(ports, kept)
    assert dump(ports) == before
    assert files(tmp_path / "blobs") == bytes_before
    assert not list(tmp_path.glob("*restoring*"))


def test_a_restore_that_fails_at_the_last_step_changes_nothing(own: Ports, tmp_path: Path) -> None:
    receive(own, letter("Eerst.", message_id="<0@x>"))
    kept = backed_up(own)
    receive(own, letter("Later.", message_id="<later@x>"))
    numbers, bytes_before = _numbers(own), files(tmp_path / "blobs")
    (kept.folder / "database").write_bytes(b"no database")
    kept.backup.sums["database"] = making.sum_of(kept.folder / "database")
    with pytest.raises(HelpdeskError, match=r"damaged|failed"):
        put_back(own, kept)
    gate.admit(own)
    assert _numbers(own) == numbers
    assert files(tmp_path / "blobs") == bytes_before


def test_a_restore_that_was_cut_short_lets_nothing_start(own_on_sqlite: Ports, tmp_path: Path) -> None:
    kept = backed_up(own_on_sqlite)
    (tmp_path / "restore-begun").touch()
    with pytest.raises(HelpdeskError, match="interrupted"):
        gate.admit(own_on_sqlite)
    (tmp_path / "blobs").rename(tmp_path / "blobs.replaced")
    (tmp_path / "blobs.restoring").mkdir()
    restored(own_on_sqlite, kept)
    (tmp_path / "blobs.replaced").mkdir()
    gate.admit(own_on_sqlite)
    assert {path.name for path in tmp_path.glob("*blobs*")} == {"blobs"}


def test_only_what_fits_is_put_back(own_on_sqlite: Ports, tmp_path: Path) -> None:
    ports = own_on_sqlite
    flush(ports)
    old = (tmp_path / "ledger" / "ledger.jsonl").read_bytes()
    kept = [backed_up(ports) for _ in range(2)][1]
    page = kept.folder / "backup.json"
    for name, value, match in (
        ("engine", "postgresql", "another kind of database"),
        ("schema", "9999", "newer code"),
        ("keys_mark", "0", "keys"),
    ):
        said = json.loads(page.read_text())
        page.write_text(json.dumps(said | {name: value}))
        with pytest.raises(Invalid, match=match):
            put_back(ports, catalogue.named(ports.settings, str(kept.folder)))
        page.write_text(json.dumps(said))
    (tmp_path / "ledger" / "ledger.jsonl").write_bytes(old)
    with pytest.raises(Invalid, match="does not go on"):
        put_back(ports, kept)
    with pytest.raises(NotFound):
        catalogue.named(ports.settings, "0123456789")


@on_one_engine
def test_a_backup_that_can_t_be_written_leaves_nothing(own: Ports, tmp_path: Path) -> None:
    receive(own, letter("Eerst.", message_id="<0@x>"))
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        backed_up(own, tmp_path / "file")
    folder = tmp_path / "to"

    def breaks(what: str, _done: int, _of: int) -> None:
        if what == "database":
            raise OSError(28, "No space left on device")

    with pytest.raises(Unavailable, match="can't be written"):
        making.make(own, folder, breaks)
    assert [path.name for path in folder.iterdir()] == [catalogue.SIGN]
    assert ledger(own, "backup") == []
    assert backed_up(own, folder).there


@pytest.mark.parametrize("own", ["postgresql"], indirect=True)
def test_programs_that_are_not_there_are_named(own: Ports) -> None:
    lacking = replace(own, settings=replace(own.settings, postgres_programs="/nowhere"))
    with pytest.raises(HelpdeskError, match="There is no"):
        backed_up(lacking)
