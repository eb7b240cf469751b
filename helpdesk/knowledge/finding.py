"""Finds answers by words, for readers among what is public and for staff among all; forgiving of a slip of the pen.

`find` is for a search box: what holds every telling word, else what holds most of them. `suggest` is for a form in
which somebody writes a whole question: at most three, and none rather than a wrong one.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.knowledge.everybody import Lead, leads, readable
from helpdesk.knowledge.index import TITLE
from helpdesk.models import Article, ArticleWord
from helpdesk.people.access import require
from helpdesk.text.language import telling_words
from helpdesk.text.stems import query_stems
from helpdesk.unit import Unit

MOST, SUGGESTED = 50, 3
_READS = 20_000
"""Characters of a text in which somebody asks that are looked at."""
_OWN_LANGUAGE, _MENDED = 1.1, 0.7
"""What an answer that fits in the reader's language counts more, and a word that only nearly fits counts."""
_FEW = 3
"""So many answers may hold a word that still tells something, however few there are."""
_MENDS_UP_TO, _SHORTEST_MENDED, _TWO_SLIPS = 6, 4, 8
"""Words of a query that is mended; letters of a word that is; letters from which two slips are forgiven."""


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Which answers may be found, and in which of their versions."""

    fits: tuple[ColumnElement[bool], ...]
    version: InstrumentedAttribute[int | None]


_PUBLIC = _Shelf(readable(), Article.live_id)
_ALL = _Shelf((), Article.latest_id)
_Weights = dict[int, float]
"""What a word counts in each answer that holds it."""


def find(unit: Unit, words: str, language: str) -> list[Lead]:
    """The public answers that fit these words, best first, at most fifty."""
    return leads(unit, _ranked(_by_word(unit, _PUBLIC, words, language, mend=True), _count(unit, _PUBLIC)), language)


def find_all(unit: Unit, words: str) -> list[int]:
    """The ids of all answers that fit, best first, for staff; drafts by their newest words."""
    require(unit.actor, "knowledge.read")
    return _ranked(_by_word(unit, _ALL, words, unit.actor.language, mend=True), _count(unit, _ALL))


def suggest(unit: Unit, words: str, language: str) -> list[Lead]:
    """At most three public answers to what somebody is asking; none when nothing says much about it."""
    if not telling_words(words[:_READS]):
        return []
    found = _by_word(unit, _PUBLIC, words, language, mend=False)
    return leads(unit, _suggested(found, _count(unit, _PUBLIC)), language)


def suggest_to_staff(unit: Unit, words: str) -> list[int]:
    """The same among everything that was published, internal answers too."""
    require(unit.actor, "knowledge.read")
    published = _Shelf((Article.live_id.is_not(None),), Article.live_id)
    return _suggested(_by_word(unit, published, words, unit.actor.language, mend=False), _count(unit, published))


def _suggested(found: Sequence[_Weights], total: int) -> list[int]:
    """Those with two telling words, or one in the title."""
    telling = _telling(found, total)
    good = {
        article
        for article in {one for weights in telling for one in weights}
        if sum(article in weights for weights in telling) > 1
        or any(weights.get(article, 0) >= TITLE for weights in telling)
    }
    scores = _scores(telling, total)
    return sorted(good, key=lambda one: (-scores[one], one))[:SUGGESTED]


def _count(unit: Unit, shelf: _Shelf) -> int:
    return unit.session.scalar(select(func.count()).select_from(Article).where(*shelf.fits)) or 0


def _by_word(unit: Unit, shelf: _Shelf, words: str, language: str, *, mend: bool) -> list[_Weights]:
    """For each word of the query what it counts in each answer; a word that nobody wrote may be a slip of the pen."""
    asked = query_stems(telling_words(words[:_READS])) or query_stems(words)
    hits = _hits(unit, shelf, {stem for stems in asked for stem in stems}, language)
    found = [_best(hits, stems) for stems in asked]
    if mend and len(asked) <= _MENDS_UP_TO and not all(found):
        wrong = {stems: None for stems, weights in zip(asked, found, strict=True) if not weights}
        meant = _meant(unit, shelf, wrong)
        more = _hits(unit, shelf, {word for near in meant.values() for word in near}, language)
        found = [
            weights or {one: weight * _MENDED for one, weight in _best(more, meant.get(stems, ())).items()}
            for stems, weights in zip(asked, found, strict=True)
        ]
    return found


def _hits(unit: Unit, shelf: _Shelf, stems: set[str], language: str) -> dict[str, _Weights]:
    if not stems:
        return {}
    rows = unit.session.execute(
        select(ArticleWord.word, ArticleWord.language, ArticleWord.weight, Article.id)
        .join(Article, shelf.version == ArticleWord.version_id)
        .where(ArticleWord.word.in_(stems), *shelf.fits)
    )
    found: dict[str, _Weights] = defaultdict(dict)
    for word, spoken, weight, article in rows:
        counts = weight * (_OWN_LANGUAGE if spoken == language else 1)
        found[word][article] = max(counts, found[word].get(article, 0))
    return found


def _best(hits: Mapping[str, _Weights], stems: Iterable[str]) -> _Weights:
    best: _Weights = {}
    for stem in stems:
        for article, weight in hits.get(stem, {}).items():
            best[article] = max(weight, best.get(article, 0))
    return best


def _telling(found: Sequence[_Weights], total: int) -> list[_Weights]:
    """The words that some answers hold and not most of them; all that any holds, where none tells more."""
    there = [weights for weights in found if weights]
    return [weights for weights in there if len(weights) <= max(total / 2, _FEW)] or there


def _scores(found: Sequence[_Weights], total: int) -> _Weights:
    scores: _Weights = defaultdict(float)
    for weights in found:
        for article, weight in weights.items():
            scores[article] += weight * math.log(1 + total / len(weights))
    return scores


def _ranked(found: Sequence[_Weights], total: int) -> list[int]:
    """Answers with all telling words, else with most; the best first."""
    telling = _telling(found, total)
    held = {article: sum(article in weights for weights in telling) for weights in telling for article in weights}
    most = max(held.values(), default=0)
    scores = _scores([weights for weights in found if weights], total)
    return sorted((one for one in held if held[one] == most), key=lambda one: (-scores[one], one))[:MOST]


def _meant(unit: Unit, shelf: _Shelf, wrong: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], tuple[str, ...]]:
    """For each word that nobody wrote those that are nearest to it, if any is near enough."""
    asked = [stems for stems in wrong if len(stems[0]) >= _SHORTEST_MENDED and not stems[0].isdigit()]
    if not asked:
        return {}
    lengths = {len(stems[0]) + more for stems in asked for more in (-2, -1, 0, 1, 2)}
    known = unit.session.scalars(
        select(ArticleWord.word)
        .join(Article, shelf.version == ArticleWord.version_id)
        .where(func.length(ArticleWord.word).in_(lengths), *shelf.fits)
        .distinct()
    ).all()
    return {stems: _nearest(stems[0], known) for stems in asked}


def _nearest(word: str, known: Iterable[str]) -> tuple[str, ...]:
    allowed = 2 if len(word) >= _TWO_SLIPS else 1
    near: dict[int, list[str]] = defaultdict(list)
    for other in known:
        if abs(len(other) - len(word)) <= allowed and set(word[:2]) & set(other[:2]):
            slips = _slips(word, other, allowed)
            if slips <= allowed:
                near[slips].append(other)
    return tuple(near[min(near)]) if near else ()


def _slips(one: str, other: str, allowed: int) -> int:
    """Letters added, missing, other or swapped with the next (optimal string alignment); counted to one too many."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, before, row = before, row, [i]
        for j, its in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != its))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == its:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > allowed:
            return allowed + 1
    return row[-1]
