"""The versions of an answer: two beside each other, and taking the texts of one again. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from helpdesk.errors import HelpdeskError
from helpdesk.knowledge import articles, reading
from helpdesk.knowledge.articles import Words
from helpdesk.knowledge.comparing import Part, compare
from helpdesk.text.language import LANGUAGES
from helpdesk.unit import Unit
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.knowledge.forms import whole
from web.knowledge.written import ONE
from web.notices import then
from web.paging import id_asked
from web.unit import reading as looking
from web.unit import writing

blueprint = Blueprint("article_versions", __name__)
_NOTHING = Words("", "")


def _page(fault: HelpdeskError | None = None, article_id: int = 0) -> str:
    with looking() as unit:
        view = reading.article_view(unit, article_id)
        after = id_asked("naar") or view.number
        before = id_asked("van") or max(after - 1, 1)
        changes = _changes(unit, article_id, before, after)
        around = frame(unit)
    return render_template(
        "knowledge/versions.html",
        article=view,
        before=before,
        after=after,
        changes=changes,
        problem=sentence(fault) if fault else "",
        **around,
    )


def _changes(unit: Unit, article_id: int, before: int, after: int) -> dict[str, tuple[list[Part], list[Part]]]:
    """What became of title and text, by language; languages in which neither version has a text are left out."""
    old, new = (articles.texts_of(unit, articles.version_numbered(unit, article_id, one).id) for one in (before, after))
    pairs = {one: (old.get(one, _NOTHING), new.get(one, _NOTHING)) for one in LANGUAGES if one in old or one in new}
    return {one: (compare(a.title, b.title), compare(a.body, b.body)) for one, (a, b) in pairs.items()}


@blueprint.get(ONE + "/versies")
@needs("knowledge.read")
def show(article_id: int) -> str:
    """All versions, and what changed between two of them."""
    return _page(article_id=article_id)


@blueprint.post(ONE + "/terugzetten")
@needs("knowledge.write")
@shown_again(_page)
def restore(article_id: int) -> Response:
    """Make the texts of an earlier version the newest."""
    with writing() as unit:
        articles.restore(unit, article_id, whole("version"), whole("number"))
    return then(url_for("articles.show", article_id=article_id), "article_restored")
