"""An import in a process of its own, killed from outside while it looks and in the middle: every row counts once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from helpdesk.keys import create_keys
from helpdesk.models import Address, Fact, ImportRun, Person
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker
from tests.helpdesk.facts.sheets import as_csv
from tests.imports import M250, row

ROWS = 3000
_PATIENCE = 120


@pytest.fixture
def place(tmp_path: Path, database_url: str) -> dict[str, str]:
    """The environment of a helpdesk on this database, with its keys."""
    data = tmp_path / "own"
    (data / "secrets").mkdir(parents=True)
    create_keys(data / "secrets" / "keys.json")
    mine = {"HELPDESK_DATA": str(data), "HELPDESK_DATABASE": database_url, "HELPDESK_REDIS": "unix:///nowhere/s"}
    return os.environ | mine | {"HELPDESK_LANGUAGE": "en"}


@pytest.fixture
def own(make_ports: PortsMaker, database_url: str) -> Ports:
    """The same database, to look into; with an administrator."""
    ports = make_ports(database_url)
    with unit_of_work(ports, SYSTEM) as unit:
        create_account(unit, "fatima@academie.example", "Fatima", ["functional_admin"], None)
    return ports


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "helpdesk", *words, "--as", "fatima@academie.example"]


def _counted(ports: Ports) -> list[int]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return [unit.session.scalar(select(func.count()).select_from(model)) or 0 for model in (Person, Address, Fact)]


def _done(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.max(ImportRun.row_done))) or 0


def _kept(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).select_from(ImportRun)) or 0


def _killed(words: list[str], place: dict[str, str], far_enough: Callable[[], bool]) -> None:
    """Begin it, and kill it as soon as it is far enough."""
    process = subprocess.Popen(words, env=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + _PATIENCE
    while not far_enough() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_killed_twice_and_given_again_it_is_done_once(place: dict[str, str], own: Ports, tmp_path: Path) -> None:
    file = tmp_path / "export.csv"
    people = (row(str(n), f"p{n}@x.example", "01-02-2027") for n in range(ROWS))
    file.write_bytes(as_csv([M250, *people]))
    words = _command("import", "m250", str(file), "--apply")
    _killed(words, place, lambda: _kept(own) > 0)
    assert _done(own) == 0, "the process was not killed while it looked"
    _killed(words, place, lambda: _done(own) >= ROWS // 4)
    assert 0 < _done(own) < ROWS, "the process was not killed in the middle"
    again = subprocess.run(words, env=place, capture_output=True, text=True, timeout=_PATIENCE, check=True)
    assert f"Import 1: done, {ROWS} of {ROWS} rows." in again.stdout
    assert _counted(own) == [ROWS, ROWS, ROWS]
    listed = subprocess.run(
        _command("imports", "list", "--json"), env=place, capture_output=True, text=True, timeout=_PATIENCE, check=True
    )
    runs: list[dict[str, Any]] = json.loads(listed.stdout)
    assert [(one["state"], one["counts"] == one["foreseen"]) for one in runs] == [("done", True)]
    assert not [path for path in Path(place["HELPDESK_DATA"], "blobs").rglob("*") if path.is_file()]
