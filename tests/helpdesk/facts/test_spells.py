"""From a row's dates to changes: corrections, re-hire, withdrawal, and that saying it twice changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk.facts.spells import END, LOGIN, SETTLED, START, ByHand, Change, Standing, applied, changes

TAKEN = dt.date(2026, 11, 22)
_LEFT = [(START, "2015-01-01"), (END, "2020-03-31")]
_BACK = [(SETTLED, "2020-05-01"), (START, "2021-01-01")]


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _facts(*rows: tuple[str, str], source: str = "m250") -> list[Standing]:
    return [Standing(number, kind, _day(day), source) for number, (kind, day) in enumerate(rows, 1)]


def _short(found: list[Change]) -> list[tuple[str, str, int | None, bool]]:
    return [
        (one.type, one.valid_on.isoformat(), one.supersedes.id if one.supersedes else None, one.retracts)
        for one in found
    ]


@pytest.mark.parametrize(
    ("said", "facts", "expected"),
    [
        ({END: "2020-03-31"}, [], [(END, "2020-03-31", None, False)]),
        ({END: "2020-03-31"}, [(END, "2020-03-31")], []),
        ({END: "2020-04-30"}, [(END, "2020-03-31")], [(END, "2020-04-30", 1, False)]),
        ({END: None}, [], []),
        # An end that has passed and is no longer given: hired again, as of this file.
        ({END: None}, [(END, "2020-03-31")], [(START, "2026-11-22", None, False)]),
        # One still to come: withdrawn.
        ({END: None}, [(END, "2027-03-31")], [(END, "2027-03-31", 1, True)]),
        ({END: None}, [(END, "2020-03-31"), (START, "2021-01-01")], []),
        ({END: "2025-01-31"}, [(END, "2020-03-31"), (START, "2021-01-01")], [(END, "2025-01-31", None, False)]),
        # The cell was empty by mistake: the start that was concluded from it goes again.
        ({END: "2020-03-31"}, [(END, "2020-03-31"), (START, "2026-11-01")], [(START, "2026-11-01", 2, True)]),
        ({START: "2021-01-01", END: None}, _LEFT, [(START, "2021-01-01", None, False)]),
        ({START: "2015-02-01", END: None}, [(START, "2015-01-01")], [(START, "2015-02-01", 1, False)]),
        ({START: "2015-01-01", END: None}, _LEFT, [(END, "2020-03-31", 2, True)]),
        ({SETTLED: "2020-05-01"}, [(END, "2020-03-31")], [(SETTLED, "2020-05-01", None, False)]),
        ({SETTLED: "2020-06-01"}, [(SETTLED, "2020-05-01")], [(SETTLED, "2020-06-01", 1, False)]),
        ({SETTLED: "2025-06-01"}, _BACK, [(SETTLED, "2025-06-01", None, False)]),
        ({LOGIN: "2025-06-01"}, [(LOGIN, "2025-05-01")], [(LOGIN, "2025-06-01", 1, False)]),
        ({LOGIN: "2025-04-01"}, [(LOGIN, "2025-05-01")], []),
    ],
)  # fmt: skip
def test_changes(
    said: Mapping[str, str | None], facts: list[tuple[str, str]], expected: list[tuple[str, str, int | None, bool]]
) -> None:
    dates = {kind: _day(day) if day else None for kind, day in said.items()}
    assert _short(changes(dates, _facts(*facts), "m250", TAKEN)) == expected


@pytest.mark.parametrize("kind", [END, SETTLED])
def test_what_a_person_entered_is_not_replaced_by_a_file(kind: str) -> None:
    by_hand = _facts((kind, "2020-03-31"), source="hand")
    assert changes({kind: _day("2020-03-31")}, by_hand, "m250", TAKEN) == []
    with pytest.raises(ByHand):
        changes({kind: _day("2020-04-30")}, by_hand, "m250", TAKEN)
    assert changes({END: None}, by_hand, "m250", TAKEN) == []


_days = st.dates(dt.date(2015, 1, 1), dt.date(2028, 12, 31))
_rows = st.fixed_dictionaries(
    {}, optional={END: st.none() | _days, START: st.none() | _days, SETTLED: _days, LOGIN: _days}
)


@given(st.lists(_rows, max_size=6))
@example([{START: _day("2015-01-02"), END: _day("2015-01-02")}, {END: _day("2015-01-01")}])
@example([{START: _day(start)} for start in ("2016-01-01", "2015-06-01")] + [{END: _day("2015-01-01")}])
def test_a_row_said_twice_changes_nothing_the_second_time(rows: list[dict[str, dt.date | None]]) -> None:
    """Whatever came before; and no fact ever takes the place of one that no longer stands."""
    standing: list[Standing] = []
    for row in rows:
        start, end = row.get(START), row.get(END)
        if start is not None and end is not None and end < start:
            continue
        found = changes(row, standing, "m250", TAKEN)
        standing = applied(standing, found, "m250", -1000 - 10 * len(standing))
        assert changes(row, standing, "m250", TAKEN) == []
        assert len({(fact.type, fact.valid_on) for fact in standing}) == len(standing)
