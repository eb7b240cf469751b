"""Signing in with the work account, for people who ask: to the provider and back. The rules are in the domain."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request

from helpdesk.errors import Conflict, HelpdeskError, Unavailable
from helpdesk.sign_in import work_account
from helpdesk.sign_in.work_account import REQUESTER
from web.errors import sentence, status_of
from web.guards import open_to_all
from web.portal.entrance import DOOR, form_page, signed_in_by, then_to
from web.work_accounts import WHY, came_back, forget, lead_there, told

blueprint = Blueprint("own_work_account", __name__)

_DOOR = DOOR + "/werkaccount"
_BACK = "own_work_account.back"


def _again(fault: HelpdeskError) -> Response:
    return make_response(form_page("", sentence(told(fault)), at_field=False), status_of(fault))


@blueprint.get(_DOOR)
@open_to_all(WHY)
def there() -> Response:
    """Go to the provider; nothing is written down yet."""
    try:
        return then_to(lead_there(REQUESTER, _BACK), request.args.get("naar", ""))
    except Unavailable as fault:
        return _again(fault)


@blueprint.get(_DOOR + "/terug")
@open_to_all(WHY)
def back() -> Response:
    """Come back from the provider and be signed in, once."""
    try:
        return forget(signed_in_by(came_back(REQUESTER, _BACK, work_account.enter)))
    except (Conflict, Unavailable) as fault:
        return _again(fault)
