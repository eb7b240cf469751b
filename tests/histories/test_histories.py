"""The clock and destruction hold against a second way to reckon, through histories by chance (RD-22 to RD-25)."""

from __future__ import annotations

import ast
import datetime as dt
import os
from pathlib import Path

import pytest

from helpdesk.ports import Ports
from tests.histories.amsterdam import clock_changes_on, day_in_amsterdam, midnight_in_amsterdam
from tests.histories.model import gone_from
from tests.histories.pure import ENDS, MARKS, run
from tests.histories.stories import live, too_few

HISTORIES, PARTS = int(os.environ.get("HISTORIES", "10000")), 4
WHOLE, ROUNDS = int(os.environ.get("WHOLE", "200")), 12
"""So many through the verbs of a whole helpdesk, each of twelve deeds and of twenty daily turns about."""
MODEL = Path(__file__).parent / "model.py"


def test_the_model_is_short_and_knows_nothing_of_ours() -> None:
    source = MODEL.read_text(encoding="utf-8")
    named = {
        name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([node.module] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names])
    }
    assert named == {"__future__", "datetime", "dataclasses", "functools"}
    assert len(source.splitlines()) <= 200


def test_the_model_knows_the_table_of_dates() -> None:
    assert gone_from(dt.date(2020, 2, 29), 84) == dt.date(2027, 3, 1)
    assert gone_from(dt.date(2024, 2, 29), 90) == dt.date(2031, 8, 30)
    assert gone_from(dt.date(2026, 8, 31), 6) == dt.date(2027, 3, 1)
    assert gone_from(dt.date(2026, 11, 22), 0, 14) == dt.date(2026, 12, 7)
    assert day_in_amsterdam(dt.datetime(2026, 6, 30, 22, 30, tzinfo=dt.UTC)) == dt.date(2026, 7, 1)
    assert midnight_in_amsterdam(dt.date(2026, 10, 25)) == dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC)
    assert clock_changes_on(dt.date(2026, 3, 29))


@pytest.mark.parametrize("part", range(PARTS))
def test_the_reckoning_agrees_with_the_model_in_every_zone(part: int) -> None:
    tally, wrong = run(7, range(part, HISTORIES, PARTS))
    assert not wrong, f"{len(wrong)} differ: {wrong[:5]}"
    assert tally["histories"] * PARTS >= HISTORIES - PARTS
    rare = [name for name in (*MARKS, *ENDS) if tally[name] * 20 < tally["histories"]]
    assert not rare, f"in less than one of twenty histories: {rare}"


def test_whole_helpdesks_do_what_the_model_says(ports: Ports) -> None:
    tally, wrong = live(ports, 13, WHOLE, ROUNDS)
    assert not wrong, f"{len(wrong)} differ: {wrong[:5]}"
    assert WHOLE < 200 or not too_few(tally), f"too few of {too_few(tally)}: {tally}"
