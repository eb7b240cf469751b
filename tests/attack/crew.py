"""The processes of the product: each started as the supervisor starts it, and again when it ended. Kills none."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.attack.installation import ROOT, Installation

ROLES: dict[str, tuple[str, ...]] = {
    "poller": ("mail_ingest", "poll"),
    "receiver": ("mail_ingest", "listen"),
    "worker-1": ("workers", "run", "--name", "worker-1"),
    "worker-2": ("workers", "run", "--name", "worker-2"),
    "scheduler": ("workers", "schedule"),
}
PAUSES = (0.2, 0.5, 1.0, 2.0)
_LAUNCH = ROOT / "workers" / "launch.py"
"""What the supervisor starts its children with: they die with us, too."""


@dataclass
class Member:
    """One role as it runs now. `watched` processes run under the stopper; `due` is when a dead one starts again."""

    role: str
    folder: Path
    process: subprocess.Popen[bytes] | None = None
    watched: bool = False
    due: float = 0.0
    quick_ends: int = 0
    began: float = 0.0
    killed: bool = False
    groups: list[int] = field(default_factory=list)

    def start(self, environment: dict[str, str], *, watched: bool) -> None:
        """Start it, with its output in its log, in a session of its own."""
        command = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), sys.executable, "-m"]
        command += ["tests.attack.stopper", self.role, str(self.folder)] if watched else []
        command += ROLES[self.role]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, env=environment, cwd=self.folder, start_new_session=True
            )
        self.watched, self.began, self.killed = watched, time.monotonic(), False
        self.groups.append(self.process.pid)

    def ended(self) -> None:
        """Note its end, whoever ended it."""
        if time.monotonic() - self.began > 20 or self.killed:
            self.quick_ends = 0
        self.due = time.monotonic() + PAUSES[min(self.quick_ends, len(PAUSES) - 1)]
        self.quick_ends += 1
        self.process = None


class Crew:
    """Keeps the roles running until left; `watch` says for a role whether its next life is under the stopper."""

    def __init__(
        self, installation: Installation, watch: Callable[[str], bool], roles: Sequence[str] = tuple(ROLES)
    ) -> None:
        self.installation, self._watch = installation, watch
        self.environment = dict(installation.environment)
        self.members = {role: Member(role, installation.folder / role) for role in roles}
        self.ended_alone: Counter[str] = Counter()
        self._held: set[str] = set()
        self._stop = threading.Event()
        self._lock = threading.RLock()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        for member in self.members.values():
            member.folder.mkdir()
            member.start(self.environment, watched=self._watch(member.role))
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _keep(self) -> None:
        while not self._stop.wait(0.05):
            with self._lock:
                for member in self.members.values():
                    self._look(member)

    def _look(self, member: Member) -> None:
        if member.process is not None and member.process.poll() is not None:
            if not member.killed:
                self.ended_alone[member.role] += 1
            member.ended()
        if member.process is None and member.role not in self._held and time.monotonic() >= member.due:
            for name in ("armed", "reached"):
                (member.folder / name).unlink(missing_ok=True)
            member.start(self.environment, watched=self._watch(member.role))

    def pid(self, role: str) -> int | None:
        """The process id of the role now; None between two lives."""
        process = self.members[role].process
        return process.pid if process is not None and process.poll() is None else None

    def killed(self, role: str) -> None:
        """Note that this death was meant."""
        self.members[role].killed = True

    @contextlib.contextmanager
    def kept_down(self, role: str) -> Iterator[None]:
        """Within this, the role is not started again."""
        self._held.add(role)
        try:
            yield
        finally:
            self._held.discard(role)

    def restart(self, roles: Sequence[str], environment: dict[str, str]) -> None:
        """End roles as an operator would and start them with other settings."""
        with self._lock:
            self.environment = environment
            for role in roles:
                process = self.members[role].process
                if process is not None:
                    self.members[role].killed = True
                    _end(process)

    def stop(self) -> None:
        """End everything, and whatever the killed ones left."""
        with self._lock:
            self._held.update(self.members)
            processes = [member.process for member in self.members.values() if member.process is not None]
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                _end(process)
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        for group in {group for member in self.members.values() for group in member.groups}:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def orphans(self) -> int:
        """How many processes outlived the one that started them."""
        now = {member.process.pid for member in self.members.values() if member.process is not None}
        groups = {group for member in self.members.values() for group in member.groups} - now
        return sum(_group_lives(group) for group in groups)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(8)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True
