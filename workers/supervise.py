"""Starts the processes of a table in order, keeps them alive and ends them all. Knows nothing of what they do.

Everything happens in one thread: the kernel ties a child's life to the thread that made it (prctl(2)), and signals
are taken from a queue (sigtimedwait(2)), so that nothing is interrupted half-way.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from workers.child import Child, Process
from workers.guard import MARK, kill_marked
from workers.launch import PR_SET_CHILD_SUBREAPER, prctl

GUARD = "guard"
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_QUEUED = (*_ENDING, signal.SIGCHLD)
_STEP = 0.05
_LOG_CHECK = 60.0
_TRIES = 3
_TERM_SECONDS = {False: 5.0, True: 2.0}
Say = Callable[[str], None]
Changed = Callable[[Mapping[str, int]], None]


class NotReadyError(Exception):
    """A process did not come up; the message is one sentence."""


class EndedError(Exception):
    """We were asked to end."""


class Supervisor:
    """Keeps a table of processes running.

    `changed` is told the pid of each by name after every start; when it raises OSError it is told again later.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        folder: Path,
        logs: Path,
        say: Say,
        changed: Changed,
    ) -> None:
        self._mark = secrets.token_hex(16)
        self._environment = {**environment, MARK: self._mark}
        self._folder, self._logs, self._say, self._changed = folder, logs, say, changed
        self._children: list[Child] = []
        self._guard_pid: int | None = None
        self._pipe: int | None = None
        self._logs_at = time.monotonic() + _LOG_CHECK
        self._untold = False

    def start(self, table: Sequence[Process]) -> None:
        """Start row after row, each when the one before answers. Raises NotReadyError or EndedError; then `stop`."""
        if self._pipe is None:
            signal.pthread_sigmask(signal.SIG_BLOCK, _QUEUED)
            prctl(PR_SET_CHILD_SUBREAPER, 1)
            self._start_guard()
        for process in table:
            began = time.monotonic()
            child = Child(process, self._logs / f"{process.name}.log")
            child.turn_log(always=True)
            self._children.append(child)
            self._begin(child)
            self._await(child, began + process.patience)
            self._say(f"  [ok] {process.name} {time.monotonic() - began:.1f} s")

    def run(self) -> None:
        """Keep all of them alive until a signal asks us to end."""
        with contextlib.suppress(EndedError):
            while True:
                self._turn(1.0)

    def stop(self) -> None:
        """End everything, politely first; returns when nothing of this run is left."""
        for late in (False, True):
            wave = [child for child in self._children if child.process.late is late]
            self._end(wave, _TERM_SECONDS[late])
        self._children.clear()
        kill_marked(self._mark)
        guard, self._guard_pid = self._guard_pid, None
        if guard is not None and self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None
            until = time.monotonic() + _TERM_SECONDS[True]
            while Path(f"/proc/{guard}").exists() and time.monotonic() < until:
                signal.sigtimedwait(_QUEUED, _STEP)
                self._reap()

    def _await(self, child: Child, until: float) -> None:
        """Until the child is ready, or has ended well if it is a step."""
        while True:
            if child.process.once:
                if child.exit_code == 0:
                    self._children.remove(child)
                    return
            elif child.pid is not None and child.process.ready():
                return
            broken = child.exit_code is not None and (child.process.once or child.restarts >= _TRIES)
            if broken or time.monotonic() > until:
                why = "" if broken else f"no sign of life in {child.process.patience:.0f} s; "
                raise NotReadyError(f"{child.name} did not start: {why}{child.last_words()}")
            self._turn(_STEP)

    def _turn(self, seconds: float) -> None:
        """Wait for a signal at most so long, then mend what ended. Raises EndedError when asked to end."""
        due = [child.due for child in self._children if child.due is not None]
        longest = max(0.0, min([seconds, *(moment - time.monotonic() for moment in due)]))
        came = signal.sigtimedwait(_QUEUED, longest)
        if came is not None and came.si_signo in _ENDING:
            raise EndedError
        self._reap()
        for child in self._children:
            if child.due is not None and not child.process.once and time.monotonic() >= child.due:
                child.restarts += 1
                self._begin(child)
        if self._untold:
            self._tell()
        if time.monotonic() > self._logs_at:
            self._logs_at = time.monotonic() + _LOG_CHECK
            for child in self._children:
                child.turn_log()

    def _begin(self, child: Child) -> None:
        try:
            child.start(self._environment, self._folder)
        except OSError as fault:
            child.ended(127)
            self._say(f"  {child.name} can't be started: {fault.strerror}; trying again.")
            return
        self._tell()

    def _tell(self) -> None:
        pids = {child.name: child.pid for child in self._children if child.pid is not None and not child.process.once}
        try:
            self._changed(pids if self._guard_pid is None else {**pids, GUARD: self._guard_pid})
        except OSError as fault:
            if not self._untold:
                self._say(f"  The list of processes can't be written: {fault.strerror}; it is tried again.")
            self._untold = True
        else:
            self._untold = False

    def _reap(self) -> None:
        """Take note of every child that ended; what is left of its group goes with it, so that its ports are free."""
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                child = next((child for child in self._children if child.pid == ended.si_pid), None)
                if child is not None:
                    child.signal(signal.SIGKILL)
                os.waitpid(ended.si_pid, 0)
                if child is not None:
                    child.ended(ended.si_status)
                elif ended.si_pid == self._guard_pid:
                    self._start_guard()
                    self._tell()

    def _start_guard(self) -> None:
        """The guard holds the reading end of a pipe whose writing end only we have; our death closes it."""
        if self._pipe is not None:
            os.close(self._pipe)
        reading, self._pipe = os.pipe()
        environment = {**os.environ, MARK: ""}
        command = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py")), self._mark]
        guard = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=reading, stdout=subprocess.DEVNULL, env=environment, cwd="/", start_new_session=True
        )
        os.close(reading)
        guard.returncode = 0  # ours to reap, like the children
        self._guard_pid = guard.pid

    def _end(self, wave: Sequence[Child], seconds: float) -> None:
        """SIGTERM, and SIGKILL for those that are still there after `seconds` or when we are asked a second time."""
        for child in wave:
            child.due = None
            child.signal(signal.SIGTERM)
        until = time.monotonic() + seconds
        while any(child.pid is not None for child in wave) and (rest := until - time.monotonic()) > 0:
            came = signal.sigtimedwait(_QUEUED, min(rest, 0.2))
            self._reap()
            if came is not None and came.si_signo in _ENDING:
                break
        for child in wave:
            child.signal(signal.SIGKILL)
        until = time.monotonic() + seconds
        while any(child.pid is not None for child in wave) and time.monotonic() < until:
            signal.sigtimedwait(_QUEUED, _STEP)
            self._reap()
