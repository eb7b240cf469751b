"""The words that are planted, and every form in which a file may hold one of them."""

from __future__ import annotations

import base64
import html
import json
import quopri
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from urllib.parse import quote, quote_plus

PLACES = (
    *("subject", "text", "html", "name", "address", "header", "file_name", "file", "note", "draft", "answer"),
    *("participant", "search", "phone_name", "phone_address", "phone_text", "unlisted", "spoilt_file", "statement"),
    *("typed_answer", "typed_note", "typed_draft", "typed_search", "upload", "upload_name", "redacted"),
    *("portal_subject", "portal_text", "portal_more", "portal_file", "portal_file_name"),
    *("chat_first", "chat_answer", "chat_line"),
    *("profile_subject", "profile_text", "profile_file", "profile_file_name", "profile_more"),
    *("profile_chat", "profile_widget", "profile_unsent"),
    *("portal_piece", "portal_piece_name", "portal_loose_piece", "portal_loose_piece_name"),
)
"""Where a word is planted."""
PASSING = ("search", "typed_search", "unlisted", "spoilt_file", "statement", "profile_unsent")
"""Places that belong to no ticket: nothing of them is kept, whatever is destroyed."""
LETTERS, LENGTH, END = "bcdfghjklmnpqrstvwxz", 13, "000"


@dataclass(frozen=True)
class Word:
    """A word, where it was planted and in which ticket; `doomed` words go, passing ones too."""

    word: str
    place: str
    ticket: int
    doomed: bool


class Words:
    """Draws words that share no beginning and end with zeros: an index keeps only what differs from its neighbour.

    `own` are an outsider's: they take the place of text in turn, in doomed tickets only.
    """

    def __init__(self, seed: int, own: list[str]) -> None:
        self._random, self._own = Random(seed), list(own)
        self.all: list[Word] = []
        self.skipped: dict[str, str] = {}

    def draw(self, place: str, ticket: int, *, doomed: bool) -> str:
        """A new word for a place of a ticket."""
        if place in ("text", "note", "file") and doomed and self._own:
            word = self._own.pop(0)
        else:
            word = "".join(self._random.choices(LETTERS, k=LENGTH)) + END
        self.all.append(Word(word, place, ticket, doomed))
        return word

    def spare(self, ticket: int, places: Collection[str]) -> None:
        """Something else keeps the words of these places of this ticket, for a term of its own."""
        self.all = [
            replace(one, doomed=False) if one.ticket == ticket and one.place in places else one for one in self.all
        ]

    def skip(self, places: Iterable[str], why: str) -> None:
        """Nothing can be planted in these places here."""
        self.skipped |= dict.fromkeys(places, why)


def read_words(path: str) -> list[str]:
    """An outsider's words, one a line. Raises ValueError for one that stands in every file anyway."""
    words = (
        [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines() if line.strip()] if path else []
    )
    short = [word for word in words if len(word.encode()) < 3]
    if short:
        raise ValueError(f"words of fewer than three bytes stand in every file: {short}")
    return words


def forms(word: str) -> Iterator[tuple[str, bytes]]:
    """The name of each encoding and the bytes it makes of the word, each once."""
    seen: set[bytes] = set()
    for name, form in _forms(word):
        if form not in seen:
            seen.add(form)
            yield name, form


def _forms(word: str) -> Iterator[tuple[str, bytes]]:
    raw = word.encode()
    yield "raw", raw
    yield "folded", word.casefold().encode()
    yield "latin", word.encode("latin-1", "ignore") if word.encode("latin-1", "ignore") else raw
    yield "utf16", word.encode("utf-16-le")
    yield "utf16be", word.encode("utf-16-be")
    for before in range(3):
        # What comes before and behind shifts the sixes of bits: only the middle is the word's own.
        text = base64.b64encode(b"\0" * before + raw + b"\0" * 3).decode().rstrip("=")
        first, last = -(-before * 8 // 6), (before + len(raw)) * 8 // 6
        yield f"base64_{before}", text[first:last].encode()
    yield "quoted", quopri.encodestring(raw).replace(b"=\n", b"")
    yield "url", quote(word).encode()
    yield "form", quote_plus(word).encode()
    yield "html", html.escape(word).encode()
    yield "entities", word.encode("ascii", "xmlcharrefreplace")
    yield "json", json.dumps(word)[1:-1].encode()
