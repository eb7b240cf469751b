"""Legal holds as pages and forms: placed, reviewed, and released by a second person. Decides nothing itself."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid, NotFound
from helpdesk.people.access import can
from helpdesk.people.accounts import staff
from helpdesk.people.directory import person_named
from helpdesk.people.two_people import second_refused
from helpdesk.privacy import holds
from helpdesk.privacy.hold_views import KIND, SHOWN, fitting, freed, hold_view, holds_page
from helpdesk.privacy.holds import Placed, Wish
from helpdesk.retention.terms import day_of, last_day
from helpdesk.text.language import N_
from helpdesk.tickets.finding import number_in
from helpdesk.unit import Unit
from web.days import day_of_form
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import actor, reading, writing

blueprint = Blueprint("holds", __name__)
ALL = "/privacybeheer/bewaarplicht"
ONE = ALL + "/<int:hold_id>"
STATE = {
    "standing": N_("stands"),
    "proposed": N_("release proposed"),
    "released": N_("released"),
}
SCOPE = {
    "ticket": N_("tickets by number"),
    "person": N_("one person"),
    "query": N_("words"),
}


@blueprint.get(ALL)
@needs("hold.place")
def show_list() -> str:
    """The holds that stand, the one to be reviewed first in front; or all there were."""
    everything = request.args.get("alle") == "1"
    with reading() as unit:
        found = holds_page(unit, released=everything)
        around = frame(unit)
    words = {"states": STATE, "kinds": KIND, "scopes": SCOPE}
    return render_template("privacy/holds.html", holds=found, everything=everything, **words, **around)


def _form_page(fault: HelpdeskError | None = None, fitting: int | None = None) -> str:
    with reading() as unit:
        today = day_of(unit.now)
        everybody = staff(unit)
        around = frame(unit)
    return render_template(
        "privacy/hold_new.html",
        kinds=KIND,
        scopes=SCOPE,
        staff=everybody,
        mine=actor().account_id,
        review_on=last_day(today, holds.REVIEW_AFTER),
        latest=last_day(today, holds.REVIEW_WITHIN),
        typed=request.form,
        fitting=fitting,
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", "") or "",
        **around,
    )


@blueprint.get(ALL + "/nieuw")
@needs("hold.place")
def new_form() -> str:
    """The form to place a hold."""
    return _form_page()


@blueprint.post(ALL + "/nieuw/tellen")
@needs("hold.place")
@shown_again(_form_page)
def count() -> str:
    """Say how many tickets the hold would keep now, and place nothing."""
    with reading() as unit:
        wish = _wish(unit)
        found = len(wish.numbers) or fitting(unit, person_id=wish.person_id, query=wish.query or "")
    return _form_page(fitting=found)


@blueprint.post(ALL + "/nieuw")
@needs("hold.place")
@shown_again(_form_page)
def place() -> Response:
    """Place a hold; a worker finds what it keeps."""
    with writing() as unit:
        try:
            placed = holds.place(unit, _wish(unit))
        except NotFound as fault:
            raise Invalid(fault.message, field="numbers", code=fault.code) from fault  # a slip, not the address
    return then(url_for("holds.show", hold_id=placed.hold_id), _late(placed))


def _late(placed: Placed) -> str:
    return "hold_placed_late" if placed.destroying else "hold_placed"


def _wish(unit: Unit) -> Wish:
    """The hold that the form describes; only what belongs to the chosen scope counts. Raises Invalid."""
    given = request.form
    scope = given.get("scope", "")
    owner = given.get("owner", "")
    return Wish(
        kind=given.get("kind", ""),
        reference=given.get("reference", ""),
        reason=given.get("reason", ""),
        numbers=_numbers(unit) if scope == "ticket" else (),
        person_id=_person(unit, given.get("person", "")) if scope == "person" else None,
        query=given.get("query", "") if scope == "query" else None,
        owner_id=int(owner) if owner.isascii() and owner.isdigit() and len(owner) < 19 else None,
        review_on=day_of_form("review_on"),
    )


def _numbers(unit: Unit) -> list[str]:
    said = request.form.get("numbers", "").replace(",", " ").replace(";", " ").split()
    found = [number_in(one, unit.now.year) for one in said]
    wrong = [one for one, number in zip(said, found, strict=True) if not number]
    if wrong or not found:
        raise Invalid("Write the numbers as V-2026-01342, with spaces or lines between them.", field="numbers")
    return found


def _person(unit: Unit, said: str) -> int:
    try:
        return person_named(unit, said).id
    except NotFound as fault:
        raise Invalid(fault.message, field="person", code=fault.code) from fault


def _page(fault: HelpdeskError | None = None, hold_id: int = 0) -> str:
    with reading() as unit:
        found, numbers = hold_view(unit, hold_id)
        releases = found.state == "proposed" and can(unit.actor, "hold.release")
        said = second_refused(unit, "hold.release", found.release_asked_by_id) if releases else None
        loose = freed(unit, hold_id) if found.state != "released" else 0
        latest = last_day(day_of(unit.now), holds.REVIEW_WITHIN)
        around = frame(unit)
    return render_template(
        "privacy/hold.html",
        hold=found,
        numbers=numbers,
        shown=SHOWN,
        freed=loose,
        latest=latest,
        may_release=releases and said is None,
        refused=sentence(said) if said else "",
        states=STATE,
        kinds=KIND,
        scopes=SCOPE,
        typed=request.form,
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", "") or "",
        **around,
    )


@blueprint.get(ONE)
@needs("hold.place")
def show(hold_id: int) -> str:
    """One hold: what it keeps, until when it is looked at again, and what can be done."""
    return _page(hold_id=hold_id)


@blueprint.post(ONE + "/bekijken")
@needs("hold.place")
@shown_again(_page)
def review(hold_id: int) -> Response:
    """Keep the hold, and set the day on which it is looked at again."""
    day = day_of_form("review_on")
    with writing() as unit:
        holds.review(unit, hold_id, day)
    return then(url_for("holds.show", hold_id=hold_id), "hold_reviewed")


@blueprint.post(ONE + "/opheffen-voorstellen")
@needs("hold.place")
@shown_again(_page)
def propose_release(hold_id: int) -> Response:
    """Propose to release the hold, with a reason."""
    with writing() as unit:
        holds.propose_release(unit, hold_id, request.form.get("reason", ""))
    return then(url_for("holds.show", hold_id=hold_id), "hold_release_proposed")


@blueprint.post(ONE + "/opheffen")
@needs("hold.release")
@shown_again(_page)
def release(hold_id: int) -> Response:
    """Release the hold as the second person; nothing is destroyed at once."""
    with writing() as unit:
        holds.release(unit, hold_id)
    return then(url_for("holds.show", hold_id=hold_id), "hold_released")
