"""What became of a text from one version to the next: words kept, gone and come. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_MOST_WORDS = 3_000
"""Words of one changed stretch that are compared one by one; a longer stretch is shown as gone and come whole."""
_WORD = re.compile(r"\s+|[^\s]+")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of text that was `kept`, is `gone`, or has `come`."""

    kind: str
    text: str


def compare(before: str, after: str) -> list[Part]:
    """The pieces in order: with those kept and gone one has the old text, with those kept and come the new one."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    parts: list[Part] = []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if how == "replace":
            parts += _by_words("".join(old[a:b]), "".join(new[c:d]))
        else:
            parts += _pieces(how, old[a:b], new[c:d])
    return list(_joined(parts))


def _by_words(before: str, after: str) -> list[Part]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) + len(new) > _MOST_WORDS:
        return [Part("gone", before), Part("come", after)]
    parts: list[Part] = []
    for how, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        parts += _pieces(how, old[a:b], new[c:d])
    return parts


def _pieces(how: str, old: Sequence[str], new: Sequence[str]) -> list[Part]:
    if how == "equal":
        return [Part("kept", "".join(old))]
    return [Part("gone", "".join(old)), Part("come", "".join(new))]


def _joined(parts: Sequence[Part]) -> Iterator[Part]:
    """Pieces of one kind that follow each other are one; empty ones are none."""
    waiting: Part | None = None
    for part in parts:
        if not part.text:
            continue
        if waiting is not None and waiting.kind == part.kind:
            waiting = Part(part.kind, waiting.text + part.text)
            continue
        if waiting is not None:
            yield waiting
        waiting = part
    if waiting is not None:
        yield waiting
