"""Turns words into Dutch and English stems, for the search index and for queries alike; the only importer of Stemmer.

Must not: know how a database matches. What it returns holds only lower-case letters, digits and spaces.
"""

import re
import threading
import unicodedata

import Stemmer  # type: ignore[import-not-found]  # PyStemmer ships no types

MAX_TEXT_CHARACTERS = 1_000_000
MAX_WORDS = 50_000
MAX_WORD_CHARACTERS = 40
MAX_QUERY_CHARACTERS = 1_000
MAX_QUERY_WORDS = 20

# Runs of these make normalisation quadratic, so they go before words are cut to size.
_LATIN_MARKS = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_WORD = re.compile(r"[^\W_]+")
_NO_DECOMPOSITION = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th", "ı": "i"})
_per_thread = threading.local()


def stem_text(text: str) -> str:
    """Return the search form of `text`: the Dutch stem of each word in order, then the English stems that differ.

    At most the first million characters and 50,000 words count, 40 characters of each word. `rapport_v2.pdf` is the
    words `rapport`, `v2` and `pdf`; `V-2026-01342` the words `v`, `2026` and `01342`.
    """
    words = _words(text[:MAX_TEXT_CHARACTERS], MAX_WORDS)
    dutch, english = _stems(words)
    return " ".join(dutch + [other for stem, other in zip(dutch, english, strict=True) if other != stem])


def query_stems(query: str) -> list[tuple[str, ...]]:
    """Return per word of `query` the stems of which a text must hold one; at most 20 different words, in order."""
    words = _words(query[:MAX_QUERY_CHARACTERS], MAX_QUERY_CHARACTERS)
    pairs = dict.fromkeys(zip(*_stems(words), strict=True))
    return [tuple(dict.fromkeys(pair)) for pair in pairs][:MAX_QUERY_WORDS]


def fold(text: str) -> str:
    """Return the words of `text` in lower case and without accents (NFKD), single spaces between; limits as above.

    For names and addresses, which are matched by their beginning and not by stem.
    """
    return " ".join(_words(text[:MAX_TEXT_CHARACTERS], MAX_WORDS))


def _words(text: str, limit: int) -> list[str]:
    found = _WORD.findall(text if text.isascii() else _LATIN_MARKS.sub("", text))
    cut = (word[:MAX_WORD_CHARACTERS] for word in found[:limit])
    return [folded for word in cut if (folded := word.lower() if word.isascii() else _fold(word))]


def _fold(word: str) -> str:
    marked = unicodedata.normalize("NFKD", word.casefold().translate(_NO_DECOMPOSITION))
    return "".join(_WORD.findall(marked))[:MAX_WORD_CHARACTERS]


def _stems(words: list[str]) -> tuple[list[str], list[str]]:
    if not hasattr(_per_thread, "stemmers"):
        # A stemmer has state of its own and must stay in one thread.
        _per_thread.stemmers = (Stemmer.Stemmer("dutch"), Stemmer.Stemmer("english"))
    dutch, english = (list(stemmer.stemWords(words)) for stemmer in _per_thread.stemmers)
    return dutch, english
