"""Answers for everybody, signed in or not: the same pages for all, without scripts and without anything of who reads.

Words that are sought stand in no address; the page that shows what they found is kept by the browser alone.
"""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for

from helpdesk.errors import Invalid
from helpdesk.knowledge import everybody, finding
from helpdesk.text.language import LANGUAGES
from helpdesk.text.rendering import render_answer
from helpdesk.unit import NOBODY, unit_of_work
from web.filters import language_for
from web.guards import open_to_all
from web.knowledge.forms import whole
from web.knowledge.written import desks
from web.paging import id_asked
from web.unit import ports

blueprint = Blueprint("answers", __name__)
WHY = "answers that were published are for everybody"
ASK = "/mijn-vragen/nieuw"
"""Where somebody asks a question; `antwoord` in its address names the answer that did not help."""
_EACH, _MOST, _WORDS = 6, 200, 400
"""Answers per topic on the first page, in one topic, and the letters of a search that are read."""


def _language() -> str:
    """The language of the page: as its address says, else as the reader chose before."""
    asked = request.values.get("taal", "")
    g.language = language_for(asked if asked in LANGUAGES else g.get("language"))
    chosen: str = g.language
    return chosen


def _shown(template: str, **values: object) -> Response:
    """A page that is the same for everybody: nothing of who asks is given to its template."""
    desk = ports().settings.desks[0]
    body = render_template(template, **values, me=None, ask=ASK, desk=desk, views={})
    return make_response(body)


def _kept(answer: Response) -> Response:
    """May be kept by anybody for a minute, and asked for again by its tag."""
    g.for_all = True
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:20])
    answer.make_conditional(request)
    return answer


@blueprint.get("/antwoorden")
@open_to_all(WHY)
def start() -> Response:
    """The topics with their answers, and a box to search; or all of one topic."""
    language, topic_id = _language(), id_asked("onderwerp")
    with unit_of_work(ports(), NOBODY, write=False) as unit:
        found = everybody.shelves(unit, language, _EACH if topic_id is None else _MOST, topic_id)
    return _kept(_shown("knowledge/public_start.html", shelves=found, topic_id=topic_id))


@blueprint.post("/antwoorden/zoeken")
@open_to_all(WHY, bare=True)
def search() -> Response:
    """What fits the words, best first."""
    language, words = _language(), request.form.get("q", "")[:_WORDS]
    with unit_of_work(ports(), NOBODY, write=False) as unit:
        found = finding.find(unit, words, language)
    g.for_reader = True
    return _shown("knowledge/public_found.html", found=found, sought=words)


@blueprint.get("/antwoorden/<int:article_id>")
@open_to_all(WHY)
def show(article_id: int) -> Response:
    """An answer; what is internal is not there, for anybody."""
    language = _language()
    with unit_of_work(ports(), NOBODY, write=False) as unit:
        found = everybody.answer_for(unit, article_id, language)
    names = desks().get(found.desk_key, ("", ""))
    values = {"answer": found, "shown": render_answer(found.body).html, "team": names[0 if language == "nl" else 1]}
    return _kept(_shown("knowledge/public_answer.html", thanked=request.args.get("dank") == "ja", **values))


@blueprint.post("/antwoorden/<int:article_id>/hielp")
@open_to_all(WHY, bare=True)
def tell(article_id: int) -> Response:
    """Count whether it helped; where it did not, go on to ask."""
    language, said = _language(), request.form.get("hielp", "")
    if said not in ("ja", "nee"):
        raise Invalid("Say whether it helped.", field="hielp")
    with unit_of_work(ports(), NOBODY) as unit:
        everybody.count_opinion(unit, article_id, whole("versie"), helped=said == "ja", door=request.remote_addr or "")
    there = url_for("answers.show", article_id=article_id, taal=language, dank="ja", _anchor="hielp")
    answer = redirect(there if said == "ja" else f"{ASK}?antwoord={article_id}&taal={language}", 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own class
    return answer
