"""Answers as staff see them: the list with its filters, a page, the form with its preview. Decides nothing itself."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import Conflict, HelpdeskError, NotFound
from helpdesk.knowledge import articles, finding, reading
from helpdesk.knowledge.reading import ArticleView
from helpdesk.knowledge.topics import topics
from helpdesk.retention.terms import day_of
from helpdesk.text.language import LANGUAGES, N_
from helpdesk.text.rendering import render_answer
from helpdesk.tickets.finding import keep_query, query_of
from web.days import day_of_form
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.knowledge.forms import Typed, fresh_form, kept_form, sent_article, typed_form, whole
from web.notices import then
from web.paging import Pages, id_asked, number_asked
from web.unit import me, ports, writing
from web.unit import reading as looking

blueprint = Blueprint("articles", __name__)
ALL = "/werk/antwoorden"
ONE = ALL + "/<int:article_id>"
LISTS = {
    "": ("", N_("All answers")),
    "nakijken": ("due", N_("To be reviewed")),
    "concept": ("draft", N_("Drafts")),
    "gewijzigd": ("changed", N_("Changed, not published")),
    "gepubliceerd": ("published", N_("Published")),
}
"""The lists by the word in their address: the domain's name and the title."""
KINDS = {"": (None, N_("Public and internal")), "openbaar": (False, N_("Public")), "intern": (True, N_("Internal"))}
_SIZE = 50


def desks() -> dict[str, tuple[str, str]]:
    """The names of the teams by key, in Dutch and in English."""
    return {desk.key: (desk.name_nl, desk.name_en) for desk in ports().settings.desks}


def _list_page(query_id: str = "") -> str:
    given = request.args
    stand, kind, mine = given.get("stand", ""), given.get("soort", ""), given.get("van") == "mij"
    if stand not in LISTS or kind not in KINDS:
        raise NotFound("There is no such list.")
    who, topic_id, number = me(), id_asked("onderwerp"), number_asked("blad")
    with looking() as unit:
        words = query_of(unit, who.session_id if who else 0, query_id) if query_id else ""
        found = reading.list_articles(
            unit,
            state=LISTS[stand][0],
            topic_id=topic_id,
            internal=KINDS[kind][0],
            mine=mine,
            ids=finding.find_all(unit, words) if query_id else None,
            skip=(number - 1) * _SIZE,
            size=_SIZE,
        )
        values = frame(unit) | {"topics": topics(unit)}
    chosen = {"stand": stand, "soort": kind, "onderwerp": topic_id or "", "van": "mij" if mine else ""}
    pages = Pages(number, found.total, _SIZE)
    here = url_for("articles.found", query_id=query_id) if query_id else url_for("articles.show_list")
    return render_template(
        "knowledge/list.html",
        found=found,
        pages=pages,
        chosen=chosen,
        lists=LISTS,
        kinds=KINDS,
        desks=desks(),
        **({"sought": words if query_id else None, "here": here} | values),
    )


@blueprint.get(ALL)
@needs("knowledge.read")
def show_list() -> str:
    """The answers that fit the filters in the address."""
    return _list_page()


@blueprint.post(ALL + "/zoeken")
@needs("knowledge.read")
def search() -> Response:
    """Keep the words with the session and show what they find."""
    who = me()
    with writing() as unit:
        query_id = keep_query(unit, who.session_id if who else 0, request.form.get("q", ""))
    return then(url_for("articles.found", query_id=query_id))


@blueprint.get(ALL + "/zoeken/<query_id>")
@needs("knowledge.read")
def found(query_id: str) -> str:
    """What a search found, best first; the filters hold here too."""
    return _list_page(query_id)


def _page(fault: HelpdeskError | None = None, article_id: int = 0) -> str:
    with looking() as unit:
        view = reading.article_view(unit, article_id)
        next_review = day_of(unit.now) + articles.REVIEW_AFTER
        around = frame(unit)
    return render_template(
        "knowledge/article.html",
        article=view,
        shown={language: render_answer(words.body).html for language, words in view.texts.items()},
        next_review=request.form.get("review_on") or next_review.strftime("%d-%m-%Y"),
        desks=desks(),
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", None) or "",
        **around,
    )


@blueprint.get(ONE)
@needs("knowledge.read")
def show(article_id: int) -> str:
    """An answer with its newest texts, and what can be done with it."""
    return _page(article_id=article_id)


def _form_page(typed: Typed, fault: HelpdeskError | None = None, view: ArticleView | None = None, **more: Any) -> str:
    with looking() as unit:
        people, subjects = articles.owners(unit), topics(unit)
        around = frame(unit)
    return render_template(
        "knowledge/edit.html",
        typed=typed,
        article=view,
        owners=people,
        topics=subjects,
        desks=desks(),
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", None) or "",
        **(around | more),
    )


def _fresh() -> Typed:
    with looking() as unit:
        return fresh_form(unit.actor.account_id or 0, day_of(unit.now) + articles.REVIEW_AFTER)


def _new_again(fault: HelpdeskError) -> str:
    return _form_page(typed_form(), fault)


@blueprint.get(ALL + "/nieuw")
@needs("knowledge.write")
def new_form() -> str:
    """The empty form of an answer."""
    return _form_page(_fresh())


def _preview(view: ArticleView | None = None) -> str:
    """The form as typed, and above it how its texts will look."""
    typed = typed_form()
    shown = {one: (typed.titles[one], render_answer(typed.bodies[one]).html) for one in LANGUAGES if typed.bodies[one]}
    return _form_page(typed, view=view, preview=shown)


@blueprint.post(ALL + "/nieuw")
@needs("knowledge.write")
@shown_again(_new_again)
def create() -> str | Response:
    """Keep a new answer as a draft, or publish it; or show how it will look."""
    if request.form.get("act") == "preview":
        return _preview()
    publish = request.form.get("act") == "publish"
    with writing() as unit:
        article_id = articles.create(unit, sent_article(), publish=publish)
    return then(url_for("articles.show", article_id=article_id), "article_published" if publish else "article_saved")


def _view(article_id: int) -> ArticleView:
    with looking() as unit:
        return reading.article_view(unit, article_id)


def _edit_again(fault: HelpdeskError, article_id: int) -> str:
    """The form as typed; after a colleague saved it says so, and is sent again above what he saved."""
    view = _view(article_id)
    conflict = isinstance(fault, Conflict)
    return _form_page(typed_form(view.version if conflict else 0), fault, view, conflict=conflict)


@blueprint.get(ONE + "/bewerken")
@needs("knowledge.write")
def edit_form(article_id: int) -> str:
    """The form of an answer with its newest texts."""
    with looking() as unit:
        view = reading.article_view(unit, article_id)
        next_review = day_of(unit.now) + articles.REVIEW_AFTER
    return _form_page(kept_form(view, next_review), view=view)


@blueprint.post(ONE + "/bewerken")
@needs("knowledge.write")
@shown_again(_edit_again)
def save(article_id: int) -> str | Response:
    """Keep the form as a new version, and publish it if that is asked; or show how it will look."""
    if request.form.get("act") == "preview":
        return _preview(_view(article_id))
    publish = request.form.get("act") == "publish"
    with writing() as unit:
        articles.save(unit, article_id, whole("version"), sent_article(), publish=publish)
    return then(url_for("articles.show", article_id=article_id), "article_published" if publish else "article_saved")


@blueprint.post(ONE + "/publiceren")
@needs("knowledge.write")
@shown_again(_page)
def publish(article_id: int) -> Response:
    """Show readers the newest version."""
    with writing() as unit:
        articles.publish_latest(unit, article_id, whole("version"))
    return then(url_for("articles.show", article_id=article_id), "article_published")


@blueprint.post(ONE + "/intrekken")
@needs("knowledge.write")
@shown_again(_page)
def withdraw(article_id: int) -> Response:
    """Show it to no reader any more."""
    with writing() as unit:
        articles.withdraw(unit, article_id, whole("version"))
    return then(url_for("articles.show", article_id=article_id), "article_withdrawn")


@blueprint.post(ONE + "/nagekeken")
@needs("knowledge.write")
@shown_again(_page)
def review(article_id: int) -> Response:
    """Say that it is right, and when it is to be looked at again."""
    with writing() as unit:
        articles.review(unit, article_id, whole("version"), day_of_form("review_on"))
    return then(url_for("articles.show", article_id=article_id), "article_reviewed")


@blueprint.post(ONE + "/vernietigen")
@needs("knowledge.write")
@shown_again(_page)
def destroy(article_id: int) -> Response:
    """Delete it with every version."""
    with writing() as unit:
        articles.destroy(unit, article_id, whole("version"))
    return then(url_for("articles.show_list"), "article_destroyed")
