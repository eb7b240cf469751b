"""The run of `make chaos-chat`, small: two pages, few lines, each server killed once."""

from __future__ import annotations

from tests.attack.chat import heard, run, wanted
from tests.conftest import need
from tests.services import chromium, valkey


def test_no_line_is_lost_doubled_or_out_of_order() -> None:
    for missing in (chromium.available(), valkey.available()):
        if missing:
            need(missing)
    outcome = run(lines=5, kills=1, seed=5, database="sqlite", chats=1, most=1.2)
    assert outcome.faults == []
    assert outcome.settled
    assert dict(outcome.kills) == {"web": 1, "live": 1, "valkey": 1}


def test_the_judge_sees_a_line_that_is_missing_doubled_or_late() -> None:
    good = ["0", "asker 1", "advisor 1", "asker 2", "advisor 2"]
    assert heard(good) == wanted(2)
    for wrong in (good[:-1], [*good, "asker 2"], [good[3], *good[:3], good[4]]):
        assert heard(wrong) != wanted(2)
