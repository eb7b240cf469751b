"""Blacks out what points at other people in a text: names, addresses, numbers (retention 5; AVG art. 15(4)). Pure.

Words are compared in lower case and without accents. What is masked too much a person sees on the page before it goes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from helpdesk.people.addresses import normal
from helpdesk.text.stems import fold

MARK = "█████"
_WORD = re.compile(r"[^\W_]+")
_ADDRESS = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_BEFORE = re.compile(
    r"(?:\b[A-Z\u00c0-\u00de][\w'.-]{0,40}[ \t]+(?:(?:van|von|de|der|den|ten|ter)[ \t]+){0,3}){1,4}[<(\[\"]{0,2}$"
)
"""Capitalised words right before an address: the name of whose it is, known to us or not."""
_PHONE = re.compile(r"(?<![\w+@.])(?:\+\d|0)(?:[ ()./-]{0,2}\d){8,12}(?![\w@])")
_DIGITS = re.compile(r"(?<!\w)\d{4,12}(?!\w)")
_SHORTEST, _LOOKED_BACK = 3, 120
_PARTICLES = frozenset(("van", "von", "der", "den", "het", "ten", "ter", "dos", "del", "las", "los", "mac"))
"""Parts of names that say nothing alone."""

Phrase = tuple[str, ...]


def phrase(text: str) -> Phrase:
    """The words of a name as they are compared."""
    return tuple(fold(text).split())


Names = Mapping[str, Sequence[Phrase]]
"""Phrases by their first word, the longest first."""


def by_first_word(phrases: Iterable[Phrase]) -> Names:
    """The same phrases, to be found word by word."""
    found: dict[str, list[Phrase]] = defaultdict(list)
    for one in phrases:
        if one:
            found[one[0]].append(one)
    for many in found.values():
        many.sort(key=len, reverse=True)
    return dict(found)


@dataclass(frozen=True, slots=True)
class Directory:
    """Everybody who is known by name or number; read once for many texts."""

    names: Names
    numbers: frozenset[str]


NOBODY = Directory({}, frozenset())


@dataclass(frozen=True, slots=True)
class Masker:
    """What stays and what goes: the names and addresses of who asks stay; `phrases` go, and the directory's names."""

    own_names: frozenset[Phrase]
    own_addresses: frozenset[str]
    phrases: Names
    own_numbers: frozenset[str] = frozenset()
    directory: Directory = NOBODY

    def mask(self, text: str) -> str:
        """The text, with a mark in the place of whatever points at somebody else."""
        spans = sorted([*self._addresses(text), *self._numbers(text), *self._names(text)])
        parts, end = [], 0
        for start, stop in spans:
            if start >= end:
                parts += [text[end:start], MARK]
            end = max(end, stop)
        return "".join([*parts, text[end:]])

    def _addresses(self, text: str) -> Iterator[tuple[int, int]]:
        for found in _ADDRESS.finditer(text):
            if normal(found[0].strip("'.-")) in self.own_addresses:
                continue
            yield found.span()
            start = max(0, found.start() - _LOOKED_BACK)
            named = _BEFORE.search(text[start : found.start()])
            if named is not None:
                words = list(_WORD.finditer(text, start + named.start(), found.start()))
                if words and phrase(text[words[0].start() : words[-1].end()]) not in self.own_names:
                    yield words[0].start(), words[-1].end()

    def _numbers(self, text: str) -> Iterator[tuple[int, int]]:
        yield from (found.span() for found in _PHONE.finditer(text))
        for found in _DIGITS.finditer(text):
            if found[0] in self.directory.numbers and found[0] not in self.own_numbers:
                yield found.span()

    def _names(self, text: str) -> Iterator[tuple[int, int]]:
        words = [(found.start(), found.end(), fold(found[0])) for found in _WORD.finditer(text)]
        for at, (start, _end, word) in enumerate(words):
            for one in (*self.phrases.get(word, ()), *self.directory.names.get(word, ())):
                here = words[at : at + len(one)]
                if tuple(said for _s, _e, said in here) == one and one not in self.own_names:
                    yield start, here[-1][1]
                    break


def parts_of(names: Iterable[str], own: Iterable[str]) -> frozenset[Phrase]:
    """Whole names of people who are in a ticket, and each word of them that is not a word of one's own name."""
    mine = {word for name in own for word in phrase(name)}
    found: set[Phrase] = set()
    for name in names:
        words = phrase(name)
        if words and set(words) != mine:
            found.add(words)
        found |= {(word,) for word in words if _says_something(word) and word not in mine}
    return frozenset(found)


def _says_something(word: str) -> bool:
    return len(word) >= _SHORTEST and word not in _PARTICLES and not word.isdigit()
