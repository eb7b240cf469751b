"""Signing in with the work account, for staff: to the provider and back. The rules are in the domain."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request

from helpdesk.errors import Conflict, HelpdeskError, Unavailable
from helpdesk.sign_in import work_account
from helpdesk.sign_in.work_account import STAFF
from web import csrf
from web.errors import sentence, status_of
from web.guards import open_to_all
from web.notices import then
from web.sign_in.views import own_place
from web.unit import writing
from web.work_accounts import WHY, came_back, forget, lead_there, told

blueprint = Blueprint("work_account", __name__)

_DOOR = "/inloggen/werkaccount"
_BACK = "work_account.back"
_ONWARD = "naar-werk"
"""Cookie of ten minutes: where the browser wanted to go."""


def _again(fault: HelpdeskError) -> Response:
    problem = sentence(told(fault))
    body = render_template("sign_in/form.html", email="", onward="", problem=problem, code=False)
    return make_response(body, status_of(fault))


@blueprint.get(_DOOR)
@open_to_all(WHY)
def there() -> Response:
    """Go to the provider; nothing is written down yet."""
    try:
        answer = lead_there(STAFF, _BACK)
    except Unavailable as fault:
        return _again(fault)
    lifetime = int(work_account.LIFETIME.total_seconds())
    csrf.set_cookie(answer, _ONWARD, own_place(request.args.get("naar", "")), max_age=lifetime)
    return answer


@blueprint.get(_DOOR + "/terug")
@open_to_all(WHY)
def back() -> Response:
    """Come back from the provider and be signed in, once."""
    try:
        token = came_back(STAFF, _BACK, work_account.enter_staff)
    except (Conflict, Unavailable) as fault:
        if fault.code in work_account.UNKNOWN:
            with writing() as unit:
                work_account.note_refused(unit)
        return _again(fault)
    answer = then(own_place(request.cookies.get(_ONWARD, "")))
    csrf.set_cookie(answer, csrf.session_cookie(), token)
    csrf.drop_cookie(answer, _ONWARD)
    return forget(answer)
