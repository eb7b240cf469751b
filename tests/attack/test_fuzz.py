"""The fuzzer as tests: a seeded stretch of each target, its planted faults, and every input that once did harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail_ingest.parse import parse
from tests.attack.fuzz import kept, line, planted_missed
from tests.attack.fuzz_child import Fault, judged, watch
from tests.attack.fuzz_inputs import MAILS, made, seeds
from tests.attack.fuzz_targets import PLANTED, TARGETS

SEED = 20261122
FAULTS = sorted((MAILS / "faults").iterdir())
CORPUS = seeds()


@pytest.mark.parametrize("path", FAULTS, ids=lambda path: path.name)
def test_what_did_harm_once_does_none(path: Path) -> None:
    assert judged(TARGETS[path.name.partition("-")[0]], path.read_bytes()) == ("", "")


@pytest.mark.parametrize("target", TARGETS)
def test_a_seeded_stretch_finds_nothing(target: str) -> None:
    found = {number: judged(TARGETS[target], made(target, SEED, number, CORPUS)) for number in range(150)}
    assert {number: said for number, said in found.items() if said != ("", "")} == {}


def test_every_planted_fault_is_found_for_what_it_is() -> None:
    assert len(PLANTED) == 6
    assert planted_missed(SEED, CORPUS) == []


def test_a_finding_is_kept_and_follows_from_its_number(tmp_path: Path) -> None:
    (found,) = watch(["planted-break"], SEED, CORPUS, lambda all_: bool(all_[0].faults))
    fault = found.faults[0]
    assert isinstance(fault, Fault)
    (said,) = kept(tmp_path, [fault], SEED, CORPUS)
    (path,) = tmp_path.iterdir()
    assert path.read_bytes() == made("planted-break", SEED, fault.number, CORPUS)
    assert f"FILE={path}" in said
    assert f" broken={len(found.faults)} " in line([found], SEED, 1, len(CORPUS), 0)


def test_a_mark_of_ours_in_a_mail_hides_nothing() -> None:
    """Lines with the private mark that our HTML reader puts in vanished from the ticket."""
    for name in ("parse-mark-in-plain-text", "parse-mark-as-entity"):
        assert "Deze regel blijft." in parse((MAILS / "faults" / name).read_bytes()).text
    nested = parse((MAILS / "faults" / "parse-mark-in-nested-mail").read_bytes()).text
    assert "Nieuw" in nested
    assert "Ouder" in nested
