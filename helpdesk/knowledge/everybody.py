"""What everybody may read: answers that were published and are not internal. Anything else is not there, for anybody.

Must not: ask who reads. A page made of this is the same for all, and may be kept by whatever stands between.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, update

from helpdesk.errors import NotFound
from helpdesk.models import Article, ArticleText, ArticleTopic, ArticleVersion
from helpdesk.people.attempts import count_try, one_at_a_time, tried
from helpdesk.text.language import LANGUAGES
from helpdesk.text.rendering import preview, without_marks
from helpdesk.unit import Unit

_LEAD = 160
_HOUR = dt.timedelta(hours=1)
OPINIONS_AN_HOUR = 20
"""Of one answer, through one door: a building has one, and a machine that drives a number up as well."""
MOST_COUNTED = 1_000_000
"""A count that nobody reaches by reading; one that a machine drives up stops there."""
_HELPED_MOST = ((ArticleVersion.helped - ArticleVersion.not_helped).desc(), Article.id)


@dataclass(frozen=True, slots=True)
class Lead:
    """The beginning of an answer, in the reader's language where there is a text in it."""

    id: int
    title: str
    lead: str
    language: str


@dataclass(frozen=True, slots=True)
class TopicShelf:
    """A topic with its answers; `count` may be more than are shown. Id 0 holds those without a topic."""

    id: int
    name: str
    count: int
    answers: list[Lead]


@dataclass(frozen=True, slots=True)
class PublicAnswer:
    """An answer as its page shows it; `body` in Markdown, `number` of its version, `languages` it has texts in."""

    id: int
    number: int
    language: str
    languages: tuple[str, ...]
    title: str
    body: str
    topic_id: int
    topic: str
    desk_key: str
    checked_on: dt.date | None


def readable() -> tuple[ColumnElement[bool], ...]:
    """The condition under which an answer is there for everybody."""
    return (Article.live_id.is_not(None), Article.internal.is_(False))


def answer_for(unit: Unit, article_id: int, language: str) -> PublicAnswer:
    """A public answer in this language, else in the one it has. Raises NotFound: internal and unknown read alike."""
    found = unit.session.execute(
        select(Article, ArticleVersion.number, ArticleTopic)
        .join(ArticleVersion, ArticleVersion.id == Article.live_id)
        .outerjoin(ArticleTopic, ArticleTopic.id == Article.topic_id)
        .where(Article.id == article_id, *readable())
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such answer.")
    article, number, topic = found
    said = select(ArticleText).where(ArticleText.version_id == article.live_id)
    texts = {text.language: text for text in unit.session.scalars(said)}
    shown = texts.get(language) or next(texts[one] for one in LANGUAGES if one in texts)
    return PublicAnswer(
        id=article.id,
        number=number,
        language=shown.language,
        languages=tuple(one for one in LANGUAGES if one in texts),
        title=shown.title,
        body=shown.body,
        topic_id=topic.id if topic else 0,
        topic=_name(topic, language),
        desk_key=article.desk_key,
        checked_on=article.checked_on,
    )


def is_public(unit: Unit, article_id: int) -> bool:
    """Whether everybody may read this answer."""
    return unit.session.scalar(select(Article.id).where(Article.id == article_id, *readable())) is not None


def leads(unit: Unit, ids: Sequence[int], language: str) -> list[Lead]:
    """The beginnings of these answers, in this order; what is not public is left out."""
    rows = unit.session.execute(
        select(Article.id, ArticleText.language, ArticleText.title, ArticleText.body)
        .join(ArticleText, ArticleText.version_id == Article.live_id)
        .where(Article.id.in_(ids), *readable())
    )
    found: dict[int, Lead] = {}
    for article_id, spoken, title, body in rows:
        if article_id not in found or spoken == language:
            found[article_id] = Lead(article_id, title, preview(without_marks(body), _LEAD), spoken)
    return [found[one] for one in ids if one in found]


def shelves(unit: Unit, language: str, each: int, topic_id: int | None = None) -> list[TopicShelf]:
    """The topics with at most `each` of their answers, those that helped most in front; or one topic alone.

    Raises NotFound for a topic without public answers.
    """
    place = func.row_number().over(partition_by=Article.topic_id, order_by=_HELPED_MOST).label("place")
    count = func.count().over(partition_by=Article.topic_id).label("count")
    placed = (
        select(Article.id, Article.topic_id, place, count)
        .join(ArticleVersion, ArticleVersion.id == Article.live_id)
        .where(*readable())
    )
    if topic_id is not None:
        placed = placed.where(Article.topic_id == topic_id if topic_id else Article.topic_id.is_(None))
    ranked = placed.subquery()
    rows = unit.session.execute(
        select(ranked.c.id, ranked.c.count, ArticleTopic)
        .outerjoin(ArticleTopic, ArticleTopic.id == ranked.c.topic_id)
        .where(ranked.c.place <= each)
        .order_by(ranked.c.place)
    ).all()
    if topic_id is not None and not rows:
        raise NotFound("There is no such topic.")
    shown = {lead.id: lead for lead in leads(unit, [row.id for row in rows], language)}
    by_topic: dict[int, TopicShelf] = {}
    for article_id, many, topic in rows:
        key = topic.id if topic else 0
        shelf = by_topic.setdefault(key, TopicShelf(key, _name(topic, language), many, []))
        shelf.answers.append(shown[article_id])
    return sorted(by_topic.values(), key=lambda shelf: (not shelf.id, shelf.name.casefold()))


def helped_most(unit: Unit, language: str, most: int) -> list[Lead]:
    """The beginnings of at most so many answers, those that helped most in front."""
    known = select(Article.id).join(ArticleVersion, ArticleVersion.id == Article.live_id).where(*readable())
    return leads(unit, list(unit.session.scalars(known.order_by(*_HELPED_MOST).limit(most))), language)


def count_opinion(unit: Unit, article_id: int, number: int, *, helped: bool, door: str = "") -> None:
    """Count that a version helped somebody, or did not; nothing is kept about who said so.

    Of what comes through one `door` (the address of a network) a few count in an hour, for each answer.

    Raises NotFound when the answer is not public, or has no such version.
    """
    if door and _said_enough(unit, article_id, door):
        if not is_public(unit, article_id):
            raise NotFound("There is no such answer.")
        return
    column = ArticleVersion.helped if helped else ArticleVersion.not_helped
    public = select(Article.id).where(Article.id == article_id, *readable())
    counted = unit.session.execute(
        update(ArticleVersion)
        .where(ArticleVersion.article_id.in_(public), ArticleVersion.number == number, column < MOST_COUNTED)
        .values({column.key: column + 1})
        .returning(ArticleVersion.id)
        .execution_options(synchronize_session=False)
    ).scalar()
    if counted is None:
        raise NotFound("There is no such answer.")


def _said_enough(unit: Unit, article_id: int, door: str) -> bool:
    """Whether so many opinions came through this door already; else this one is counted, by a keyed digest of both."""
    key = unit.ports.keys.word_digest("opinion", f"{door}:{article_id}")
    one_at_a_time(unit, key)
    if tried(unit, key, _HOUR) >= OPINIONS_AN_HOUR:
        return True
    count_try(unit, key)
    return False


def _name(topic: ArticleTopic | None, language: str) -> str:
    return "" if topic is None else topic.name_nl if language == "nl" else topic.name_en
