"""One target in a process of its own, and the watch over it: faults, more than 2 s of its time, more than 200 MB.

The watch reads what the kernel says of the process, so that a stall in a library written in C is seen as well.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from tests.attack.fuzz_inputs import made
from tests.attack.fuzz_targets import PLANTED, TARGETS, BrokenPromiseError, Check

LONGEST = 2.0
"""Seconds of processor time that one call with one input may take."""
MOST = 200 << 20
"""Bytes that a process may grow by one input, or by all of them."""
_POLL = 0.05
_WARM_UP = 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Fault:
    """One input that did what it may not; `kind` is crash, broken, hang or growth."""

    target: str
    kind: str
    number: int
    said: str


@dataclass
class Watched:
    """What came of one target."""

    target: str
    executions: int = 0
    slowest: float = 0.0
    faults: list[Fault] = field(default_factory=list)


def _status(name: str) -> int:
    """A size of this process, in bytes, as /proc says it."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) * 1024
    return 0


def judged(check: Check, raw: bytes, called: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """Kind and words of the fault that this input shows; empty when all is well. Time is not looked at.

    `called` is told after each call but the last.
    """
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    try:
        for _ in check(raw) or ():
            called()
    except BrokenPromiseError as broken:
        return "broken", str(broken)
    except BaseException as fault:  # a target may end in any way, that of a stack too deep included
        return "crash", f"{type(fault).__name__}: {str(fault)[:200]}"
    grown = _status("VmHWM") - before
    return ("growth", f"{grown >> 20} MB by one input") if grown > MOST else ("", "")


def _child(target: str, seed: int, start: int, corpus: Sequence[bytes], pipe: Connection) -> None:
    check = TARGETS.get(target) or PLANTED[target][1]
    number, settled = start, 0

    def begin() -> None:
        pipe.send(("begin", number, time.process_time()))

    while True:
        raw = made(target, seed, number, corpus)
        begin()
        kind, said = judged(check, raw, begin)
        if number == start + _WARM_UP:
            settled = _status("VmRSS")
        if not kind and settled and _status("VmRSS") - settled > MOST:
            kind, said = "growth", "by all inputs together"
        pipe.send(("end", number, time.process_time(), kind, said))
        number += 1


def _processor_time(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


class Watch:
    """Runs one target until it is told to stop, with a new process after each fault that may have hurt the old one."""

    def __init__(self, target: str, seed: int, corpus: Sequence[bytes]) -> None:
        self.found = Watched(target)
        self._seed, self._corpus = seed, corpus
        self._next, self._began = 0, 0.0
        self._running = False
        self._start()

    def _start(self) -> None:
        context = multiprocessing.get_context("fork")
        self._pipe, theirs = context.Pipe()
        work = (self.found.target, self._seed, self._next, self._corpus, theirs)
        self._process = context.Process(target=_child, args=work, daemon=True)
        self._process.start()
        theirs.close()
        self._running = False

    def look(self) -> None:
        """Read what the process says, and end it when one input takes too long."""
        try:
            while self._pipe.poll():
                self._hear(self._pipe.recv())
            if self._running and self._process.pid and _processor_time(self._process.pid) - self._began > LONGEST:
                self._fault("hang", f"more than {LONGEST:.0f} s of processor time", again=True)
        except (EOFError, OSError):
            self._process.join(1)
            self._fault("crash", f"the process ended ({self._process.exitcode})", again=True)

    def _hear(self, said: tuple[str, int, float] | tuple[str, int, float, str, str]) -> None:
        taken = said[2] - self._began if self._running else 0.0
        self.found.slowest = max(self.found.slowest, taken)
        if taken > LONGEST:
            self._fault("hang", f"{taken:.1f} s of processor time", again=False)
        if said[0] == "begin":
            self._next, self._began, self._running = said[1], said[2], True
            return
        self._running = False
        self.found.executions += 1
        if len(said) == 5 and said[3]:
            self._fault(said[3], said[4], again=said[3] == "growth")
        self._next = said[1] + 1

    def _fault(self, kind: str, said: str, *, again: bool) -> None:
        self.found.faults.append(Fault(self.found.target, kind, self._next, said))
        if again:
            self.stop()
            self._next += 1
            self._start()

    def stop(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()
        self._pipe.close()


def watch(
    targets: Sequence[str], seed: int, corpus: Sequence[bytes], until: Callable[[list[Watched]], bool]
) -> list[Watched]:
    """Run targets beside each other until `until` says it is enough; what came of each."""
    watches = [Watch(target, seed, corpus) for target in targets]
    try:
        while not until([each.found for each in watches]):
            time.sleep(_POLL)
            for each in watches:
                each.look()
    finally:
        for each in watches:
            each.stop()
    return [each.found for each in watches]
