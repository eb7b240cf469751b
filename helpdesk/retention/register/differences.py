"""What differs between two versions of a register: row by row, field by field, word by word. Asks no database.

Texts that people read and the form that the software reads stand apart, so that a change of the one without the other
is seen (RD-13).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from helpdesk.retention.register.model import Register, Rule, Term
from helpdesk.retention.terms import Period

_TABLES = ("subjects", "rules", "grounds", "anchors", "feeds", "recipients")
_PASSED_OVER = frozenset({"key", "sha256", *_TABLES})
_TEXT = re.compile(r"(?:^|_)(?:nl|en)$|^selection_list$")
_MOST_WORDS = 2000
"""Of one field: beyond it the whole field counts as replaced, for the comparison takes the square of them."""

How = Literal["same", "gone", "new"]


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a field: in both versions, only in the old, or only in the new one."""

    how: How
    words: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One field that differs; `is_text` when people read it, else it is what the software reads."""

    name: str
    is_text: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the register that is new, gone or changed, with the fields that differ.

    `before` and `after` are what the software reads of a rule, in short; empty where there is none.
    """

    name: str
    how: Literal["new", "gone", "changed"]
    fields: tuple[Changed, ...]
    before: str = ""
    after: str = ""


def differences(old: Register, new: Register) -> list[Row]:
    """All rows that differ: what holds for the whole processing first, then in the order of the register."""
    whole = _compared("processing", _fields(old), _fields(new))
    found = [whole] if whole.fields else []
    for table in _TABLES:
        before, after = getattr(old, table), getattr(new, table)
        for key in [*after, *(key for key in before if key not in after)]:
            one = _compared(_name(table, key), _fields(before.get(key)), _fields(after.get(key)))
            if table == "rules":
                one = dataclasses.replace(one, before=machine_form(before.get(key)), after=machine_form(after.get(key)))
            if one.fields:
                found.append(one)
    return found


def machine_form(rule: Rule | None) -> str:
    """What the software reads of a rule: from what it counts, for how long, and how it runs."""
    if rule is None:
        return ""
    terms = "; ".join(_said(term) for term in rule.terms) or "-"
    return f"{terms} ({rule.mode}, {rule.objection_window})"


def _name(table: str, key: str) -> str:
    return key if table == "rules" else f"{table[:-1]}.{key}"


def _compared(name: str, before: Mapping[str, str], after: Mapping[str, str]) -> Row:
    names = [*after, *(one for one in before if one not in after)]
    changed = tuple(
        Changed(one, _TEXT.search(one) is not None, tuple(word_parts(before.get(one, ""), after.get(one, ""))))
        for one in names
        if before.get(one, "") != after.get(one, "")
    )
    return Row(name, "gone" if before and not after else "new" if after and not before else "changed", changed)


def _fields(one: object) -> dict[str, str]:
    if one is None:
        return {}
    given: Any = one
    return {
        field.name: _said(getattr(given, field.name))
        for field in dataclasses.fields(given)
        if field.name not in _PASSED_OVER
    }


def _said(value: object) -> str:
    if value is None or value is False or value == "":
        return ""
    if isinstance(value, Term):
        return f"{value.unit}: {value.anchor} + {value.period}" + (f" <= {value.max_dwell}" if value.max_dwell else "")
    if isinstance(value, frozenset):
        return ", ".join(sorted("/".join(one) for one in value))
    if isinstance(value, tuple):
        return ", ".join(_said(one) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, Period):
        return "; ".join(f"{name} {said}" for name, said in _fields(value).items())
    return "yes" if value is True else str(value)


def word_parts(before: str, after: str) -> Iterator[Part]:
    """The words of two texts, those that stand in both once."""
    old, new = before.split(), after.split()
    steps: list[tuple[str, int, int, int, int]]
    if max(len(old), len(new)) > _MOST_WORDS:
        steps = [("replace", 0, len(old), 0, len(new))]
    else:
        steps = list(SequenceMatcher(None, old, new, autojunk=False).get_opcodes())
    for step, i1, i2, j1, j2 in steps:
        if step == "equal":
            yield Part("same", " ".join(old[i1:i2]))
            continue
        if i1 < i2:
            yield Part("gone", " ".join(old[i1:i2]))
        if j1 < j2:
            yield Part("new", " ".join(new[j1:j2]))
