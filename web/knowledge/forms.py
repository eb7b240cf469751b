"""What the forms of answers hold, from the browser or fresh. Changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from flask import request

from helpdesk.knowledge.articles import ArticleForm, Words
from helpdesk.knowledge.canned import CannedForm, CannedView
from helpdesk.knowledge.reading import ArticleView
from helpdesk.text.language import LANGUAGES
from web.days import day_of_form


def whole(name: str) -> int:
    """A whole number of the form; 0 when it is none."""
    value = request.form.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 19 else 0


def text(name: str) -> str:
    """A text of the form, its lines ended as ours are."""
    return request.form.get(name, "").replace("\r\n", "\n")


@dataclass(frozen=True)
class Typed:
    """The form of an answer as it is shown: what was typed, or what is kept. `version` is what it was made under."""

    titles: dict[str, str] = field(default_factory=dict)
    bodies: dict[str, str] = field(default_factory=dict)
    topic_id: int = 0
    desk: str = ""
    owner_id: int = 0
    internal: bool = False
    review_on: str = ""
    version: int = 0


def _as_typed(when: dt.date) -> str:
    return when.strftime("%d-%m-%Y")


def fresh_form(owner_id: int, review_on: dt.date) -> Typed:
    """An empty form."""
    return Typed(owner_id=owner_id, review_on=_as_typed(review_on))


def kept_form(view: ArticleView, review_on: dt.date) -> Typed:
    """The form of an answer as it is kept; a day of review that has passed is set anew."""
    return Typed(
        {language: words.title for language, words in view.texts.items()},
        {language: words.body for language, words in view.texts.items()},
        view.topic_id or 0,
        view.desk_key,
        view.owner_id,
        view.internal,
        _as_typed(review_on if view.due else view.review_on),
        view.version,
    )


def typed_form(version: int = 0) -> Typed:
    """The form as it was sent; under the version it was sent with, or this newer one."""
    given = request.form
    return Typed(
        {language: given.get(f"title_{language}", "") for language in LANGUAGES},
        {language: text(f"body_{language}") for language in LANGUAGES},
        whole("topic"),
        given.get("desk", ""),
        whole("owner"),
        given.get("internal") == "1",
        given.get("review_on", ""),
        version or whole("version"),
    )


def sent_article() -> ArticleForm:
    """The answer in the request. Raises Invalid for a day that is none."""
    typed = typed_form()
    texts = {language: Words(typed.titles[language], typed.bodies[language]) for language in LANGUAGES}
    return ArticleForm(
        texts,
        typed.desk,
        typed.owner_id,
        day_of_form("review_on"),
        topic_id=typed.topic_id or None,
        internal=typed.internal,
    )


def sent_canned() -> CannedForm:
    """The reply to use again in the request; without a team it is one's own."""
    return CannedForm(request.form.get("name", ""), text("text_nl"), text("text_en"), request.form.get("desk") or None)


def shown_canned(view: CannedView | None) -> dict[str, object]:
    """The fields of its form: as typed when it was sent, else as kept, else empty."""
    if request.method == "POST":
        sent = sent_canned()
        return {"name": sent.name, "text_nl": sent.text_nl, "text_en": sent.text_en, "desk": sent.desk_key or ""}
    if view is None:
        return {"name": "", "text_nl": "", "text_en": "", "desk": ""}
    return {"name": view.name, "text_nl": view.text_nl, "text_en": view.text_en, "desk": view.desk_key or ""}
