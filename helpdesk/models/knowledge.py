"""Answers that are kept: texts in each language with all their versions, their index, and replies to write again.

By rule they hold no word about anybody who asked. Who keeps or wrote one is staff (rule K of the register).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain

_NOBODY = "words of the organisation about its own work; by rule none about anybody"


class ArticleTopic(Base):
    """What answers are sorted by."""

    __tablename__ = "article_topic"

    id: Mapped[int] = own_id()
    name_nl: Mapped[str] = plain("a name of a subject in Dutch", String(100), unique=True)
    name_en: Mapped[str] = plain("a name of a subject in English", String(100), unique=True)


class Article(Base):
    """An answer: who keeps it and when it is looked at again; its words stand in its versions.

    The newest version is the one that staff work on; readers see the one that was published last, if any.
    """

    __tablename__ = "article"
    __table_args__ = (
        Index("ix_article_review_on", "review_on"),
        CheckConstraint("latest_id IS NOT NULL OR live_id IS NULL", name="live"),
    )

    id: Mapped[int] = own_id()
    topic_id: Mapped[int | None] = plain("points at a topic", BigId, ForeignKey("article_topic.id"), index=True)
    desk_key: Mapped[str] = plain("the desk that answers for it", String(64))
    owner_id: Mapped[int] = personal("knowledge", BigId, ForeignKey("account.id"), index=True)
    internal: Mapped[bool] = plain("whether staff alone may read it")
    review_on: Mapped[dt.date] = plain("day on which somebody is to look at it again", Date)
    checked_on: Mapped[dt.date | None] = plain("day on which somebody last said that it is right", Date)
    latest_id: Mapped[int | None] = plain("points at its newest version", BigId)
    live_id: Mapped[int | None] = plain("points at the version that readers see; none is a draft", BigId)
    created_at: Mapped[dt.datetime] = plain("time of the row", UtcTime)
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class ArticleVersion(Base):
    """An answer as somebody saved it, and how many readers it helped; nothing is kept about them."""

    __tablename__ = "article_version"
    __table_args__ = (UniqueConstraint("article_id", "number"),)

    id: Mapped[int] = own_id()
    article_id: Mapped[int] = plain("points at an answer", BigId, ForeignKey("article.id", ondelete="CASCADE"))
    number: Mapped[int] = plain("1 for the first")
    author_id: Mapped[int] = personal("knowledge", BigId, ForeignKey("account.id"), index=True)
    at: Mapped[dt.datetime] = plain("time it was saved", UtcTime)
    restored_from: Mapped[int | None] = plain("number of the version whose texts it took again")
    helped: Mapped[int] = plain("how often it was said that it helped", default=0)
    not_helped: Mapped[int] = plain("how often it was said that it did not", default=0)


class ArticleText(Base):
    """The text of one version in one language."""

    __tablename__ = "article_text"
    __table_args__ = (UniqueConstraint("version_id", "language"),)

    id: Mapped[int] = own_id()
    version_id: Mapped[int] = plain("points at a version", BigId, ForeignKey("article_version.id", ondelete="CASCADE"))
    language: Mapped[str] = plain("nl or en", String(2))
    title: Mapped[str] = plain(_NOBODY, String(200))
    body: Mapped[str] = plain(_NOBODY, Text)


class ArticleWord(Base):
    """A stem of a text, with what it counts there: of the newest version and of the one that readers see."""

    __tablename__ = "article_word"

    word: Mapped[str] = plain(_NOBODY, String(40), primary_key=True)
    version_id: Mapped[int] = plain(
        "points at a version",
        BigId,
        ForeignKey("article_version.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )
    language: Mapped[str] = plain("nl or en", String(2), primary_key=True)
    weight: Mapped[int] = plain("how much it says about the text")


class ArticleTicket(Base):
    """A question that was asked after an answer did not help; goes with the ticket."""

    __tablename__ = "article_ticket"

    ticket_id: Mapped[int] = plain(
        "points at a ticket",
        BigId,
        ForeignKey("ticket.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    )
    article_id: Mapped[int] = plain(
        "points at an answer",
        BigId,
        ForeignKey("article.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )


class CannedReply(Base):
    """Words for many answers, with places to fill in: of one account, or of everybody at a desk."""

    __tablename__ = "canned_reply"
    __table_args__ = (CheckConstraint("(account_id IS NULL) <> (desk_key IS NULL)", name="of_one"),)

    id: Mapped[int] = own_id()
    account_id: Mapped[int | None] = personal("staff", BigId, ForeignKey("account.id"), index=True)
    desk_key: Mapped[str | None] = plain("the desk whose it is; none: it is one account's", String(64), index=True)
    name: Mapped[str] = plain(_NOBODY, String(100))
    text_nl: Mapped[str] = plain(_NOBODY, Text, default="")
    text_en: Mapped[str] = plain(_NOBODY, Text, default="")
    changed_at: Mapped[dt.datetime] = plain("time of the last change", UtcTime)
    version: Mapped[int] = plain("counts changes, for claims", default=1)
