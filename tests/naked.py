"""Finds words that nobody gave to be translated, where the pseudo-language is shown and all data is Greek or a code.

In the pseudo-language a translated text stands in ⟦brackets⟧ and none of `PLAIN_LETTERS` is left in it. What people
wrote is Greek in these tests, so every other word on a screen, in a mail or at the terminal is ours and untranslated.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

from helpdesk.text.language import PLAIN_LETTERS

_WORD = re.compile(r"[^\W\d_]{2,}")
_CODE = re.compile(r"\b(?=[a-f]*\d)[0-9a-f]{8}\b|[\w.+=-]+@[\w.-]+|https?://\S+|otpauth://\S+|\{\w+\}|\S*/\S*")
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]+")
_INSIDE = re.compile(r"⟦[^⟦⟧]*⟧")
_TAG = re.compile(r"<style.*?</style>|<[^>]*>", re.S)
_LITERAL = re.compile(r"([\"'`])((?:\\.|(?!\1).)*?)\1")
_SAID = re.compile(r"(?:textContent|title|ariaLabel|placeholder|innerText) = [\"'`]\w|zeg\([\"'`]\w|alert\(|confirm\(")
_SENTENCE = re.compile(r"[A-Za-z][a-z]+(?: [a-z]+)+[.!?…]?")


@dataclass
class Search:
    """Looks at texts, counts them, and keeps the words it found by the place where they stood."""

    known: frozenset[str] = frozenset()
    """Codes and names that are the same in every language, in lower case."""
    texts: int = 0
    words: int = 0
    found: dict[str, set[str]] = field(default_factory=dict)

    def look(self, place: str, text: str) -> None:
        """A text as a reader sees it."""
        self.texts += 1
        bare = _CODE.sub(" ", text)
        words = _WORD.findall(bare)
        self.words += len(words)
        while _INSIDE.search(bare):
            bare = _INSIDE.sub(" ", bare)
        naked = {word for word in words if set(word) & set(PLAIN_LETTERS)} | set(_WORD.findall(bare))
        naked = {word for word in naked if word.lower() not in self.known and not _GREEK.fullmatch(word)}
        if naked:
            self.found.setdefault(place, set()).update(naked)

    def look_in_html(self, place: str, page: str) -> None:
        """The text of an HTML mail."""
        self.look(place, html.unescape(_TAG.sub(" ", page)))

    def look_in_script(self, place: str, source: str) -> None:
        """A module or style sheet of ours: what it shows must come from the page, which is translated."""
        self.texts += 1
        for line in source.splitlines():
            code = line.split("//")[0].strip()
            if code.startswith(("*", "/*")) or "Error(" in code:
                continue
            literals = [found[2] for found in _LITERAL.finditer(code)]
            self.words += len(literals)
            spoken = {text for text in literals if _SENTENCE.fullmatch(text)}
            spoken |= {code} if _SAID.search(code) or re.search(r"content: *\"[^\"]*[A-Za-z]", code) else set()
            if spoken:
                self.found.setdefault(place, set()).update(spoken)
