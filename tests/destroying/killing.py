"""Runs that are killed from outside: at every step by name, at any moment, and with the servers killed beside them."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.destroying.judge import Verdict, finished, half_way
from tests.destroying.place import Place
from tests.destroying.runner import Ended, Runner
from tests.destroying.sight import Sight, look
from tests.services.process import Service

_TIMES = 3
"""How often each server is killed under a run."""


@dataclass
class Trial:
    """One database: the place, how it was before, whose term is over; what was counted, and what is wrong."""

    place: Place
    runner: Runner
    random: Random
    say: Callable[[str], None]
    before: Sight
    doomed: frozenset[int]
    counts: Counter[str] = field(default_factory=Counter)
    verdict: Verdict = field(default_factory=Verdict)
    sentences: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def look_between(self, where: str) -> Sight:
        """Judge what a killed run left."""
        now = look(self.place)
        self.verdict.add(half_way(self.before, now, self.doomed), where)
        return now

    def finish(self, where: str) -> None:
        """Run once more, to the end, and judge."""
        self.look_at_end(self.runner.run(self.place), where)

    def look_at_end(self, ended: Ended, where: str) -> None:
        """Judge what a run left that came to its end."""
        if ended.code:
            self.verdict.fault("not_done", f"{where}: the run after it ended with {ended.code}: {ended.said[-300:]}")
        now = look(self.place, bytes_too=True)
        found = finished(self.before, now, self.doomed)
        for word in sorted(now.words & words_of(self.before, self.doomed)):
            found.fault("bytes_left", word)
        self.verdict.add(found, where)
        self.counts["lists"] += 1
        self.counts["tickets"] += len(self.doomed)
        self.counts["done"] += sum(now.told("destroyed").values())

    def clear_words(self, ended: Ended, where: str) -> None:
        """A run that stopped by itself says one sentence why."""
        last = (ended.said.strip().splitlines() or [""])[-1]
        self.sentences[last] += 1
        if "Traceback" in ended.said or not last.startswith("error: ") or ended.code != 1:
            self.verdict.fault("no_sentence", f"{where}: ended with {ended.code} and {last[:200]!r}")


def merged_into(sight: Sight) -> dict[int, int]:
    """Which ticket each merged one is in."""
    found = {ticket_id: (sight.row(ticket_id) or {}).get("merged_into_id") for ticket_id in sight.rows}
    return {ticket_id: root for ticket_id, root in found.items() if root is not None}


def family(sight: Sight) -> frozenset[int]:
    """What is on the list, and what was merged into that."""
    found = {ticket_id for ticket_id in sight.rows if sight.state(ticket_id) == "listed"}
    return frozenset(found | {ticket_id for ticket_id, root in merged_into(sight).items() if root in found})


def words_of(sight: Sight, tickets: frozenset[int]) -> set[str]:
    """The words planted in these tickets."""
    people = [row for one in tickets for key, row in sight.rows[one].items() if key.startswith("ticket_person ")]
    return {str(row["address"]).partition("@")[0] for row in people if row.get("address")}


def at_every_step(trial: Trial, most: int | None = None) -> None:
    """One kill at each step by which a run comes, as many in a row on one list as it takes, then a run to the end.

    With `most` at so many of them, drawn by chance.
    """
    trial.place.fresh()
    steps = trial.runner.steps(trial.place)
    trial.counts["steps"] = len(steps)
    drawn = set(steps) if most is None else set(trial.random.sample(list(steps), most))
    left = [step for step in steps if step in drawn]
    while left:
        trial.place.fresh()
        first = left[0]
        for step in list(left):
            passes = 1 if step == first else trial.random.randint(1, min(3, steps[step]))
            ended = trial.runner.killed_at(trial.place, step, passes)
            if not ended.killed:
                # A step that comes once in a ledger's life, or a list that was at its end.
                trial.look_at_end(ended, f"a run that was to be killed at {step}")
                break
            left.remove(step)
            trial.counts["killed_at_steps"] += 1
            trial.look_between(f"killed at {step}")
        else:
            trial.finish("after kills at steps")
        if first in left:
            left.remove(first)
            trial.verdict.fault("unreached", first)


def at_any_moment(trial: Trial, kills: int) -> Counter[str]:
    """So many kills at moments by chance. Returns in which part of a run they fell."""
    parts: Counter[str] = Counter()
    while sum(parts.values()) < kills:
        trial.place.fresh()
        span = trial.seconds * trial.random.choice((0.2, 0.4, 0.8))
        while sum(parts.values()) < kills:
            ended = trial.runner.killed_after(trial.place, trial.random.uniform(0, span))
            if not ended.killed:
                trial.look_at_end(ended, "after kills by chance")
                break
            now = trial.look_between("killed by chance")
            parts[_part(trial, now)] += 1
            if not sum(parts.values()) % 25:
                trial.say(f"  {sum(parts.values())} killed by chance")
        else:
            trial.finish("after kills by chance")
    return parts


def _part(trial: Trial, now: Sight) -> str:
    """How far a killed run had come."""
    states = Counter(now.state(ticket_id) for ticket_id in trial.doomed)
    if now.lists["done"]:
        return "done"
    if states[""] == len(trial.doomed):
        return "rows_gone"
    if states["destroying"]:
        return "decided" if states["destroying"] + states[""] > sum(now.told("intent").values()) else "intent_told"
    return "between" if states[""] else "before"


def beside_servers(trial: Trial, servers: list[Service]) -> None:
    """Each server killed before a run and, time and again, during one; then it is there again, and a run finishes."""
    for server in servers:
        for moment in range(_TIMES + 1):
            trial.place.fresh()
            where = f"{server.name} killed {'during' if moment else 'before'} a run"
            if not moment:
                server.kill()
            running = trial.runner.begin(trial.place)
            if moment:
                time.sleep(trial.random.uniform(0.05, 0.9) * trial.seconds)
                server.kill()
            ended = running.end()
            server.start()
            trial.counts[f"{server.name}_killed"] += 1
            if ended.code:
                trial.counts[f"{server.name}_stopped_a_run"] += 1
                trial.clear_words(ended, where)
                trial.look_between(where)
                trial.finish(where)
            else:
                trial.look_at_end(ended, where)
