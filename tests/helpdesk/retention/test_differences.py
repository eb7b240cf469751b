"""What differs between two versions of a register, word by word, with text and machine form apart."""

from __future__ import annotations

import pytest

from helpdesk.privacy.policies import shipped_text
from helpdesk.retention.register.differences import Part, Row, differences, machine_form, word_parts
from helpdesk.retention.register.load import load
from helpdesk.retention.register.model import Register

TEXT = shipped_text("551")


def _changed(*pairs: tuple[bytes, bytes]) -> Register:
    text = TEXT
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return load(text)


def _fields(rows: list[Row]) -> dict[tuple[str, str], bool]:
    return {(row.name, field.name): field.is_text for row in rows for field in row.fields}


def test_the_same_text_differs_in_nothing() -> None:
    assert differences(load(TEXT), load(TEXT + b"\n# a remark\n")) == []


def test_a_term_changes_in_words_and_in_what_the_software_reads() -> None:
    old, new = load(TEXT), _changed((b"is 7 jaar na", b"is 5 jaar na"), (b'period = "P7Y"', b'period = "P5Y"'))
    rows = differences(old, new)
    assert _fields(rows) == {("R1", "term_nl"): True, ("R1", "terms"): False}
    (row,) = rows
    assert (row.how, row.before) == ("changed", machine_form(old.rules["R1"]))
    assert "P7Y" in row.before
    assert row.after == row.before.replace("P7Y", "P5Y")
    words = next(field for field in row.fields if field.is_text)
    assert [part for part in words.parts if part.how != "same"] == [Part("gone", "7"), Part("new", "5")]
    assert " ".join(part.words for part in words.parts if part.how != "new") == " ".join(
        old.rules["R1"].term_nl.split()
    )


def test_text_alone_and_machine_form_alone_are_told_apart() -> None:
    text = differences(
        load(TEXT), _changed((b"Tot einde dienstverband BZ + 6 maanden", b"Tot einde dienst BZ + 6 maanden"))
    )
    assert set(_fields(text).values()) == {True}
    machine = differences(load(TEXT), _changed((b'escalate_after = "P6M"', b'escalate_after = "P9M"')))
    assert list(_fields(machine).values()) == [False]
    assert machine[0].name.startswith("anchor.")


def test_what_is_new_is_gone_the_other_way_round() -> None:
    old, other = load(TEXT), load(shipped_text("M895"))
    there, back = differences(old, other), differences(other, old)
    new = {row.name for row in there if row.how == "new"}
    assert new
    assert new == {row.name for row in back if row.how == "gone"}
    assert all(part.how == "new" for row in there if row.how == "new" for field in row.fields for part in field.parts)


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("", "", []),
        ("a b c", "a b c", [("same", "a b c")]),
        ("a b c", "a x c", [("same", "a"), ("gone", "b"), ("new", "x"), ("same", "c")]),
        ("b c", "a b c", [("new", "a"), ("same", "b c")]),
        ("a\n  b", "a b", [("same", "a b")]),
        ("w " * 3000, "w " * 3000 + "x", [("gone", " ".join("w" * 3000)), ("new", " ".join("w" * 3000) + " x")]),
    ],
)
def test_words_that_stand_in_both_stand_once(before: str, after: str, parts: list[tuple[str, str]]) -> None:
    assert [(part.how, part.words) for part in word_parts(before, after)] == parts
