"""The attack by hostile strings as a test: a seeded sixty of our own list."""

from __future__ import annotations

import json
from pathlib import Path

from tests.attack.xss import run
from tests.attack.xss_strings import listed, own_strings, some
from tests.services.chromium import Chromium


def test_nothing_of_sixty_hostile_strings_runs_or_leaves_and_a_true_mail_keeps_its_formatting(
    chromium: Chromium, tmp_path: Path
) -> None:
    outcome = run(some(own_strings(7, 400), 60, 7), chromium.browser, tmp_path)
    assert outcome.problems == []
    assert outcome.visit.visited.total() > 60 * 15


def test_our_list_is_large_the_same_for_a_seed_and_another_for_another() -> None:
    first, again, other = own_strings(7, 400), own_strings(7, 400), own_strings(8, 400)
    assert first == again
    assert len({each.text for each in first}) == 400
    assert len({each.text for each in first} & {each.text for each in other}) < 200


def test_a_list_may_hold_strings_or_objects(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text(json.dumps(["<b>", {"id": "x-1", "origin": "somewhere", "payload": "<i>"}]), encoding="utf-8")
    assert [(each.name, each.text) for each in listed(path)] == [("0", "<b>"), ("x-1", "<i>")]
