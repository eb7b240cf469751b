"""The thread attack as tests: every case on SQLite, a seeded third on PostgreSQL; and the attack finds a break."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from helpdesk.mail import matching
from tests.attack.thread_cases import ANSWERS, ATTACKS, Case
from tests.attack.threads import Scene, Tally, attack, run_case
from tests.services.postgres import Postgres
from tests.show_mail import empty_ports

CASES = (*ATTACKS, *ANSWERS)
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


def test_a_matcher_without_participants_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "is_participant", lambda _unit, _ticket_id, _address: True)
    tally = Tally()
    ports = empty_ports(tmp_path)
    case = next(case for case in ATTACKS if case.name == "true-message-id-outsider")
    attack(Scene(ports, case), case, tally)
    ports.engine.dispose()
    assert "true-message-id-outsider: kept_out" in tally.wrong
