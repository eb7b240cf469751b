"""The ledger: one line per thing, in a chain that shows whatever is changed, dropped, swapped or cut off."""

from __future__ import annotations

import json
import secrets
import uuid
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.errors import Invalid
from helpdesk.models import Counter, Flag, LedgerLine
from helpdesk.models.policy import LEDGER_OPS
from helpdesk.ports import Ports
from helpdesk.retention.ledger import FIRST, OPS, Entry, chained, head_of, read
from helpdesk.retention.ledger_writing import flush, write_down
from helpdesk.unit import SYSTEM, unit_of_work

RUN = secrets.token_hex(16)


def _lines(count: int = 5) -> list[str]:
    before, lines = FIRST, []
    for seq in range(1, count + 1):
        op = "begin" if seq == 1 else "destroyed"
        entry = Entry(op, str(uuid.uuid4()), "2031-03", RUN, "R1", "0123456789ab", "entries=4,files=1", "row,blob")
        lines.append(chained(entry, seq, before))
        before = json.loads(lines[-1])["h"]
    return lines


def test_a_whole_ledger_reads_back() -> None:
    lines = _lines()
    assert [entry.op for entry in read(lines)] == ["begin", *["destroyed"] * 4]
    assert (head_of(lines).seq, head_of(lines).hash) == (5, json.loads(lines[-1])["h"])


@pytest.mark.parametrize(
    "broken",
    [
        lambda lines: [*lines[:2], lines[2].replace("R1", "R2"), *lines[3:]],
        lambda lines: [*lines[:2], *lines[3:]],
        lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:2], lines[2][:-1], *lines[3:]],
        lambda lines: [*lines[:2], lines[2].replace('"ok":true', '"ok": true'), *lines[3:]],
        lambda lines: [*lines, "not json"],
        lambda lines: [*lines, "[" * 100_000],
    ],
)
def test_any_change_is_seen(broken: object) -> None:
    assert callable(broken)
    with pytest.raises(Invalid, match="broken at line"):
        list(read(broken(_lines())))


def test_nothing_is_no_ledger() -> None:
    with pytest.raises(Invalid, match="empty"):
        head_of([])


@pytest.mark.parametrize(
    "entry",
    [
        Entry("destroyed", "Femke de Vries", "2031-03"),
        Entry("destroyed", "2026-00042", "2031-03"),
        Entry("destroyed", str(uuid.uuid4()), "2031-03-14"),
        Entry("destroyed", str(uuid.uuid4()), "2031-03", methods="row, Femke"),
        Entry("destroyed", str(uuid.uuid4()), "2031-03", parts="entries=vier"),
        Entry("deleted", str(uuid.uuid4()), "2031-03"),
    ],
)
def test_a_line_has_no_room_for_a_person_a_number_or_a_day(entry: Entry) -> None:
    with pytest.raises(Invalid, match="does not belong"):
        chained(entry, 1, FIRST)


def test_every_thing_that_can_be_written_down_has_a_place_in_the_ledger() -> None:
    assert set(LEDGER_OPS) == set(OPS) - {"begin"}


def _told(ports: Ports, count: int = 1) -> list[str]:
    ids = [str(uuid.uuid4()) for _ in range(count)]
    with unit_of_work(ports, SYSTEM) as unit:
        for one in ids:
            write_down(unit, "intent", one, run=RUN, rule="R1", policy_version="0123456789ab")
    return ids


def test_what_is_written_down_is_appended_once(ports: Ports) -> None:
    ids = _told(ports, 3)
    assert flush(ports) == 3
    assert flush(ports) == 0
    assert [entry.id for entry in read(ports.ledger.lines())][1:] == ids
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(LedgerLine)).all() == []
        assert unit.session.get_one(Counter, "ledger_seq").value == 4
        assert unit.session.get_one(Flag, "ledger_head").value == head_of(ports.ledger.lines()).hash


def test_a_rolled_back_unit_tells_nothing(ports: Ports) -> None:
    def fails() -> None:
        with unit_of_work(ports, SYSTEM) as unit:
            write_down(unit, "intent", str(uuid.uuid4()))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert flush(ports) == 0


def test_a_crash_between_the_append_and_the_database_doubles_nothing(ports: Ports) -> None:
    first, second = _told(ports, 2)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.scalars(select(LedgerLine).order_by(LedgerLine.id)).all()
        values = [(row.op, row.object_id, row.month, row.run, row.rule, row.policy_version) for row in rows]
    assert flush(ports) == 2
    with unit_of_work(ports, SYSTEM) as unit:
        for op, one, month, run, rule, version in values:
            unit.session.add(LedgerLine(op=op, object_id=one, month=month, run=run, rule=rule, policy_version=version))
        unit.session.get_one(Counter, "ledger_seq").value = 1
    assert flush(ports) == 0
    assert [entry.id for entry in read(ports.ledger.lines())][1:] == [first, second]
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.get_one(Counter, "ledger_seq").value == 3


def test_half_a_line_of_a_crash_is_written_over(ports: Ports, tmp_path: Path) -> None:
    _told(ports)
    flush(ports)
    with (tmp_path / "ledger" / "ledger.jsonl").open("a") as file:
        file.write('{"seq":3,"t":"20')
    (second,) = _told(ports)
    assert flush(ports) == 1
    assert [entry.id for entry in read(ports.ledger.lines())][-1] == second


def test_a_database_that_knows_a_ledger_begins_no_other(ports: Ports, tmp_path: Path) -> None:
    _told(ports)
    flush(ports)
    (tmp_path / "ledger" / "ledger.jsonl").unlink()
    _told(ports)
    with pytest.raises(Invalid, match="missing"):
        flush(ports)


def test_a_ledger_of_another_database_is_refused(ports: Ports) -> None:
    _told(ports, 2)
    flush(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag))
        unit.session.execute(delete(Counter))
    _told(ports)
    with pytest.raises(Invalid, match="another database"):
        flush(ports)


def test_the_file_says_no_day(ports: Ports, tmp_path: Path) -> None:
    _told(ports)
    flush(ports)
    at = (tmp_path / "ledger" / "ledger.jsonl").stat().st_mtime
    assert at == pytest.approx(1793491200)  # 1 November 2026, 00:00 UTC


def test_lines_longer_than_a_block_are_found_from_the_end(tmp_path: Path) -> None:
    ledger = DiskLedger(tmp_path)
    assert ledger.last() is None
    with ledger.locked():
        ledger.append([f"{n:0>1500}" for n in range(50)], "2026-11")
    assert ledger.last() == f"{49:0>1500}"
    assert len(list(ledger.lines())) == 50
