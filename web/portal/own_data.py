"""What we hold of somebody, for themselves: until when and why, their choices, and requests about it."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.errors import HelpdeskError
from helpdesk.people import requester_sessions
from helpdesk.privacy.rights import codes, own, own_record
from web.errors import shown_again
from web.filters import remember_language
from web.guards import REQUESTER, needs
from web.notices import then
from web.paging import Pages, number_asked
from web.portal.parts import signed_in, trouble, words
from web.unit import reading, writing

blueprint = Blueprint("own_data", __name__)

PLACE = "/mijn-gegevens"


def _page(fault: HelpdeskError | None = None) -> str:
    number = number_asked("pagina")
    with reading() as unit:
        record = own_record.record_of(unit, number)
        asked = own.own_requests(unit)
    return render_template(
        "portal/own_data.html",
        record=record,
        pages=Pages(number, record.total, own_record.PAGE),
        asked=asked,
        kinds=own.KINDS,
        codes=codes,
        typed=request.form,
        who=signed_in(),
        **trouble(fault),
    )


@blueprint.get(PLACE)
@needs(REQUESTER)
def show() -> str:
    """What is held, until when and why; choices; requests."""
    return _page()


@blueprint.post(PLACE + "/keuzes")
@needs(REQUESTER)
@shown_again(_page)
def choose() -> Response:
    """Remember language and whether receipts are wanted."""
    chosen = request.form.get("language", "")
    with writing() as unit:
        requester_sessions.choose(unit, signed_in(), chosen, request.form.get("receipts") == "1")
    answer = then(url_for("own_data.show"), "own_choices")
    remember_language(answer, chosen)
    return answer


@blueprint.post(PLACE + "/verzoek")
@needs(REQUESTER)
@shown_again(_page)
def ask() -> Response:
    """Record a request about one's own data; a privacy officer answers it."""
    with writing() as unit:
        own.open_own(unit, request.form.get("kind", ""), words("wish"))
    return then(url_for("own_data.show", _anchor="verzoeken"), "own_request")
