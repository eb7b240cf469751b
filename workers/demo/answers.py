"""The first answers of the demonstration and replies to use again, as the advisor wrote them. Decides nothing."""

from __future__ import annotations

import datetime as dt
import tomllib
from pathlib import Path

from helpdesk.knowledge.articles import REVIEW_AFTER, ArticleForm, Words, create
from helpdesk.knowledge.canned import CannedForm, add_canned
from helpdesk.knowledge.topics import add_topic
from helpdesk.ports import Ports
from helpdesk.retention.terms import day_of
from helpdesk.unit import Actor, unit_of_work


def write(ports: Ports, advisor: Actor) -> list[int]:
    """Write and publish them all; returns the ids of the answers, in their order."""
    said = tomllib.loads(Path(__file__).with_name("answers.toml").read_text(encoding="utf-8"))
    desk = ports.settings.desks[0].key
    with unit_of_work(ports, advisor) as unit:
        names = dict.fromkeys((row["topic_nl"], row["topic_en"]) for row in said["answer"])
        topics = {name_nl: add_topic(unit, name_nl, name_en) for name_nl, name_en in names}
        made = []
        for place, row in enumerate(said["answer"]):
            texts = {one: Words(row[f"title_{one}"], row[f"body_{one}"]) for one in ("nl", "en")}
            review_on = day_of(unit.now) + REVIEW_AFTER + dt.timedelta(days=place)
            owner_id = advisor.account_id or 0
            internal = row.get("internal", False)
            form = ArticleForm(texts, desk, owner_id, review_on, topic_id=topics[row["topic_nl"]], internal=internal)
            made.append(create(unit, form, publish=True))
        for row in said["reply"]:
            add_canned(unit, CannedForm(row["name"], row["text_nl"], row["text_en"], desk))
    return made
