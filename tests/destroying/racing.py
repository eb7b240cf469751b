"""Holds placed by several processes while lists run: each ticket is held and whole, or gone and its placer was told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from helpdesk.people.accounts import account_named
from helpdesk.unit import SYSTEM, unit_of_work
from tests.attack.installation import ROOT
from tests.destroying.judge import raced
from tests.destroying.killing import Trial, merged_into
from tests.destroying.sight import Sight, look

PLACERS, RUNS = 4, 3
_TOLD = {"destroying", "not_found"}
_MOST_ROUNDS = 60


def race(trial: Trial, wanted: int, least: int) -> None:
    """Rounds of placing until there were so many, and both outcomes so often."""
    placers = [_placer() for _ in range(PLACERS)]
    for placer in placers:
        if _line(placer) != "ready\n":
            raise RuntimeError("somebody who places holds did not begin")
    try:
        _rounds(trial, placers, wanted, least)
    finally:
        for placer in placers:
            placer.kill()
            placer.communicate()


def _rounds(trial: Trial, placers: list[subprocess.Popen[str]], wanted: int, least: int) -> None:
    pace = 0.5
    for _ in range(_MOST_ROUNDS):
        held, told = trial.counts["held"], trial.counts["told"]
        if held + told >= wanted and min(held, told) >= least:
            return
        _round(trial, placers, pace)
        won, lost = trial.counts["held"] - held, trial.counts["told"] - told
        trial.say(f"  of {won + lost} holds {won} stand, {lost} were told")
        # Who is quicker than the run always wins; who is slower, never.
        pace = min(4.0, pace * 1.4) if lost < won / 2 else max(0.02, pace / 1.4) if won < lost / 2 else pace
    trial.verdict.fault("one_sided", f"{trial.counts['held']} stand and {trial.counts['told']} were told")


def _round(trial: Trial, placers: list[subprocess.Popen[str]], pace: float) -> None:
    trial.place.fresh()
    before = look(trial.place)
    wanted = [[one, (before.row(one) or {})["number"]] for one in before.rows if before.state(one) == "listed"]
    trial.random.shuffle(wanted)
    pause = pace * trial.seconds * PLACERS / len(wanted)
    said = {"environment": trial.place.environment, "account": _officer(trial), "pause": pause}
    runs = [trial.runner.begin(trial.place) for _ in range(RUNS)]
    for nth, placer in enumerate(placers):
        _tell(placer, said | {"tickets": wanted[nth::PLACERS]})
    answers: dict[int, str] = {}
    for placer in placers:
        answers |= dict(json.loads(_line(placer) or "[]"))
    for run in runs:
        if (ended := run.end()).code:
            trial.verdict.fault("not_done", f"a run beside holds ended with {ended.code}: {ended.said[-300:]}")
    for answer in set(answers.values()) - _TOLD - {"held"}:
        trial.verdict.fault("strange_answer", answer)
    if len(answers) != len(wanted):
        trial.verdict.fault("strange_answer", f"{len(wanted) - len(answers)} placers said nothing")
    _judged(trial, before, {one: answer == "held" for one, answer in answers.items()})


def _judged(trial: Trial, before: Sight, stands: dict[int, bool]) -> None:
    trial.runner.run(trial.place)
    now = look(trial.place)
    whole = dict(stands)
    for ticket_id, root in merged_into(before).items():
        if root in stands:
            whole[ticket_id] = stands[root]
    trial.verdict.add(raced(before, now, whole), "holds beside a run")
    trial.counts["held"] += sum(stands.values())
    trial.counts["told"] += len(stands) - sum(stands.values())


def _officer(trial: Trial) -> int:
    ports = trial.place.ports()
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = account_named(unit, "piet@academie.example")
    ports.engine.dispose()
    return found.id


def _placer() -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.destroying.placing"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")},
    )


def _line(placer: subprocess.Popen[str]) -> str:
    if placer.stdout is None:
        raise RuntimeError("somebody who places holds has no voice")
    return placer.stdout.readline()


def _tell(placer: subprocess.Popen[str], said: dict[str, Any]) -> None:
    if placer.stdin is None:
        raise RuntimeError("somebody who places holds can't be told what to do")
    placer.stdin.write(json.dumps(said) + "\n")
    placer.stdin.flush()
