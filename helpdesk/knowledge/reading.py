"""What staff see of answers: the list with its filters and the worklist of reviews, one answer, its versions. Reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import aliased

from helpdesk.errors import NotFound
from helpdesk.knowledge.articles import Words, article_for, texts_of
from helpdesk.models import Account, Article, ArticleText, ArticleTicket, ArticleTopic, ArticleVersion
from helpdesk.people.access import require
from helpdesk.retention.terms import day_of
from helpdesk.text.language import LANGUAGES
from helpdesk.tickets.lists import COUNT_LIMIT
from helpdesk.unit import Unit

STATES = ("due", "draft", "changed", "published")
"""To be reviewed, without a version that readers see, with a newer one than they see, and all that readers see."""


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """An answer in a list; `state` is draft, changed or published. `helped` counts the version that readers see."""

    id: int
    title: str
    title_language: str
    languages: tuple[str, ...]
    topic: str
    desk_key: str
    owner: str
    internal: bool
    state: str
    due: bool
    review_on: dt.date
    helped: int = 0
    not_helped: int = 0


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """One page of a list, and how many there are in all."""

    rows: list[ArticleRow]
    total: int


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version in the list of an answer's versions."""

    number: int
    author: str
    at: dt.datetime
    restored_from: int | None
    helped: int
    not_helped: int
    live: bool


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An answer with everything its page and its form need; `version` counts changes, `number` its newest texts.

    `questions` says how many that are still kept were asked after it did not help.
    """

    id: int
    version: int
    number: int
    live_number: int | None
    texts: Mapping[str, Words]
    topic_id: int | None
    topic: str
    desk_key: str
    owner_id: int
    owner: str
    internal: bool
    due: bool
    review_on: dt.date
    checked_on: dt.date | None
    helped: int
    not_helped: int
    questions: int = 0
    versions: list[VersionRow] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Draft, changed or published."""
        return _state(self.live_number, self.number)


def _state(live: int | None, latest: int | None) -> str:
    return "draft" if live is None else "published" if live == latest else "changed"


def _is_due(today: dt.date) -> ColumnElement[bool]:
    return (Article.review_on <= today) & Article.live_id.is_not(None)


def reviews_counted(unit: Unit) -> ScalarSelect[int]:
    """How many answers that readers see are to be reviewed, counted to a thousand and one, as a part of a statement."""
    require(unit.actor, "knowledge.read")
    counted = select(Article.id).where(_is_due(day_of(unit.now))).limit(COUNT_LIMIT + 1).subquery()
    return select(func.count()).select_from(counted).scalar_subquery()


def list_articles(
    unit: Unit,
    *,
    state: str = "",
    topic_id: int | None = None,
    internal: bool | None = None,
    mine: bool = False,
    ids: Sequence[int] | None = None,
    skip: int = 0,
    size: int = 50,
) -> ArticlePage:
    """A page of the answers that fit: those to be reviewed longest first, those found in their order, else by title."""
    require(unit.actor, "knowledge.read")
    if state not in ("", *STATES):
        raise NotFound("There is no such list.")
    fits = _fitting(unit, state, topic_id, internal, mine=mine)
    if ids is not None:
        fits.append(Article.id.in_(ids))
    total = unit.session.scalar(select(func.count()).select_from(Article).where(*fits)) or 0
    rows = _rows(unit, _with_titles(unit.actor.language).where(*fits), state, ids, skip, size)
    return ArticlePage(rows, total)


def _fitting(
    unit: Unit, state: str, topic_id: int | None, internal: bool | None, *, mine: bool
) -> list[ColumnElement[bool]]:
    by_state = {
        "due": _is_due(day_of(unit.now)),
        "draft": Article.live_id.is_(None),
        "changed": Article.live_id.is_not(None) & (Article.live_id != Article.latest_id),
        "published": Article.live_id.is_not(None),
    }
    fits = [by_state[state]] if state else []
    fits += [] if topic_id is None else [Article.topic_id == topic_id]
    fits += [] if internal is None else [Article.internal.is_(internal)]
    return fits + ([Article.owner_id == unit.actor.account_id] if mine else [])


def _with_titles(language: str) -> Select[Article, str, str, str, str, int, int]:
    """Answers with their newest title, in this language where there is one, and with the names around them."""
    own, other = aliased(ArticleText), aliased(ArticleText)
    topic = ArticleTopic.name_nl if language == "nl" else ArticleTopic.name_en
    return (
        select(
            Article,
            func.coalesce(own.title, other.title).label("title"),
            func.coalesce(own.language, other.language),
            func.coalesce(topic, ""),
            Account.name,
            func.coalesce(ArticleVersion.helped, 0),
            func.coalesce(ArticleVersion.not_helped, 0),
        )
        .outerjoin(own, (own.version_id == Article.latest_id) & (own.language == language))
        .outerjoin(other, (other.version_id == Article.latest_id) & (other.language != language))
        .outerjoin(ArticleTopic, ArticleTopic.id == Article.topic_id)
        .outerjoin(ArticleVersion, ArticleVersion.id == Article.live_id)
        .join(Account, Account.id == Article.owner_id)
    )


def _rows(
    unit: Unit,
    found: Select[Article, str, str, str, str, int, int],
    state: str,
    ids: Sequence[int] | None,
    skip: int,
    size: int,
) -> list[ArticleRow]:
    if ids is not None:
        rows = unit.session.execute(found).all()
        rows = sorted(rows, key=lambda row: ids.index(row[0].id))[skip : skip + size]
    else:
        order = [Article.review_on] if state == "due" else []
        found = found.order_by(*order, func.lower(found.selected_columns.title), Article.id)
        rows = list(unit.session.execute(found.offset(skip).limit(size)))
    languages = _languages(unit, [row[0].latest_id or 0 for row in rows])
    today = day_of(unit.now)
    return [
        ArticleRow(
            id=article.id,
            title=title or "",
            title_language=language or "",
            languages=languages.get(article.latest_id or 0, ()),
            topic=topic,
            desk_key=article.desk_key,
            owner=owner,
            internal=article.internal,
            state=_state(article.live_id, article.latest_id),
            due=article.live_id is not None and article.review_on <= today,
            review_on=article.review_on,
            helped=helped,
            not_helped=not_helped,
        )
        for article, title, language, topic, owner, helped, not_helped in rows
    ]


def _languages(unit: Unit, version_ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
    rows = select(ArticleText.version_id, ArticleText.language).where(ArticleText.version_id.in_(version_ids))
    found: dict[int, set[str]] = {}
    for version_id, language in unit.session.execute(rows):
        found.setdefault(version_id, set()).add(language)
    return {key: tuple(one for one in LANGUAGES if one in there) for key, there in found.items()}


def article_view(unit: Unit, article_id: int) -> ArticleView:
    """An answer with its newest texts and all its versions, newest first. Raises NotFound."""
    article = article_for(unit, article_id, "knowledge.read")
    versions = _versions(unit, article)
    (newest,), live = versions[:1], next((one for one in versions if one.live), None)
    topic = unit.session.get(ArticleTopic, article.topic_id) if article.topic_id else None
    asked = select(func.count()).select_from(ArticleTicket).where(ArticleTicket.article_id == article.id)
    named = "" if topic is None else topic.name_nl if unit.actor.language == "nl" else topic.name_en
    return ArticleView(
        id=article.id,
        version=article.version,
        number=newest.number,
        live_number=live.number if live else None,
        texts=texts_of(unit, article.latest_id or 0),
        topic_id=article.topic_id,
        topic=named,
        desk_key=article.desk_key,
        owner_id=article.owner_id,
        owner=unit.session.get_one(Account, article.owner_id).name,
        internal=article.internal,
        due=live is not None and article.review_on <= day_of(unit.now),
        review_on=article.review_on,
        checked_on=article.checked_on,
        helped=live.helped if live else 0,
        not_helped=live.not_helped if live else 0,
        questions=unit.session.scalar(asked) or 0,
        versions=versions,
    )


def _versions(unit: Unit, article: Article) -> list[VersionRow]:
    rows = unit.session.execute(
        select(ArticleVersion, Account.name)
        .join(Account, Account.id == ArticleVersion.author_id)
        .where(ArticleVersion.article_id == article.id)
        .order_by(ArticleVersion.number.desc())
    )
    return [
        VersionRow(one.number, name, one.at, one.restored_from, one.helped, one.not_helped, one.id == article.live_id)
        for one, name in rows
    ]
