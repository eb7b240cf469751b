"""Tells our own forms from forged ones: a keyed token per session, and where the browser says it comes from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from urllib.parse import urlsplit

from flask import Response, g, request

from web.unit import ports

FIELD = "formulier"
HEADER = "X-Formulier"
"""Where a request of our script without a form carries the token: no other site can make a browser send it."""


def session_cookie() -> str:
    """Name of the cookie that holds the session's token; `__Host-` binds it to this host and to HTTPS."""
    return "__Host-helpdesk" if ports().settings.secure_cookies else "helpdesk"


def requester_cookie() -> str:
    """The same for people who ask: a cookie of its own, so that the two sessions never mix."""
    return "__Host-vragen" if ports().settings.secure_cookies else "vragen"


def _form_cookie() -> str:
    return "__Host-form" if ports().settings.secure_cookies else "form"


def set_cookie(answer: Response, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie no script can read and no other site can make the browser send along with a form."""
    secure = ports().settings.secure_cookies
    answer.set_cookie(name, value, max_age=max_age, secure=secure, httponly=True, samesite="Lax", path="/")


def _secret() -> str:
    """What the token is bound to: the session, or before sign-in a random cookie."""
    session: str | None = g.get("session_token")
    if session:
        return "session:" + session
    if "form_cookie" not in g:
        g.form_cookie = request.cookies.get(_form_cookie()) or secrets.token_urlsafe(24)
    return "form:" + str(g.form_cookie)


def token() -> str:
    """The value of the hidden field of every form."""
    g.form_token_used = True
    return hmac.new(ports().keys.session, ("csrf:" + _secret()).encode(), hashlib.sha256).hexdigest()


def keep_form_cookie(answer: Response) -> Response:
    """Send the cookie to which the form of somebody not yet signed in is bound."""
    if g.get("form_token_used") and g.get("form_cookie") and not request.cookies.get(_form_cookie()):
        set_cookie(answer, _form_cookie(), g.form_cookie)
    return answer


def from_here(*, bare: bool = False) -> bool:
    """Whether the request is a form of ours; a `bare` one has no token, for it acts for nobody.

    The token decides; Sec-Fetch-Site and Origin are a second lock where the browser sends them (with
    `Referrer-Policy: no-referrer` browsers send `Origin: null` along with a form, so that word says nothing).
    """
    if bare:
        return _same_site()
    given = request.form.get(FIELD, "") or request.headers.get(HEADER, "")
    return hmac.compare_digest(given.encode(), token().encode()) and _same_site()


def _same_site() -> bool:
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    if origin == "null":
        return True
    ours = {request.host, urlsplit(ports().settings.public_url).netloc}
    return urlsplit(origin).netloc in ours
