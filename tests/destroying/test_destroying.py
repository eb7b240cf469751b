"""Runs that are killed, in small: some steps by chance, some moments, holds against a run; and the planted faults."""

from __future__ import annotations

import pytest

from tests.destroying.__main__ import Plan, run
from tests.services import valkey
from tests.services.fixtures import need


def test_a_run_that_is_killed_is_finished_by_the_next(capsys: pytest.CaptureFixture[str]) -> None:
    need(valkey.available())
    said: list[str] = []
    trial = run("sqlite", Plan(kills=3, holds=10, tickets=30, seed=7, parts=("some", "chance", "holds")), said.append)
    with capsys.disabled():
        print(f"\n{said[-1]}")  # noqa: T201 - the figures belong in the log of the test run
    assert not trial.verdict.counts, trial.verdict.lines
    assert trial.counts["planted"] == trial.counts["planted_found"] == 10
    assert trial.counts["killed_at_steps"] >= 5
    assert trial.counts["killed_by_chance"] == 3
    assert min(trial.counts["held"], trial.counts["told"]) >= 1
