"""The supervisor: order, restarts, and nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.services.process import alive, answers_on, descendants, free_port, wait_until
from tests.workers.planted import SERVER, SLEEPER, STUBBORN, WITH_GRANDCHILDREN

ROOT = Path(__file__).parents[2]


class Planted:
    """One supervisor in a process of its own."""

    def __init__(self, folder: Path, table: list[dict[str, Any]]) -> None:
        said = json.dumps({"folder": str(folder), "table": table})
        command = [sys.executable, "-m", "tests.workers.planted", said]
        self.folder = folder
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.lines: list[str] = []

    def until(self, start: str) -> str:
        """The first line that starts so; empty when the output ends before."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if line.startswith(start):
                return line.rstrip()
        return ""

    def pids(self) -> dict[str, int]:
        """Name to pid, as told last."""
        said: dict[str, int] = json.loads((self.folder / "pids.json").read_text())
        return said

    def family(self) -> list[int]:
        """Everything below the supervisor now."""
        return descendants(self.process.pid)


Plant = Callable[[list[dict[str, Any]]], Planted]


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    planted: list[Planted] = []

    def start(table: list[dict[str, Any]]) -> Planted:
        planted.append(Planted(tmp_path, table))
        return planted[-1]

    yield start
    for one in planted:
        family = one.family()
        one.process.kill()
        one.process.wait()
        assert one.process.stdout is not None
        one.process.stdout.close()
        assert all_gone(family), "something outlived the test"


def test_starts_in_order_and_waits_for_each(plant: Plant) -> None:
    port = free_port()
    slow = f"import time; time.sleep(0.5)\n{SERVER}"
    one = plant(
        [
            {"name": "step", "command": ["import time; time.sleep(0.3)"], "once": True},
            {"name": "server", "command": [slow, str(port)], "port": port},
            {"name": "sleeper", "command": [SLEEPER]},
        ]
    )
    assert one.until("ready")
    assert answers_on(port)
    assert [line.split()[1] for line in one.lines if "[ok]" in line] == ["step", "server", "sleeper"]
    assert set(one.pids()) == {"server", "sleeper", "guard"}


def test_a_killed_process_is_back_within_ten_seconds_with_a_new_pid(plant: Plant) -> None:
    port = free_port()
    one = plant([{"name": "server", "command": [SERVER, str(port)], "port": port}, {"name": "b", "command": [SLEEPER]}])
    assert one.until("ready")
    for name in ("server", "b", "guard", "server"):
        before = one.pids()[name]
        signal_now(before)
        assert is_back(one, name, before), name
    assert wait_until(lambda: answers_on(port), 10)


def test_a_killed_process_takes_its_own_children_with_it(plant: Plant) -> None:
    one = plant([{"name": "parent", "command": [WITH_GRANDCHILDREN]}])
    assert one.until("ready")
    parent = one.pids()["parent"]
    assert wait_until(lambda: len(descendants(parent)) >= 3, 5)
    grouped = [pid for pid in descendants(parent) if group_of(pid) == parent]
    signal_now(parent)
    assert wait_until(lambda: not any(alive(pid) for pid in grouped), 10)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_nothing_survives_its_end(plant: Plant, how: signal.Signals) -> None:
    one = plant(
        [
            {"name": "parent", "command": [WITH_GRANDCHILDREN]},
            {"name": "stubborn", "command": [STUBBORN]},
            {"name": "sleeper", "command": [SLEEPER]},
        ]
    )
    assert one.until("ready")
    assert wait_until(lambda: len(one.family()) >= 8, 5), one.family()
    family = one.family()
    began = time.monotonic()
    one.process.send_signal(how)
    assert one.process.wait(10) == (0 if how is not signal.SIGKILL else -signal.SIGKILL)
    assert wait_until(lambda: not any(alive(pid) for pid in family), 10 - (time.monotonic() - began))


def test_nothing_survives_though_the_guard_was_killed_before(plant: Plant) -> None:
    one = plant([{"name": "parent", "command": [WITH_GRANDCHILDREN]}])
    assert one.until("ready")
    before = one.pids()["guard"]
    signal_now(before)
    assert wait_until(lambda: one.pids()["guard"] != before, 10)
    family = one.family()
    one.process.kill()
    assert wait_until(lambda: not any(alive(pid) for pid in family), 10)


def test_a_step_that_fails_ends_the_start_in_one_sentence(plant: Plant) -> None:
    one = plant(
        [
            {"name": "sleeper", "command": [SLEEPER]},
            {"name": "step", "command": ["raise SystemExit('The disk is full.')"], "once": True},
        ]
    )
    assert one.until("error") == "error: step did not start: The disk is full."
    assert one.process.wait(10) == 1
    assert wait_until(lambda: not one.family(), 5)


def test_a_server_that_never_answers_ends_the_start(plant: Plant) -> None:
    one = plant([{"name": "deaf", "command": [SLEEPER], "port": free_port(), "patience": 1}])
    assert one.until("error") == "error: deaf did not start: no sign of life in 1 s; it said nothing"
    assert one.process.wait(10) == 1


def test_a_server_that_keeps_ending_ends_the_start_with_its_last_words(plant: Plant) -> None:
    words = "import sys; sys.exit('Port 8080 is taken.')"
    one = plant([{"name": "server", "command": [words], "port": free_port()}])
    assert one.until("error") == "error: server did not start: Port 8080 is taken."


def all_gone(pids: list[int], seconds: float = 10) -> bool:
    return wait_until(lambda: not any(alive(pid) for pid in pids), seconds)


def is_back(one: Planted, name: str, before: int) -> bool:
    return wait_until(lambda: one.pids()[name] != before and alive(one.pids()[name]), 10)


def group_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[2])


def signal_now(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
