"""What staff do with answers: write, publish, review, withdraw, restore, destroy. Every save of the words is a version.

Must not: count readers or show anything; who may read what stands in `reading` and `everybody`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select

from helpdesk.errors import Invalid, NotFound
from helpdesk.knowledge.index import forget_version, index_version
from helpdesk.models import Article, ArticleText, ArticleTicket, ArticleTopic, ArticleVersion
from helpdesk.people.access import VERBS, require
from helpdesk.people.accounts import Staff, staff
from helpdesk.retention.terms import day_of
from helpdesk.text.language import LANGUAGES
from helpdesk.text.rendering import MAX_ANSWER_BYTES, tidy
from helpdesk.unit import Unit

REVIEW_AFTER, REVIEW_WITHIN = dt.timedelta(days=182), dt.timedelta(days=3 * 366)
"""When an answer is looked at again unless somebody says otherwise, and the latest day that may be said."""
_TITLE = 200


@dataclass(frozen=True, slots=True)
class Words:
    """The text of an answer in one language; the body in Markdown."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class ArticleForm:
    """An answer as its form gives it: the text by language, empty where there is none."""

    texts: Mapping[str, Words]
    desk_key: str
    owner_id: int
    review_on: dt.date
    topic_id: int | None = None
    internal: bool = False


def owners(unit: Unit) -> list[Staff]:
    """Who can keep an answer: everybody who may write one."""
    may = VERBS["knowledge.write"]
    return [one for one in staff(unit) if one.roles & may]


def article_for(unit: Unit, article_id: int, verb: str) -> Article:
    """The answer with this id, for an actor with the verb; else NotFound."""
    require(unit.actor, verb)
    found = unit.session.get(Article, article_id, populate_existing=True)
    if found is None:
        raise NotFound("There is no such answer.")
    return found


def create(unit: Unit, form: ArticleForm, *, publish: bool) -> int:
    """A new answer with its first version, for readers at once when `publish`. Returns its id. Raises Invalid."""
    require(unit.actor, "knowledge.write")
    texts = _checked(unit, form)
    article = Article(
        desk_key=form.desk_key, owner_id=form.owner_id, review_on=form.review_on, internal=False, created_at=unit.now
    )
    _settle(article, form)
    unit.session.add(article)
    unit.session.flush()
    _add_version(unit, article, texts)
    if publish:
        _publish(unit, article)
    unit.session.flush()
    return article.id


def save(unit: Unit, article_id: int, version: int, form: ArticleForm, *, publish: bool) -> int:
    """Keep the form as a new version. Returns its number.

    Raises Conflict when somebody saved since the form was made (nothing is kept), Invalid for what can't be.
    """
    article = _claimed(unit, article_id, version)
    texts = _checked(unit, form)
    _settle(article, form)
    number = _add_version(unit, article, texts)
    if publish:
        _publish(unit, article)
    unit.session.flush()
    return number


def publish_latest(unit: Unit, article_id: int, version: int) -> None:
    """Show readers the newest version."""
    _publish(unit, _claimed(unit, article_id, version))
    unit.session.flush()


def withdraw(unit: Unit, article_id: int, version: int) -> None:
    """Show it to no reader any more; it stays a draft with all its versions."""
    article = _claimed(unit, article_id, version)
    _live(unit, article, None)
    unit.session.flush()


def review(unit: Unit, article_id: int, version: int, review_on: dt.date) -> None:
    """Say that what readers see is right today, and when it is to be looked at again."""
    article = _claimed(unit, article_id, version)
    article.review_on, article.checked_on = _day(unit, review_on), day_of(unit.now)
    unit.session.flush()


def restore(unit: Unit, article_id: int, version: int, number: int) -> int:
    """Make the texts of an earlier version the newest; readers see them when they are published. Returns its number."""
    article = _claimed(unit, article_id, version)
    old = version_numbered(unit, article_id, number)
    added = _add_version(unit, article, texts_of(unit, old.id), restored_from=number)
    unit.session.flush()
    return added


def destroy(unit: Unit, article_id: int, version: int) -> None:
    """Delete an answer with every version and its counts: for what should never have been written down."""
    article = _claimed(unit, article_id, version)
    unit.session.execute(delete(ArticleTicket).where(ArticleTicket.article_id == article.id))
    unit.session.execute(delete(Article).where(Article.id == article.id))


def version_numbered(unit: Unit, article_id: int, number: int) -> ArticleVersion:
    """One version of an answer; NotFound without it. Whoever asks has made sure that the answer may be read."""
    numbered = (ArticleVersion.article_id == article_id, ArticleVersion.number == number)
    found = unit.session.scalar(select(ArticleVersion).where(*numbered))
    if found is None:
        raise NotFound("There is no such version.")
    return found


def texts_of(unit: Unit, version_id: int) -> dict[str, Words]:
    """The texts of a version, by language."""
    rows = unit.session.scalars(select(ArticleText).where(ArticleText.version_id == version_id))
    found = {row.language: Words(row.title, row.body) for row in rows}
    return {language: found[language] for language in LANGUAGES if language in found}


def _claimed(unit: Unit, article_id: int, version: int) -> Article:
    article = article_for(unit, article_id, "knowledge.write")
    unit.claim(Article, article.id, version)
    unit.session.refresh(article)
    return article


def _settle(article: Article, form: ArticleForm) -> None:
    article.topic_id, article.internal = form.topic_id, form.internal
    article.desk_key, article.owner_id, article.review_on = form.desk_key, form.owner_id, form.review_on


def _add_version(unit: Unit, article: Article, texts: Mapping[str, Words], restored_from: int | None = None) -> int:
    before = unit.session.get(ArticleVersion, article.latest_id) if article.latest_id else None
    added = ArticleVersion(
        article_id=article.id,
        number=before.number + 1 if before else 1,
        author_id=unit.actor.account_id,
        at=unit.now,
        restored_from=restored_from,
    )
    unit.session.add(added)
    unit.session.flush()
    unit.session.add_all(
        ArticleText(version_id=added.id, language=language, title=words.title, body=words.body)
        for language, words in texts.items()
    )
    index_version(unit, added.id, {language: (words.title, words.body) for language, words in texts.items()})
    if before is not None and before.id != article.live_id:
        forget_version(unit, before.id)
    article.latest_id = added.id
    return added.number


def _publish(unit: Unit, article: Article) -> None:
    _live(unit, article, article.latest_id)
    article.checked_on = day_of(unit.now)


def _live(unit: Unit, article: Article, version_id: int | None) -> None:
    """Let readers see this version, or none; only what is seen and what is worked on stays in the index."""
    if article.live_id not in (None, version_id, article.latest_id):
        forget_version(unit, article.live_id or 0)
    article.live_id = version_id


def _checked(unit: Unit, form: ArticleForm) -> dict[str, Words]:
    """The texts to be kept. Raises Invalid for what can't be, naming the field."""
    texts = {}
    for language in LANGUAGES:
        words = form.texts.get(language, Words("", ""))
        title, body = " ".join(tidy(words.title).split()), tidy(words.body)
        if bool(title) != bool(body):
            missing = "title" if body else "body"
            raise Invalid("A text needs a title and words below it.", field=f"{missing}_{language}")
        if len(title) > _TITLE:
            raise Invalid("A title has at most {count} characters.", field=f"title_{language}", count=_TITLE)
        if len(body.encode("utf-8", "replace")) > MAX_ANSWER_BYTES:
            raise Invalid("This text is longer than 100 kB. Make two answers of it.", field=f"body_{language}")
        if body:
            texts[language] = Words(title, body)
    if not texts:
        raise Invalid("Write the answer in one language at least.", field=f"title_{LANGUAGES[0]}")
    _known(unit, form)
    return texts


def _known(unit: Unit, form: ArticleForm) -> None:
    if form.desk_key not in {desk.key for desk in unit.ports.settings.desks}:
        raise Invalid("Choose one of the teams.", field="desk")
    if form.owner_id not in {one.id for one in owners(unit)}:
        raise Invalid("Choose who keeps this answer up to date.", field="owner")
    if form.topic_id is not None and unit.session.get(ArticleTopic, form.topic_id) is None:
        raise Invalid("Choose one of the topics.", field="topic")
    _day(unit, form.review_on)


def _day(unit: Unit, review_on: dt.date) -> dt.date:
    today = day_of(unit.now)
    if not today < review_on <= today + REVIEW_WITHIN:
        raise Invalid("Choose a day of review after today, and within three years.", field="review_on")
    return review_on
