"""The way into service fails closed: whatever is wrong with the ledger, no process starts, and each says why."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import delete, select, update

from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.errors import HelpdeskError
from helpdesk.models import Counter, Flag, Restore
from helpdesk.ports import Ports
from helpdesk.privacy import gate
from helpdesk.retention.ledger import read
from helpdesk.retention.ledger_writing import flush, write_down
from helpdesk.unit import SYSTEM, unit_of_work
from tests.backups import backed_up, put_back
from tests.dying import killed_at
from tests.services.valkey import Valkey

PROCESSES = {
    "web": ("web", "serve"),
    "poller": ("mail_ingest", "poll", "--once"),
    "worker": ("workers", "run", "--burst"),
}


def _lines(ports: Ports, count: int = 5) -> Path:
    """A ledger with some lines that this database knows; returns where it lies."""
    with unit_of_work(ports, SYSTEM) as unit:
        for number in range(count):
            write_down(unit, "facts", f"{number:08}-0000-4000-8000-000000000000")
    flush(ports)
    return ports.settings.data / "ledger" / "ledger.jsonl"


def _missing(path: Path) -> None:
    path.unlink()


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _shorter(path: Path) -> None:
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-1]))


def _half_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _one_byte(path: Path) -> None:
    content = path.read_text()
    path.write_text(content.replace("00000001-", "00000009-", 1))


def _foreign(path: Path) -> None:
    """Another ledger, whole and longer."""
    other = path.parent / "other"
    own = DiskLedger(other)
    from helpdesk.retention.ledger import FIRST, Entry, chained, parsed_head

    before, lines = FIRST, []
    for seq in range(1, 12):
        lines.append(chained(Entry("begin" if seq == 1 else "facts", "0" * 32, "2026-11"), seq, before))
        before = parsed_head(lines[-1])[1]
    with own.locked():
        own.append(lines, "2026-11")
    path.write_bytes((other / "ledger.jsonl").read_bytes())


BROKEN: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing": (_missing, "is missing"),
    "empty": (_empty, "is missing"),
    "shorter": (_shorter, "ends at line 5, the database knows 6"),
    "half a line": (_half_a_line, "ends at line 5, the database knows 6"),
    "one byte": (_one_byte, "was changed at line 3"),
    "foreign": (_foreign, "belongs to another database"),
}


def test_a_database_without_ledger_begins_one(ports: Ports) -> None:
    gate.enter(ports)
    assert [entry.op for entry in read(ports.ledger.lines())] == ["begin"]
    gate.enter(ports)
    _lines(ports)
    gate.enter(ports)
    assert len(list(ports.ledger.lines())) == 6


@pytest.mark.parametrize("what", BROKEN)
def test_nothing_starts_beside_a_ledger_that_is_not_right(ports: Ports, what: str) -> None:
    breaks, sentence = BROKEN[what]
    path = _lines(ports)
    before = path.read_bytes()
    breaks(path)
    with pytest.raises(HelpdeskError) as caught:
        gate.enter(ports)
    fault = caught.value
    assert "Nothing starts" in fault.message
    assert sentence in fault.message.format(**fault.values)
    path.write_bytes(before)
    gate.enter(ports)


def _spoilt(content: bytes) -> Iterator[bytes]:
    """One byte is another one: each line end by what some readers take for one, others by any; cuts; two swapped."""
    random = Random(7)
    ends = [at for at, byte in enumerate(content) if byte == 0x0A]
    others = random.sample(range(len(content)), 120)
    changed = [(at, byte) for at in ends for byte in b"\r\x0b\x0c \x85"]
    for at, byte in changed + [(at, random.choice([one for one in range(256) if one != content[at]])) for at in others]:
        yield content[:at] + bytes([byte]) + content[at + 1 :]
    yield from (content[:at] for at in [len(content) - 1, *random.sample(range(len(content)), 50)])
    lines = content.splitlines(keepends=True)
    for at in range(len(lines) - 1):
        yield b"".join([*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]])
    yield content + b"\n"


def test_no_byte_of_the_ledger_can_be_another_one(ports: Ports) -> None:
    path = _lines(ports)
    content = path.read_bytes()
    let_in = []
    for spoilt in _spoilt(content):
        path.write_bytes(spoilt)
        try:
            gate.admit(ports)
        except HelpdeskError as fault:
            if fault.message.startswith("Nothing starts"):
                continue
        let_in.append(spoilt)
    assert let_in == []
    path.write_bytes(content)
    gate.admit(ports)


def test_a_ledger_older_than_the_database_is_refused_whatever_its_end(ports: Ports) -> None:
    """Lines were cut off, and others written behind them: the last line the database knows is not there."""
    path = _lines(ports)
    old = path.read_bytes()
    _lines(ports, 2)
    path.write_bytes(old)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Counter).where(Counter.name == "ledger_seq").values(value=6))
        unit.session.execute(update(Flag).where(Flag.name == "ledger_head").values(value="0" * 64))
    with pytest.raises(HelpdeskError, match="belongs to another database"):
        gate.enter(ports)


def test_a_database_that_never_knew_a_ledger_takes_none_over(ports: Ports) -> None:
    _lines(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag))
        unit.session.execute(delete(Counter))
    with pytest.raises(HelpdeskError, match="belongs to another database"):
        gate.enter(ports)


def test_an_ordinary_crash_is_no_restore(ports: Ports) -> None:
    """The lines were appended, and the database did not hear of it any more."""
    _lines(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        write_down(unit, "facts", "00000007-0000-4000-8000-000000000000")
    copied = replace(ports, ledger=_Deaf(ports.settings.data / "ledger"))
    with pytest.raises(ZeroDivisionError):
        flush(copied)
    gate.enter(ports)
    assert len(list(ports.ledger.lines())) == 7
    flush(ports)
    assert len(list(ports.ledger.lines())) == 7


def test_a_crash_at_the_first_line_of_all_is_no_restore(ports: Ports) -> None:
    """Killed at each step of the beginning: the database has a name for its ledger, which may hold a line or not."""
    for step in range(1, 6):
        with unit_of_work(ports, SYSTEM) as unit:
            unit.session.execute(delete(Flag))
            unit.session.execute(delete(Counter))
        (ports.settings.data / "ledger" / "ledger.jsonl").unlink(missing_ok=True)
        killed_at(ports, step, flush)
        gate.admit(ports)
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            assert unit.session.scalars(select(Restore.id)).all() == []
        assert [entry.op for entry in read(ports.ledger.lines())] == ["begin"]


class _Deaf(DiskLedger):
    """A ledger after whose writing the process dies."""

    def append(self, lines: object, month: str) -> None:
        super().append(list(lines), month)  # type: ignore[call-overload] # as the ledger's
        raise ZeroDivisionError


@pytest.fixture
def environment(own_on_sqlite: Ports, valkey: Valkey) -> dict[str, str]:
    """What processes on this data folder are started with."""
    said = {"HELPDESK_DATA": str(own_on_sqlite.settings.data), "HELPDESK_REDIS": valkey.url, "HELPDESK_MIN_FREE": "0"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    return kept | said | {"HELPDESK_LANGUAGE": "nl", "LANG": "nl_NL.UTF-8"}


def _ended(environment: dict[str, str], *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_web_poller_and_worker_each_refuse_in_words(own_on_sqlite: Ports, environment: dict[str, str]) -> None:
    path = _lines(own_on_sqlite)
    own_on_sqlite.engine.dispose()
    _one_byte(path)
    running = {name: _ended(environment, *words) for name, words in PROCESSES.items()}
    for name, process in running.items():
        _out, said = process.communicate(timeout=60)
        assert process.returncode == 1, name
        assert "Er start niets: het grootboek van de vernietiging is veranderd op regel 3." in said, name


def test_processes_replay_a_restored_backup_before_they_begin(
    own_on_sqlite: Ports, environment: dict[str, str]
) -> None:
    """Three processes begin at once: one replays, the others wait for it."""
    ports = own_on_sqlite
    kept = backed_up(ports)
    _lines(ports)
    put_back(ports, kept)
    words = (PROCESSES["poller"], PROCESSES["worker"], ("helpdesk", "restore", "replay"))
    for process in [_ended(environment, *said) for said in words]:
        _out, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    assert [entry.op for entry in read(ports.ledger.lines())].count("restored") == 1
    gate.admit(ports)
