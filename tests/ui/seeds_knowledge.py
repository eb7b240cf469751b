"""Answers and replies to use again in every state, for the screens. Judges nothing."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import update

from helpdesk.knowledge import articles, canned, everybody, linking, topics
from helpdesk.knowledge.articles import ArticleForm, Words
from helpdesk.knowledge.canned import CannedForm
from helpdesk.models import Article
from helpdesk.ports import Ports
from helpdesk.retention.terms import day_of
from helpdesk.unit import NOBODY, Actor, Unit, unit_of_work
from workers.demo import answers

LONG = "Hoe een deelnemer-met-een-heel-erg-lange-functienaam-aan-een-buitenlandse-post " * 2
NO_WORDS = Words("", "")
WORD = "inschrijvingsbevestigingsformulierenoverzicht" * 3


def knowledge(ports: Ports, marije: Actor, ticket_id: int) -> dict[str, str]:
    """Put it all there; returns ids by name: one with versions, a bare draft, one that is internal, and the rest."""
    made = answers.write(ports, marije)
    with unit_of_work(ports, marije) as unit:
        _versions(unit, made[0])
        bare = articles.create(
            unit, _form(unit, Words(LONG[:190], f"{WORD}\n\n- [lees verder](https://x.example/{WORD})")), publish=False
        )
        empty = topics.add_topic(unit, LONG[:90], f"Very {LONG[:90]}")
        reply = canned.add_canned(unit, CannedForm(LONG[:100], f"{WORD} {{dag}}", "", "academy"))
        unit.session.execute(
            update(Article).where(Article.id.in_(made[1:3])).values(review_on=day_of(unit.now) - dt.timedelta(days=9))
        )
    with unit_of_work(ports, NOBODY) as unit:
        for helped in (True, True, True, False):
            everybody.count_opinion(unit, made[1], 1, helped=helped)
        linking.link(unit, ticket_id, made[0])
    ids = {"article": made[0], "article_due": made[1], "article_internal": made[-1], "article_bare": bare}
    ids |= {"topic": empty, "reply": reply}
    return {name: str(one) for name, one in ids.items()}


def _form(unit: Unit, nl: Words, en: Words = NO_WORDS) -> ArticleForm:
    review_on = day_of(unit.now) + articles.REVIEW_AFTER
    return ArticleForm({"nl": nl, "en": en}, "academy", unit.actor.account_id or 0, review_on)


def _versions(unit: Unit, article_id: int) -> None:
    """Two more versions, of which readers see none; the last takes the first again."""
    was = articles.texts_of(unit, articles.version_numbered(unit, article_id, 1).id)
    body = (
        was["nl"].body.replace("twee weken", "drie weken") + f"\n\n> {WORD}\n\nZie `code` en https://x.example/{WORD}."
    )
    articles.save(unit, article_id, 1, _form(unit, Words(was["nl"].title, body), was["en"]), publish=False)
    articles.restore(unit, article_id, 2, 1)
    articles.save(unit, article_id, 3, _form(unit, Words(was["nl"].title, body), was["en"]), publish=False)
