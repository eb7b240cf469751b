"""Names of processes: a killed one is seen to be gone, and what it held is taken over at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace

from helpdesk.holders import is_gone, this_process
from helpdesk.leases import hold
from helpdesk.ports import Ports

_SAY = "import sys; from helpdesk.holders import this_process; print(this_process(), flush=True); sys.stdin.read()"


def start() -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", _SAY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


def test_a_process_is_gone_when_it_was_killed_and_not_before() -> None:
    process, name = start()
    assert not is_gone(name)
    end(process)
    assert is_gone(name)
    assert not is_gone(this_process())


def test_another_process_under_the_same_number_is_not_the_same() -> None:
    name = this_process()
    machine, pid, word = name.split(":")
    number, _, started = pid.partition(".")
    assert is_gone(f"{machine}:{number}.{int(started) - 1}:{word}")


def test_of_other_machines_and_unknown_names_nothing_is_known() -> None:
    process, name = start()
    end(process)
    assert not is_gone("elsewhere/4026531836:" + name.partition(":")[2])
    assert not is_gone("test:1:0")
    assert len(name) <= 100


def test_the_lease_of_a_killed_process_is_free_at_once(ports: Ports) -> None:
    process, name = start()
    assert hold(replace(ports, holder=name), "x", 600)
    assert not hold(replace(ports, holder=this_process()), "x", 600)
    end(process)
    assert hold(replace(ports, holder=this_process()), "x", 600)
