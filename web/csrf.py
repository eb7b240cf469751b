"""Tells our own forms from forged ones: a keyed token per session, and where the browser says it comes from."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any
from urllib.parse import urlsplit

from flask import Response, g, request

from web.embedding import embedded
from web.unit import ports

FIELD = "formulier"
HEADER = "X-Formulier"
"""Where a request of our script without a form carries the token: no other site can make a browser send it."""


def session_cookie() -> str:
    """Name of the cookie that holds the session's token; `__Host-` binds it to this host and to HTTPS."""
    return "__Host-helpdesk" if ports().settings.secure_cookies else "helpdesk"


def requester_cookie() -> str:
    """The same for people who ask: a cookie of its own, so that the two sessions never mix; another one in a frame."""
    return bound_cookie("vragen-kader" if embedded() else "vragen")


def requester_tokens() -> list[str]:
    """What the browser holds of people who ask: the frame's first, which it sends on pages of one site only."""
    found = (request.cookies.get(bound_cookie(name), "") for name in ("vragen-kader", "vragen"))
    return [token for token in (*found, guest_token()) if token]


def guest_cookie() -> str:
    """The cookie of somebody who chats without saying who they are; it stands back behind those of who said it."""
    return bound_cookie("gast-kader" if embedded() else "gast")


def guest_token() -> str:
    """What the browser holds as a guest; empty for nothing."""
    return request.cookies.get(bound_cookie("gast-kader")) or request.cookies.get(bound_cookie("gast"), "")


def bound_cookie(name: str) -> str:
    """The name of a further cookie that only this host can set, over HTTPS."""
    return f"__Host-{name}" if ports().settings.secure_cookies else name


def _form_cookie() -> str:
    return bound_cookie("form")


def set_cookie(answer: Response, name: str, value: str, max_age: int | None = None) -> None:
    """Set a cookie no script can read and no other site can make the browser send along with a form.

    In a frame it is kept apart for the site around it (CHIPS), and sent there alone: what other sites see is no cookie.
    """
    answer.set_cookie(name, value, max_age=max_age, httponly=True, path="/", **_kept_for())


def drop_cookie(answer: Response, name: str) -> None:
    """Take a cookie away, in a frame that of the frame."""
    answer.delete_cookie(name, path="/", httponly=True, **_kept_for())


def _kept_for() -> dict[str, Any]:
    if embedded():
        return {"secure": True, "samesite": "None", "partitioned": True}
    return {"secure": ports().settings.secure_cookies, "samesite": "Lax"}


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


def challenge() -> str:
    """What a site must sign along when it says who looks: the same browser alone brings it back."""
    g.form_token_used = True
    return hmac.new(ports().keys.session, ("challenge:" + _secret()).encode(), hashlib.sha256).hexdigest()


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
