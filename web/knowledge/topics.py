"""The topics of answers: one page with a form for each. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError
from helpdesk.knowledge import topics
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.knowledge.forms import whole
from web.knowledge.written import ALL
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("topics", __name__)


def _page(fault: HelpdeskError | None = None) -> str:
    with reading() as unit:
        found = topics.topics(unit)
        around = frame(unit)
    return render_template(
        "knowledge/topics.html",
        topics=found,
        typed=request.form,
        wrong=whole("topic") if fault else None,
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", None) or "",
        **around,
    )


@blueprint.get(ALL + "/onderwerpen")
@needs("knowledge.read")
def show() -> str:
    """All topics."""
    return _page()


@blueprint.post(ALL + "/onderwerpen")
@needs("knowledge.write")
@shown_again(_page)
def keep() -> Response:
    """Add a topic, or call one otherwise."""
    names = request.form.get("name_nl", ""), request.form.get("name_en", "")
    with writing() as unit:
        if topic_id := whole("topic"):
            topics.rename_topic(unit, topic_id, *names)
        else:
            topics.add_topic(unit, *names)
    return then(url_for("topics.show"), "topic_kept")


@blueprint.post(ALL + "/onderwerpen/weg")
@needs("knowledge.write")
@shown_again(_page)
def remove() -> Response:
    """Take away a topic without answers."""
    with writing() as unit:
        topics.remove_topic(unit, whole("topic"))
    return then(url_for("topics.show"), "topic_gone")
