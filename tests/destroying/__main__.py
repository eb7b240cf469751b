"""`make destroy-kills`: lists are run and killed in every way there is, and holds are placed against them.

KILLS=200 at moments by chance, HOLDS=1000, TICKETS=240 on a list, SEED=7, DB=sqlite|postgresql|both;
PARTS=steps,chance,servers,full,holds chooses some; STEPS=list prints by which steps a run comes.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.destroying.filling_up import NoMountError, SmallPostgres, on_a_full_server, on_full_disks, small_disk
from tests.destroying.killing import Trial, at_any_moment, at_every_step, beside_servers, family
from tests.destroying.place import Place, QuickPostgres
from tests.destroying.planted import planted_faults
from tests.destroying.racing import race
from tests.destroying.runner import Runner
from tests.destroying.sight import look
from tests.services.process import Service
from tests.services.valkey import Valkey

PARTS = ("steps", "chance", "servers", "full", "holds")
SIZES = {"KILLS": 200, "HOLDS": 1000, "TICKETS": 240, "SEED": 7}
MOST = 480
"""More tickets on a list would be stopped by the brake."""
_SERVER_DISK = 800


def say(line: str) -> None:
    """A line of progress or result."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@dataclass(frozen=True)
class Plan:
    """What is asked for."""

    kills: int
    holds: int
    tickets: int
    seed: int
    parts: tuple[str, ...]


def trial_on(place: Place, runner: Runner, plan: Plan, say: Callable[[str], None]) -> Trial:
    """A place that is filled, and how it is before anything happens."""
    place.fill(plan.tickets, plan.tickets // 4, plan.seed)
    place.fresh()
    before = look(place, bytes_too=True)
    return Trial(place, runner, Random(plan.seed), say, before, family(before))


def run(database: str, plan: Plan, say: Callable[[str], None] = say) -> Trial:
    """All of it on one database."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-destroying-")))
        folder.chmod(0o755)
        valkey = stack.enter_context(Valkey())
        server = stack.enter_context(QuickPostgres()) if database == "postgresql" else None
        runner = stack.enter_context(Runner())
        trial = trial_on(Place(database, folder, server, valkey.url), runner, plan, say)
        trial.counts["planted"], trial.counts["planted_found"] = planted_faults(trial)
        _kill(trial, plan, [valkey, *([server] if server else [])])
        if "full" in plan.parts:
            _full(trial, plan)
        if "holds" in plan.parts:
            race(trial, plan.holds, min(100, plan.holds // 10))
    for said, times in trial.sentences.most_common():
        say(f"  said {times} times: {said}")
    for line in told_briefly(trial.verdict.lines):
        say(f"  {line}")
    numbers = " ".join(f"{name}={count}" for name, count in trial.counts.items())
    wrong = ",".join(f"{name}:{count}" for name, count in trial.verdict.counts.items()) or "none"
    say(
        f"RESULT destroy-kills db={database} seed={plan.seed} {numbers} faults={sum(trial.verdict.counts.values())} "
        f"wrong={wrong} seconds={time.monotonic() - began:.0f}"
    )
    return trial


def told_briefly(lines: Sequence[str]) -> list[str]:
    """The first few of each kind at each place: a fault at one ticket is one at many."""
    told: Counter[str] = Counter()
    shown = []
    for line in lines:
        kind = re.sub(r"[0-9a-f]{32}|\d+", "", line)
        told[kind] += 1
        if told[kind] <= 2:
            shown.append(line)
    return shown[:60]


def _kill(trial: Trial, plan: Plan, servers: list[Service]) -> None:
    if "steps" in plan.parts:
        at_every_step(trial)
    if "some" in plan.parts:
        at_every_step(trial, 5)
    if trial.counts["steps"]:
        trial.say(f"  killed at {trial.counts['killed_at_steps']} of {trial.counts['steps']} steps")
    if "chance" in plan.parts:
        parts = at_any_moment(trial, plan.kills)
        trial.counts["killed_by_chance"] = sum(parts.values())
        trial.say("  killed by chance when a run was: " + " ".join(f"{name}:{n}" for name, n in parts.most_common()))
    if "servers" in plan.parts:
        beside_servers(trial, servers)


def _full(trial: Trial, plan: Plan) -> None:
    """Where nothing can be mounted that is said, and counted."""
    try:
        on_full_disks(trial)
        if trial.place.server is not None:
            _full_server(trial, plan)
    except NoMountError as fault:
        trial.counts["full_skipped"] += 1
        trial.say(f"  no full disk: {fault}")


def _full_server(trial: Trial, plan: Plan) -> None:
    server = SmallPostgres()
    with small_disk(server.folder, _SERVER_DISK), server:
        folder = trial.place.folder / "beside"
        folder.mkdir()
        small = replace(plan, tickets=plan.tickets // 4)
        other = trial_on(Place("postgresql", folder, server), trial.runner, small, trial.say)
        on_a_full_server(other, server)
        other.place.server = None
    trial.counts += other.counts
    trial.sentences += other.sentences
    trial.verdict.add(other.verdict, "its own disk")


def _list_steps(database: str, plan: Plan) -> None:
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hd-destroying-")))
        server = stack.enter_context(QuickPostgres()) if database == "postgresql" else None
        runner = stack.enter_context(Runner())
        trial = trial_on(Place(database, folder, server), runner, plan, say)
        for step, times in runner.steps(trial.place).items():
            say(f"{times:5} {step}")


def main() -> int:
    """A RESULT line per database; 0 when nothing was wrong on any."""
    kills, holds, tickets, seed = (int(os.environ.get(name, usual)) for name, usual in SIZES.items())
    plan = Plan(
        kills, holds, max(16, min(MOST, tickets)), seed, tuple(os.environ.get("PARTS", ",".join(PARTS)).split(","))
    )
    kinds = os.environ.get("DB", "both").replace("both", "sqlite,postgresql").split(",")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if os.environ.get("STEPS") == "list":
        for kind in kinds:
            _list_steps(kind, plan)
        return 0
    good = [not run(kind, plan).verdict.counts for kind in kinds]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
