"""Topics: what answers are sorted by, with a name in each language."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Article, ArticleTopic
from helpdesk.people.access import require
from helpdesk.text.rendering import tidy
from helpdesk.unit import Unit

_NAME = 100


@dataclass(frozen=True, slots=True)
class TopicView:
    """A topic as lists show it; `count` is how many answers it has, of all kinds."""

    id: int
    name_nl: str
    name_en: str
    count: int = 0

    def name(self, language: str) -> str:
        """Its name for a reader of this language."""
        return self.name_nl if language == "nl" else self.name_en


def topics(unit: Unit) -> list[TopicView]:
    """All topics by their Dutch name; it is for staff, because it counts every answer."""
    require(unit.actor, "knowledge.read")
    counts = select(Article.topic_id, func.count().label("count")).group_by(Article.topic_id).subquery()
    rows = unit.session.execute(
        select(ArticleTopic, func.coalesce(counts.c.count, 0))
        .outerjoin(counts, counts.c.topic_id == ArticleTopic.id)
        .order_by(ArticleTopic.name_nl)
    )
    return [TopicView(topic.id, topic.name_nl, topic.name_en, count) for topic, count in rows]


def add_topic(unit: Unit, name_nl: str, name_en: str) -> int:
    """A new topic. Returns its id. Raises Invalid for a name that is missing or taken."""
    require(unit.actor, "knowledge.write")
    topic = ArticleTopic(**_names(unit, name_nl, name_en, None))
    unit.session.add(topic)
    unit.session.flush()
    return topic.id


def rename_topic(unit: Unit, topic_id: int, name_nl: str, name_en: str) -> None:
    """Call a topic otherwise; its answers stay with it."""
    topic = _topic(unit, topic_id)
    names = _names(unit, name_nl, name_en, topic_id)
    topic.name_nl, topic.name_en = names["name_nl"], names["name_en"]
    unit.session.flush()


def remove_topic(unit: Unit, topic_id: int) -> None:
    """Take away a topic without answers. Raises Invalid while it has some."""
    topic = _topic(unit, topic_id)
    if unit.session.scalar(select(Article.id).where(Article.topic_id == topic_id).limit(1)) is not None:
        raise Invalid("This topic has answers. Give them another topic first.", field="topic")
    unit.session.delete(topic)
    unit.session.flush()


def _topic(unit: Unit, topic_id: int) -> ArticleTopic:
    require(unit.actor, "knowledge.write")
    topic = unit.session.get(ArticleTopic, topic_id)
    if topic is None:
        raise NotFound("There is no such topic.")
    return topic


def _names(unit: Unit, name_nl: str, name_en: str, topic_id: int | None) -> dict[str, str]:
    names = {"name_nl": " ".join(tidy(name_nl).split()), "name_en": " ".join(tidy(name_en).split())}
    for field, name in names.items():
        if not 0 < len(name) <= _NAME:
            raise Invalid("A topic has a name of at most {count} characters.", field=field, count=_NAME)
        column = getattr(ArticleTopic, field)
        taken = select(ArticleTopic.id).where(func.lower(column) == name.lower(), ArticleTopic.id != (topic_id or 0))
        if unit.session.scalar(taken) is not None:
            raise Invalid("There is a topic of this name already.", field=field)
    return names
