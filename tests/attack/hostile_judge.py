"""Counts what went wrong in a hostile run; and plants one fault of each kind to see that it would be counted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from tests.attack.hostile_meter import Meter
from tests.attack.hostile_trial import CPU_SECONDS, LATE_SECONDS, RSS_BYTES, Outcome

MAX_PARKED = 2
_GREEDY = f"""
import time
kept = bytearray({RSS_BYTES * 21 // 20})
kept[::4096] = b"x" * len(kept[::4096])
while time.process_time() < {CPU_SECONDS * 1.1}:
    pass
time.sleep(0.2)
"""
_PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]]); print(flush=True); input()"


@dataclass(frozen=True, slots=True)
class Counts:
    """How many trials broke which rule."""

    over_cpu: int
    over_rss: int
    late: int
    parked: int
    refused: int
    lost: int
    unserved: int

    @property
    def good(self) -> bool:
        """Whether every rule was kept: some bombs may be parked, and a mail beyond the size limit refused by SMTP."""
        broken = (self.over_cpu, self.over_rss, self.late, self.lost, self.unserved)
        return not any(broken) and self.parked <= MAX_PARKED

    def line(self) -> str:
        """As it is printed."""
        return " ".join(f"{field.name}={getattr(self, field.name)}" for field in fields(self))


def judge(outcomes: Sequence[Outcome], size_limit: int) -> Counts:
    """What these trials come to. `size_limit` is what the receiver announces; refusing less than that is losing it."""
    oversize = [each for each in outcomes if each.state == "refused" and each.size > size_limit]
    kept = [each for each in outcomes if each not in oversize]
    return Counts(
        over_cpu=sum(each.cpu > CPU_SECONDS for each in outcomes),
        over_rss=sum(each.rss >= RSS_BYTES for each in outcomes),
        late=sum(each.slowest_plain > LATE_SECONDS for each in outcomes),
        parked=sum(each.state == "parked" for each in kept),
        refused=len(oversize),
        lost=sum(each.state not in ("open", "parked") for each in kept),
        unserved=sum(bool(each.unserved) for each in kept),
    )


def measured_greed() -> Outcome:
    """What the meter makes of a process whose child, dead by then, took too much of both."""
    with subprocess.Popen(
        [sys.executable, "-c", _PARENT, _GREEDY], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        with Meter([parent.pid]) as meter:
            if parent.stdout is not None:
                parent.stdout.readline()
            peak, of = meter.peak()
            cpu = meter.cpu()
        parent.communicate(b"\n")
    return Outcome("planted", "none", 0, cpu, peak, of, 0.0, "open", 0.0)


def planted_faults(outcome: Outcome, size_limit: int) -> tuple[int, int]:
    """How many faults were planted, and in how many the count of that fault rose. `outcome` is a good one."""
    greed = measured_greed()
    planted = {
        "over_cpu": replace(outcome, cpu=greed.cpu),
        "over_rss": replace(outcome, rss=greed.rss),
        "late": replace(outcome, slowest_plain=LATE_SECONDS + 0.1),
        "parked": replace(outcome, state="parked"),
        "lost": replace(outcome, state="refused", size=size_limit),
        "unserved": replace(outcome, unserved=("page",)),
    }
    before = judge([outcome], size_limit)
    found = sum(
        getattr(judge([outcome, fault], size_limit), name) > getattr(before, name) for name, fault in planted.items()
    )
    return len(planted), found
