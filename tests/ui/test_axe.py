"""Every page, and a quarter of the states they can be in: drawn by SEED, as are size and theme, each pair as often.

`make axe` looks at all states at every size in both themes.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import product

import pytest

from tests.services.chromium import Chromium
from tests.ui.axe import examine
from tests.ui.looking import Sight, all_rules
from tests.ui.planted import PLANTS, planted
from tests.ui.stage import SIZES, THEMES, Stage, stage
from tests.ui.state import State
from tests.ui.states import STATES

SEED = int(os.environ.get("SEED", "1"))
PAIRS = tuple(product(SIZES, THEMES))


def drawn(seed: int) -> dict[State, tuple[tuple[int, int], str]]:
    """A quarter of the states, every route among them, each with a size and a theme, each pair as often as others."""
    shuffled = list(STATES)
    random.Random(seed).shuffle(shuffled)
    first = {state.route: state for state in reversed(shuffled)}
    chosen = list(dict.fromkeys([*first.values(), *shuffled]))[: max(len(first), len(STATES) // 4)]
    return {state: PAIRS[n % len(PAIRS)] for n, state in enumerate(chosen)}


DRAWN = drawn(SEED)


@pytest.fixture(scope="module")
def opened(chromium: Chromium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with stage(chromium, tmp_path_factory.mktemp("stage")) as made:
        yield made


@pytest.fixture(scope="module")
def seen() -> Sight:
    """What all the states together showed."""
    return Sight()


def test_each_kind_of_fault_is_found_where_it_is_planted(opened: Stage) -> None:
    found = planted(opened)
    assert len(found) == len(PLANTS)
    assert [says for says, there in found.items() if not there] == []


def test_every_pair_of_size_and_theme_is_seen_on_many_pages() -> None:
    counts = Counter(DRAWN.values())
    assert set(counts) == set(PAIRS)
    assert min(counts.values()) >= len(DRAWN) // len(PAIRS)
    assert {state.route for state in DRAWN} == {state.route for state in STATES}


@pytest.mark.parametrize("state", DRAWN, ids=lambda state: state.id)
def test_a_screen_has_no_fault(opened: Stage, seen: Sight, state: State) -> None:
    size, theme = DRAWN[state]
    (sight,) = examine(opened, state, size, (theme,))
    seen.add(sight)
    assert sight.rules == all_rules(opened.page), "axe passed over a rule"
    assert not sight.faults, "\n".join(sight.faults)


def test_what_was_seen_is_said(seen: Sight, record_property: Callable[[str, object], None]) -> None:
    times = Counter(DRAWN.values()).values()
    record_property(
        "said",
        f"screens: states={len(DRAWN)} of={len(STATES)} routes={len({state.route for state in DRAWN})} seed={SEED} "
        f"each_pair={min(times)}-{max(times)} rules={len(seen.rules)} tab_stops={seen.stops} "
        f"incomplete={seen.incomplete.total()} foreign={seen.foreign.total()}",
    )
    assert seen.stops >= len(DRAWN), "Tab came nowhere"


def test_foreign_markup_is_told_apart_from_ours(opened: Stage) -> None:
    state = next(one for one in STATES if one.id == "files-html-filled-foreign")
    (sight,) = examine(opened, state, SIZES[0], ("light",))
    assert sight.foreign["image-alt"] == 1
    assert sight.foreign["link-name"] == 1
    assert not sight.faults, "\n".join(sight.faults)
