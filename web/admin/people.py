"""People for administrators and privacy officers: found, looked at, and their dates put right. Decides nothing itself.

What somebody searches for is kept with the session, so that no address holds a name.
"""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.facts import record
from helpdesk.facts.words import KIND, REASON, SOURCE
from helpdesk.people.access import can
from helpdesk.people.finding import find_people
from helpdesk.retention.why import FACT
from helpdesk.tickets.finding import keep_query, query_of
from helpdesk.tickets.person_view import PAGE, person_view
from web.days import day_of_form
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.paging import Pages, number_asked
from web.unit import actor, me, reading, writing

blueprint = Blueprint("people", __name__)
ONE = "/beheer/mensen/<int:person_id>"
FACT_OF = ONE + "/datums/<int:fact_id>"
_MOST = 50


def _session_id() -> int:
    who = me()
    return who.session_id if who else 0


def _search_page(query_id: str = "") -> str:
    with reading() as unit:
        words = query_of(unit, _session_id(), query_id) if query_id else ""
        found = find_people(unit, words, _MOST + 1)
        around = frame(unit)
    return render_template(
        "admin/people.html", people=found[:_MOST], more=len(found) > _MOST, sought=words, kinds=KIND, **around
    )


@blueprint.get("/beheer/mensen")
@needs("fact.read")
def search() -> str:
    """The form to find somebody."""
    return _search_page()


@blueprint.post("/beheer/mensen/zoeken")
@needs("fact.read")
def look_for() -> Response:
    """Keep the words with the session and show who fits."""
    with writing() as unit:
        query_id = keep_query(unit, _session_id(), request.form.get("wie", ""))
    return then(url_for("people.found", query_id=query_id))


@blueprint.get("/beheer/mensen/gevonden/<query_id>")
@needs("fact.read")
def found(query_id: str) -> str:
    """Who fits a kept search."""
    return _search_page(query_id)


def _person_page(fault: HelpdeskError | None = None, person_id: int = 0, fact_id: int | None = None) -> str:
    asked = number_asked("pagina")
    with reading() as unit:
        person = person_view(unit, person_id, (asked - 1) * PAGE)
        around = frame(unit)
    return render_template(
        "admin/person.html",
        person=person,
        pages=Pages(asked, person.total, PAGE),
        may_write=can(actor(), "fact.write"),
        kinds=KIND,
        facts=FACT,
        fact_types=record.OF_PEOPLE,
        reasons=REASON,
        sources=SOURCE,
        wrong_fact=fact_id if fault else None,
        typed=request.form,
        problem=sentence(fault) if fault else "",
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        **around,
    )


@blueprint.get(ONE)
@needs("fact.read")
def show(person_id: int) -> str:
    """One person."""
    return _person_page(person_id=person_id)


@blueprint.post(ONE + "/datums")
@needs("fact.write")
@shown_again(_person_page)
def add(person_id: int) -> Response:
    """Add a date."""
    given = request.form
    with writing() as unit:
        record.add(
            unit,
            person_id,
            given.get("type", ""),
            day_of_form("valid_on"),
            given.get("reference", ""),
            given.get("reason") or None,
        )
    return then(url_for("people.show", person_id=person_id), "fact_added")


@blueprint.post(FACT_OF + "/verbeteren")
@needs("fact.write")
@shown_again(_person_page)
def correct(person_id: int, fact_id: int) -> Response:
    """Put another day in the place of a date; the old one stays to be seen."""
    with writing() as unit:
        record.correct(unit, fact_id, day_of_form("valid_on"), request.form.get("reference", ""))
    return then(url_for("people.show", person_id=person_id), "fact_corrected")


@blueprint.post(FACT_OF + "/terugnemen")
@needs("fact.write")
@shown_again(_person_page)
def retract(person_id: int, fact_id: int) -> Response:
    """Take a date back; it stays to be seen."""
    with writing() as unit:
        record.retract(unit, fact_id, request.form.get("reference", ""))
    return then(url_for("people.show", person_id=person_id), "fact_retracted")
