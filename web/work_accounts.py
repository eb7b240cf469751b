"""The way to the provider of work accounts and back, the same for both doors. The rules are in the domain."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from flask import Response, g, redirect, request, url_for

from helpdesk.errors import Conflict, HelpdeskError
from helpdesk.ports import WorkAccount
from helpdesk.sign_in import work_account
from helpdesk.unit import Unit
from web import csrf
from web.unit import ports, writing

_COOKIE = "werkaccount"
_SHORTEST, _LONGEST_CODE = 32, 4000
WHY = "who wants to sign in is not signed in yet"


def _cookie() -> str:
    return csrf.bound_cookie(_COOKIE)


def _back(endpoint: str) -> str:
    """The address that is registered at the provider; never made of what a request says."""
    return ports().settings.public_url.rstrip("/") + url_for(endpoint)


def lead_there(door: str, back: str) -> Response:
    """Send the browser to the provider, with a word of its own in a cookie; a second tab keeps that of the first."""
    browser = request.cookies.get(_cookie(), "")
    if len(browser) < _SHORTEST:
        browser = secrets.token_urlsafe(_SHORTEST)
    work_account.provider(ports())
    answer = redirect(work_account.begin(ports(), door, browser, _back(back)), 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own class
    csrf.set_cookie(answer, _cookie(), browser, max_age=int(work_account.LIFETIME.total_seconds()))
    return answer


def came_back(door: str, back: str, enter: Callable[[Unit, WorkAccount], str]) -> str:
    """The token of a session for who the provider says it is. Raises NotFound, Unavailable, Conflict.

    The state is used up and committed before the provider is asked: nothing waits on the network with the database.
    """
    there, said = work_account.provider(ports()), request.args
    with writing() as unit:
        asked = work_account.come_back(
            unit, door, request.cookies.get(_cookie(), ""), said.get("state", ""), _back(back)
        )
    issuer = ports().settings.oidc_issuer
    if not said.get("code") or "error" in said or said.get("iss", issuer) != issuer:
        raise Conflict(
            "You are not signed in at the work account. Start again, or sign in another way.", code="work_no"
        )
    who = there.who(said["code"][:_LONGEST_CODE], asked, ports().now())
    with writing() as unit:
        return enter(unit, who)


def forget(answer: Response) -> Response:
    """Take the cookie away once it has done its work."""
    csrf.drop_cookie(answer, _cookie())
    return answer


def told(fault: HelpdeskError) -> HelpdeskError:
    """The fault, its code noted for the log."""
    g.error_code = fault.code
    return fault
