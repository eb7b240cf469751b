"""One process of the table and its life: started, ended, started again after a pause. Waits for nothing itself."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from workers.readiness import Ready, at_once

PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds before the first, second, … restart of a process that keeps ending."""
STEADY = 30.0
"""Seconds after which a process counts as running well, and its pauses begin anew."""
_LAUNCH = Path(__file__).with_name("launch.py")
_LOG_BYTES = 20_000_000


@dataclass(frozen=True)
class Process:
    """One row of the table. `once` is a step that must end well before the next row begins."""

    name: str
    command: tuple[str, ...]
    ready: Ready = at_once
    once: bool = False
    patience: float = 60.0
    late: bool = False
    """Whether it is asked to end only after the others: what they need to end well."""
    environment: Mapping[str, str] = field(default_factory=dict)


class Child:
    """A process of the table as it runs now. `pid` is None between two lives."""

    def __init__(self, process: Process, log: Path) -> None:
        self.process = process
        self.pid: int | None = None
        self.exit_code: int | None = None
        self.restarts = 0
        self.due: float | None = None
        self._log = log
        self._quick_ends = 0
        self._began = 0.0

    @property
    def name(self) -> str:
        """The name in the table."""
        return self.process.name

    def start(self, environment: Mapping[str, str], folder: Path) -> None:
        """Start it in a session of its own, bound to this process's life, with its output in its log."""
        command = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), *self.process.command]
        with self._log.open("ab") as log:
            started = subprocess.Popen(  # noqa: S603 - the command comes from our own table
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env={**environment, **self.process.environment},
                start_new_session=True,
            )
        started.returncode = 0  # ours to reap, together with what is adopted
        self.pid, self.exit_code, self.due, self._began = started.pid, None, None, time.monotonic()

    def ended(self, exit_code: int) -> None:
        """Note its end and when to start it again."""
        if time.monotonic() - self._began > STEADY:
            self._quick_ends = 0
        pause = PAUSES[min(self._quick_ends, len(PAUSES) - 1)]
        self._quick_ends += 1
        self.pid, self.exit_code, self.due = None, exit_code, time.monotonic() + pause

    def signal(self, how: signal.Signals) -> None:
        """Send to the process; to its whole group when killing."""
        if self.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if how is signal.SIGKILL else os.kill)(self.pid, how)

    def last_words(self) -> str:
        """The last line it wrote: by the house's rule one sentence that says what is wrong."""
        with contextlib.suppress(OSError):
            lines = self._log.read_text(encoding="utf-8", errors="replace")[-4000:].strip().splitlines()
            return lines[-1].strip() if lines else "it said nothing"
        return "its log can't be read"

    def turn_log(self, *, always: bool = False) -> None:
        """Keep one older log; the open file goes on (it is opened for appending, so it may be cut)."""
        with contextlib.suppress(OSError):
            if always or self._log.stat().st_size > _LOG_BYTES:
                shutil.copyfile(self._log, self._log.with_suffix(".log.1"))
                os.truncate(self._log, 0)
