"""The thread attack as tests: every case on SQLite, a seeded third on PostgreSQL."""

from __future__ import annotations

import random

import pytest

from tests.attack.thread_cases import ANSWERS, ATTACKS, Case
from tests.attack.thread_reports import FORGED, TRUE
from tests.attack.threads import Tally, run_case
from tests.services.postgres import Postgres

CASES = (*ATTACKS, *FORGED, *ANSWERS, *TRUE)
SOME = random.Random(7).sample(CASES, len(CASES) // 3)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_strangers_stay_out_and_askers_get_in(case: Case) -> None:
    tally = Tally()
    run_case(case, None, tally)
    assert tally.wrong == []
    assert sum(tally.counts.values()) >= 1


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_the_same_on_postgresql(case: Case, postgres_server: Postgres) -> None:
    tally = Tally()
    run_case(case, postgres_server, tally)
    assert tally.wrong == []
