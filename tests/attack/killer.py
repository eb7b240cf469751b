"""Carries out the plan of kills from outside: arms a point, waits until a process stands there, sends SIGKILL."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.attack.crew import Crew
from tests.attack.installation import Installation
from tests.attack.kills import WORKER, Kill
from tests.services.process import Service

SERVERS = ("valkey", "sink", "postgresql")
_PATIENCE = 30.0
_SECONDS_PER_KILL = 6.0
_TRICKLE = 20.0
_AGAIN = 3


@dataclass(frozen=True, slots=True)
class Killed:
    """One kill that was carried out, and when."""

    kill: Kill
    at: float


class Killer:
    """Works through the plan; `share` tells how far it is, and so paces whoever sends mail meanwhile."""

    def __init__(self, installation: Installation, plan: Sequence[Kill], say: Callable[[str], None]) -> None:
        self.installation, self._say = installation, say
        self._left = list(plan)
        self._count = len(plan)
        self._base = 0.0
        self._tries: Counter[Kill] = Counter()
        self.done: list[Killed] = []
        self.unreached: list[Kill] = []
        self.cuts = self.renumbered = 0
        self._since = time.monotonic()
        self._furthest = 0.0

    def watched(self, role: str) -> bool:
        """Whether the next kill of this role is at a point inside the process."""
        worker = role.startswith(WORKER)
        kill = next((one for one in self._left if one.target == role or (worker and one.target == WORKER)), None)
        return kill is not None and kill.point not in (None, "fetch_literal")

    def share(self) -> float:
        """How far the run has come: 0 at its start, 1 when the last kill is done; never goes back.

        Each kill that is left has an equal part of what is left, and one that is waited for long at most nine tenths of
        all: on a busy machine the last ones would else wait at points to which nobody comes any more.
        """
        if not self._left:
            return 1.0
        waited = time.monotonic() - self._since
        part = min(1.0, waited / _SECONDS_PER_KILL) + max(0.0, waited - _SECONDS_PER_KILL) / _TRICKLE
        part = min(0.9, part / (len(self._left) + 1))
        self._furthest = max(self._furthest, self._base + (1 - self._base) * part)
        return self._furthest

    def run(self, crew: Crew) -> None:
        """Every kill of the plan, in its order; one that finds nobody at its point is tried again soon."""
        while self._left:
            kill = self._left[0]
            time.sleep(kill.pause)
            if kill.cut:
                self.installation.proxy.cut()
                self.cuts += 1
            if self._carry_out(crew, kill):
                self.done.append(Killed(kill, time.time()))
                self._since, self._base = time.monotonic(), self._furthest
                self._say(f"{len(self.done)}/{self._count} {kill.target} killed {kill.point or 'at any moment'}")
                continue
            self._say(f"nobody came to {kill.point} of {kill.target} in {_PATIENCE:.0f} s, at {self.share():.2f}")
            self._left.remove(kill)
            self._tries[kill] += 1
            if self._tries[kill] < _AGAIN:
                self._left.insert(2, kill)
            else:
                self.unreached.append(kill)

    def _carry_out(self, crew: Crew, kill: Kill) -> bool:
        if kill.target in SERVERS:
            self._left.pop(0)
            self._restart(self._service(kill.target))
            return True
        with crew.kept_down(kill.target) if kill.renumber else contextlib.nullcontext():
            role = self._somebody(crew, kill)
            pid = crew.pid(role) if role else None
            if role is None or pid is None:
                return False
            self._left.pop(0)
            crew.killed(role)
            os.kill(pid, signal.SIGKILL)
            if kill.renumber:
                self._renumber()
        if kill.point == "fetch_literal":
            self.installation.proxy.disarm()
        return True

    def _somebody(self, crew: Crew, kill: Kill) -> str | None:
        """The role that runs, or stands at the point."""
        if kill.point is None:
            return _awaited(lambda: kill.target if crew.pid(kill.target) else None)
        return self._in_literal() if kill.point == "fetch_literal" else self._at_point(crew, kill)

    def _service(self, name: str) -> Service:
        services: dict[str, Service | None] = {
            "valkey": self.installation.valkey,
            "sink": self.installation.relay,
            "postgresql": self.installation.postgres,
        }
        service = services[name]
        if service is None:
            raise KeyError(name)
        return service

    def _restart(self, service: Service) -> None:
        service.kill()
        time.sleep(0.5)
        service.start()

    def _in_literal(self) -> str | None:
        proxy = self.installation.proxy
        proxy.arm()
        found = _awaited(lambda: "poller" if proxy.halfway.is_set() else None)
        if found is None:
            proxy.disarm()
        return found

    def _at_point(self, crew: Crew, kill: Kill) -> str | None:
        """Arm, and arm again when a process was started anew meanwhile, until one stands at the point."""
        folders = {role: member.folder for role, member in crew.members.items() if role.startswith(kill.target)}

        def look() -> str | None:
            for role, folder in folders.items():
                if (folder / "reached").exists():
                    return role
                if not (folder / "armed").exists():
                    (folder / "armed.new").write_text(f"{kill.point} {kill.passes}")
                    (folder / "armed.new").rename(folder / "armed")
            return None

        found = _awaited(look)
        for role, folder in folders.items():
            (folder / "armed").unlink(missing_ok=True)
            if role != found:
                self._let_go(crew, role)
        return found

    def _let_go(self, crew: Crew, role: str) -> None:
        """One that came to the point as well, too late to be the one."""
        time.sleep(0.05)
        pid = crew.pid(role)
        (crew.members[role].folder / "reached").unlink(missing_ok=True)
        if pid is not None:
            os.kill(pid, signal.SIGCONT)

    def _renumber(self) -> None:
        """Give all mails in the mailbox new UIDs, as a server does that was restored from a backup."""
        account = self.installation.account
        before = _uidvalidity(self.installation)
        time.sleep(1.1)
        account.remove_uidlist()
        self.renumbered += _uidvalidity(self.installation) != before

    def per_point(self) -> Counter[str]:
        """Kills by point, servers by name, the others as `random`."""
        return Counter(
            one.kill.point or (one.kill.target if one.kill.target in SERVERS else "random") for one in self.done
        )


def _uidvalidity(installation: Installation) -> int:
    with installation.account.connect() as client:
        client.select("INBOX", readonly=True)
        return int(str(client.response("UIDVALIDITY")[1][0], "ascii"))


def _awaited(look: Callable[[], str | None]) -> str | None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        found = look()
        if found is not None:
            return found
        time.sleep(0.02)
    return None
