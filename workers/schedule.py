"""The clockwork: nudges jobs at fixed intervals, so that a lost nudge costs seconds and a lost Redis nothing.

Decides nothing about work: every job looks for its rows itself, and finding none is cheap.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.errors import Unavailable
from helpdesk.leases import beat, hold, release
from helpdesk.ports import (
    CHAT_WAITING,
    CHECK_AGES,
    CHECK_ALARMS,
    CLEAN_WAITING,
    DELIVER_WAITING,
    DISPOSAL_WAITING,
    EXPIRE_BACKUPS,
    FILE_WAITING,
    HOLD_WAITING,
    IMPORT_WAITING,
    POLICY_WAITING,
    RIGHTS_WAITING,
    SCAN_WAITING,
    SWEEP,
    Ports,
)
from workers.job import run_here

log = logging.getLogger(__name__)
NAME = "scheduler"
LEASE_SECONDS = 15
BEAT_SECONDS = 5.0
_STEP = 0.5


@dataclass(frozen=True)
class Turn:
    """One row: which job, how often, and why just so often."""

    job: str
    seconds: float
    why: str


TABLE = (
    Turn(FILE_WAITING, 2, "a mail whose nudge was lost is a ticket within 5 s all the same"),
    Turn(DELIVER_WAITING, 2, "an answer leaves when its 10 s of undo are over; nothing else tells us that moment"),
    Turn(CHAT_WAITING, 5, "who left a chat, who waits too long and who is silent is known within seconds"),
    Turn(CLEAN_WAITING, 10, "HTML waits for nobody: the text is there at once"),
    Turn(SCAN_WAITING, 10, "a file whose nudge was lost is scanned all the same, and when the scanner is back"),
    Turn(IMPORT_WAITING, 10, "an import whose process was killed goes on by itself"),
    Turn(HOLD_WAITING, 10, "what a new hold keeps is found by itself, also when its process was killed"),
    Turn(DISPOSAL_WAITING, 60, "lists are made once a day; what may run does so within a minute"),
    Turn(RIGHTS_WAITING, 60, "exports are made, and gone when their week is over; destroyed parts leave the disk"),
    Turn(POLICY_WAITING, 60, "who is to approve a register reads what it would do, also after a breakdown"),
    Turn(SWEEP, 60, "what a crash left half-way: claims, staged blobs, mails whose back-off is over"),
    Turn(CHECK_ALARMS, 60, "silence, lag, disk, parked mail: looked at once a minute"),
    Turn(CHECK_AGES, 3600, "ages are days: who waits too long is known within the hour of midnight"),
    Turn(EXPIRE_BACKUPS, 3600, "a backup has a last day: it is gone within the hour of midnight"),
)


class Schedule:
    """Keeps for every row of the table when it is due."""

    def __init__(
        self,
        ports: Ports,
        clock: Callable[[], float] = time.monotonic,
        do: Callable[[str, Ports], bool] = run_here,
    ) -> None:
        self._ports, self._clock, self._do = ports, clock, do
        self._due = {turn.job: 0.0 for turn in TABLE}
        self._beat_at = 0.0
        self._leading = False

    def tick(self) -> None:
        """Renew lease and heartbeat when due, then start what is due. Raises Unavailable without the database."""
        now = self._clock()
        if now >= self._beat_at:
            self._leading = hold(self._ports, NAME, LEASE_SECONDS)
            beat(self._ports, NAME)
            self._beat_at = now + BEAT_SECONDS
        if not self._leading:
            return
        waiting = [turn for turn in TABLE if now >= self._due[turn.job]]
        for turn in waiting:
            self._due[turn.job] = now + turn.seconds
        if waiting:
            self._set_off([turn.job for turn in waiting])

    def _set_off(self, jobs: list[str]) -> None:
        """Nudge the workers; without Redis they hear nothing, so the work is done here."""
        try:
            self._ports.jobs.ping()
        except Unavailable:
            log.warning("Redis is gone: the scheduler does the work itself")
            for job in jobs:
                self._do(job, self._ports)
            return
        for job in jobs:
            self._ports.jobs.nudge(job)

    def leave(self) -> None:
        """Give the lease back, so that the next one need not wait."""
        try:
            release(self._ports, NAME)
        except Unavailable as fault:
            log.warning("the lease runs out by itself", extra={"code": fault.code})


def run_forever(ports: Ports, stop: threading.Event) -> None:
    """Tick until `stop`; a database that is gone is tried again every half second."""
    schedule = Schedule(ports)
    while not stop.wait(_STEP):
        try:
            schedule.tick()
        except Unavailable as fault:
            log.warning("waiting for the database", extra={"code": fault.code})
    schedule.leave()
