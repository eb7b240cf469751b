"""The hostile run's own eyes: it measures what a dead child took, and counts every kind of fault."""

from __future__ import annotations

from dataclasses import replace

from tests.attack.hostile_bombs import KINDS, bombs, single
from tests.attack.hostile_judge import judge, planted_faults
from tests.attack.hostile_trial import Outcome

LIMIT = 50_000_000
GOOD = Outcome("none", "imap", 1000, 0.5, 100_000_000, "worker", 2.0, "open", 1.0)


def test_every_planted_fault_is_found() -> None:
    planted, found = planted_faults(GOOD, LIMIT)
    assert planted == found == 6


def test_a_mail_beyond_the_size_limit_may_be_refused_and_two_may_be_parked() -> None:
    oversize = replace(GOOD, door="smtp", state="refused", size=LIMIT + 1)
    parked = replace(GOOD, state="parked")
    assert judge([GOOD, oversize, parked, parked], LIMIT).good
    assert not judge([parked] * 3, LIMIT).good
    assert not judge([replace(oversize, size=LIMIT)], LIMIT).good


def test_a_seed_draws_sizes_and_pairs_and_always_the_same() -> None:
    small = ["links", "subject", "pairs"]
    usual, drawn = list(bombs(None, small)), list(bombs(3, small))
    assert [each.name for each in usual[:2]] == ["subject", "links"]
    assert len(drawn) == 8
    assert drawn == list(bombs(3, small))
    assert all(len(drawn[n].raw) != len(usual[n].raw) for n in (0, 1))
    assert {each.name for each in drawn} != {each.name for each in bombs(4, small)}


def test_every_bomb_passes_both_doors_byte_by_byte() -> None:
    for name in KINDS:
        raw = single(name, 1, 1, 0.01).raw
        assert b"\0" not in raw
        assert raw.endswith(b"\r\n")
        assert raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n")
