"""Answers for tests: written and published by an account of the staff, small, and different where it matters."""

from __future__ import annotations

import datetime as dt

from helpdesk.knowledge.articles import ArticleForm, Words, create
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.retention.terms import day_of
from helpdesk.unit import SYSTEM, Actor, Unit, unit_of_work

VISA = Words("Een visum aanvragen", "Vraag het visum **acht weken** vooraf aan.\n\n- paspoort\n- pasfoto")
VISA_EN = Words("Apply for a visa", "Apply for the visa **eight weeks** ahead.\n\n- passport\n- photograph")
MOVING = Words("Een training verzetten", "Zelf verzetten kan tot twee weken voor de training, in het portaal.")
INTERNAL = Words("Wie beslist over vrijstelling", "Intern: de zwaardwalvis beslist, vraag het visum niet aan.")


def advisor(ports: Ports, email: str = "marije@academie.example", name: str = "Marije Bos") -> Actor:
    """A new account that writes answers."""
    with unit_of_work(ports, SYSTEM) as unit:
        return Actor(create_account(unit, email, name, ["advisor"], None), frozenset({"advisor"}))


def form(unit: Unit, nl: Words | None, en: Words | None = None, **more: object) -> ArticleForm:
    """A form for these texts, to be reviewed in half a year, kept by whoever acts."""
    texts = {language: words for language, words in (("nl", nl), ("en", en)) if words is not None}
    review_on = day_of(unit.now) + dt.timedelta(days=180)
    usual = {"desk_key": "academy", "owner_id": unit.actor.account_id or 0, "review_on": review_on}
    return ArticleForm(texts, **(usual | more))  # type: ignore[arg-type] # all of these are its fields


def write(ports: Ports, actor: Actor, nl: Words | None, en: Words | None = None, **more: object) -> int:
    """A published answer; a draft with `publish=False`. Returns its id."""
    publish = bool(more.pop("publish", True))
    with unit_of_work(ports, actor) as unit:
        return create(unit, form(unit, nl, en, **more), publish=publish)
