"""Every named break and fault finds the one place that it changes: code that moved must not take a check along."""

from __future__ import annotations

from tests.house.breaking import Break, Edit
from tests.house.breaks import BREAKS
from tests.house.code_tree import ROOT
from tests.house.faults_of_retention import FAULTS


def gone(each: Break) -> list[str]:
    """The edits of a break whose anchor is not there exactly once."""
    return [
        f"{each.name}: {edit.path} holds {n} times {edit.find!r}" for edit in each.edits if (n := _times(edit)) != 1
    ]


def _times(edit: Edit) -> int:
    path = ROOT / edit.path
    return path.read_text(encoding="utf-8").count(edit.find) if edit.find and path.exists() else 1


def test_every_anchor_is_there_once() -> None:
    assert len(BREAKS) + len(FAULTS) > 60
    assert [line for each in (*BREAKS, *FAULTS) for line in gone(each)] == []


def test_an_anchor_that_is_gone_is_found() -> None:
    planted = Break("planted", "imports", "", (Edit("helpdesk/unit.py", "", "no such text in it"),))
    assert len(gone(planted)) == 1
