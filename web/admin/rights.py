"""Requests of people about their own data: the worklist and the page of one, and what is decided there.

Decides nothing itself; what a ticket of a request holds stands in `request_tickets`.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.people.access import can
from helpdesk.people.directory import person_named
from helpdesk.people.two_people import second_refused
from helpdesk.privacy.rights import answering, codes, erasing, judging, rectifying
from helpdesk.privacy.rights.answering import Wish
from helpdesk.privacy.rights.request_views import RequestView, request_view, requests_page
from helpdesk.unit import Unit
from web.days import day_of_form
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import actor, reading, writing

blueprint = Blueprint("requests", __name__)
ALL, ONE = "/privacybeheer/verzoeken", "/privacybeheer/verzoeken/<int:request_id>"


def _around(fault: HelpdeskError | None) -> dict[str, object]:
    return {
        "problem": sentence(fault) if fault else "",
        "problem_field": (fault.field or "") if isinstance(fault, Invalid) else "",
        "typed": request.form,
        "codes": codes,
    }


def _list_page(fault: HelpdeskError | None = None) -> str:
    closed = request.args.get("beantwoord") == "1"
    with reading() as unit:
        rows = requests_page(unit, closed=closed)
        around = frame(unit)
    return render_template(
        "admin/requests.html",
        rows=rows,
        closed=closed,
        handles=can(actor(), "request.handle"),
        **_around(fault),
        **around,
    )


@blueprint.get(ALL)
@needs("request.read")
def show_list() -> str:
    """The requests that are to be answered, or those that were."""
    return _list_page()


def _person(unit: Unit, field: str) -> int | None:
    """The person with the number or address that was typed, if one was."""
    said = request.form.get(field, "").strip()
    return person_named(unit, said).id if said else None


@blueprint.post(ALL)
@needs("request.handle")
@shown_again(_list_page)
def open_new() -> Response:
    """Record a request."""
    given = request.form
    number = given.get("number", "").strip().upper().removeprefix("V-")
    with writing() as unit:
        wish = Wish(
            given.get("kind", ""),
            day_of_form("received_on"),
            given.get("wish", ""),
            number=number or None,
            person_id=_person(unit, "person"),
        )
        request_id = answering.open_request(unit, wish)
    return then(url_for("requests.show", request_id=request_id), "request_opened")


def _page(fault: HelpdeskError | None = None, request_id: int = 0) -> str:
    with reading() as unit:
        view = request_view(unit, request_id)
        refused = _refused(unit, view)
        around = frame(unit)
    return render_template(
        "admin/request.html",
        found=view,
        row=view.row,
        handles=can(actor(), "request.handle"),
        may_release=can(actor(), "request.release"),
        may_erase=can(actor(), "erasure.approve"),
        refused=sentence(refused) if refused else "",
        **_around(fault),
        **around,
    )


def _refused(unit: Unit, view: RequestView) -> HelpdeskError | None:
    """Why the reader can't be the second person here, if the decision waits for one."""
    if view.row.state != "review" or not can(unit.actor, "request.release"):
        return None
    return second_refused(unit, "request.release", view.proposed_by_id)


@blueprint.get(ONE)
@needs("request.read")
def show(request_id: int) -> str:
    """One request."""
    return _page(request_id=request_id)


def _done(request_id: int, notice: str, act: Callable[[Unit], object]) -> Response:
    with writing() as unit:
        act(unit)
    return then(url_for("requests.show", request_id=request_id), notice)


@blueprint.post(ONE + "/nemen")
@needs("request.handle")
@shown_again(_page)
def take(request_id: int) -> Response:
    """Handle it from now on."""
    return _done(request_id, "request_taken", lambda unit: answering.take(unit, request_id))


@blueprint.post(ONE + "/identiteit")
@needs("request.handle")
@shown_again(_page)
def identify(request_id: int) -> Response:
    """Say who asks and how that is known; collects their tickets."""
    how = request.form.get("identity", "")
    return _done(
        request_id, "request_known", lambda unit: answering.identify(unit, request_id, how, _person(unit, "person"))
    )


@blueprint.post(ONE + "/verlengen")
@needs("request.handle")
@shown_again(_page)
def extend(request_id: int) -> Response:
    """Take two months more."""
    because = request.form.get("because", "")
    return _done(request_id, "request_extended", lambda unit: answering.extend(unit, request_id, because))


@blueprint.post(ONE + "/verzamelen")
@needs("request.handle")
@shown_again(_page)
def collect(request_id: int) -> Response:
    """Look once more for what belongs to who asks."""
    return _done(request_id, "request_known", lambda unit: answering.collect(unit, request_id))


@blueprint.post(ONE + "/vraag/<number>/oordeel")
@needs("request.handle")
@shown_again(_page)
def judge(request_id: int, number: str) -> Response:
    """Decide about one ticket."""
    state, reason = request.form.get("state", ""), request.form.get("reason") or None
    return _done(
        request_id,
        "request_judged",
        lambda unit: judging.judge(unit, request_id, number, state, reason if state == "withheld" else None),
    )


@blueprint.post(ONE + "/woorden")
@needs("request.handle")
@shown_again(_page)
def words(request_id: int) -> Response:
    """Say which words are blacked out beside what is found by itself."""
    said = request.form.get("words", "")
    return _done(request_id, "request_words", lambda unit: judging.black_out(unit, request_id, said))


@blueprint.post(ONE + "/voorstellen")
@needs("request.handle")
@shown_again(_page)
def propose(request_id: int) -> Response:
    """Propose the decision to a second person."""
    decision, said = request.form.get("decision", ""), request.form.get("decision_text", "")
    return _done(request_id, "request_proposed", lambda unit: answering.propose(unit, request_id, decision, said))


@blueprint.post(ONE + "/vrijgeven")
@needs("request.release")
@shown_again(_page)
def release(request_id: int) -> Response:
    """Approve the decision, as the second person."""
    return _done(request_id, "request_released", lambda unit: answering.release(unit, request_id))


@blueprint.post(ONE + "/terug")
@needs("request.release")
@shown_again(_page)
def send_back(request_id: int) -> Response:
    """Do not approve it."""
    return _done(request_id, "request_back", lambda unit: answering.send_back(unit, request_id))


@blueprint.post(ONE + "/beantwoord")
@needs("request.handle")
@shown_again(_page)
def close(request_id: int) -> Response:
    """Say that it was answered."""
    decision, said = request.form.get("decision", ""), request.form.get("decision_text", "")
    return _done(request_id, "request_answered", lambda unit: answering.close(unit, request_id, decision, said))


@blueprint.post(ONE + "/beperking-opheffen")
@needs("request.handle")
@shown_again(_page)
def lift(request_id: int) -> Response:
    """End the restriction."""
    return _done(request_id, "request_lifted", lambda unit: answering.lift(unit, request_id))


@blueprint.post(ONE + "/wissen")
@needs("request.handle")
@shown_again(_page)
def erase(request_id: int) -> Response:
    """Propose the erasure before the term."""
    ground = request.form.get("ground", "")
    return _done(request_id, "erasure_proposed", lambda unit: erasing.propose(unit, request_id, ground))


@blueprint.post(ONE + "/wissen/akkoord")
@needs("erasure.approve")
@shown_again(_page)
def approve_erasure(request_id: int) -> Response:
    """Approve the erasure, as the second person."""
    return _done(request_id, "erasure_approved", lambda unit: erasing.approve(unit, request_id))


@blueprint.post(ONE + "/wissen/intrekken")
@needs("request.handle")
@shown_again(_page)
def withdraw_erasure(request_id: int) -> Response:
    """Take the erasure back."""
    return _done(request_id, "erasure_withdrawn", lambda unit: erasing.withdraw(unit, request_id))


@blueprint.post(ONE + "/naam")
@needs("request.handle")
@shown_again(_page)
def rename(request_id: int) -> Response:
    """Put the name right."""
    name = request.form.get("name", "")
    return _done(request_id, "rectified", lambda unit: rectifying.rename(unit, request_id, name))


@blueprint.post(ONE + "/adres")
@needs("request.handle")
@shown_again(_page)
def readdress(request_id: int) -> Response:
    """Put an address right."""
    wrong, right = request.form.get("wrong", ""), request.form.get("right", "")
    return _done(request_id, "rectified", lambda unit: rectifying.readdress(unit, request_id, wrong, right))
