"""Turns the domain's errors into pages, once for all views; nothing typed is lost on the way. Changes nothing."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.wrappers import Response as AnyResponse

from helpdesk.errors import (
    Conflict,
    HelpdeskError,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMany,
    Unavailable,
)
from helpdesk.text.language import N_
from web import areas
from web.filters import _
from web.frame import frame
from web.unit import me, reading

log = logging.getLogger(__name__)
View = TypeVar("View", bound=Callable[..., object])
Renderer = Callable[..., str | Response]

STATUS: tuple[tuple[type[HelpdeskError], int], ...] = (
    (NotFound, 404),
    (NotAllowed, 404),
    (Conflict, 409),
    (Invalid, 422),
    (TooMany, 429),
    (Unavailable, 503),
    (HelpdeskError, 500),
)
TITLES = {
    400: N_("This request is not right"),
    403: N_("This form is too old"),
    404: N_("This page is not there"),
    405: N_("This page is not there"),
    409: N_("Somebody was first"),
    413: N_("This is too much at once"),
    422: N_("There is a problem"),
    429: N_("Too many tries"),
    500: N_("Something went wrong here"),
    503: N_("This does not work for a moment"),
}
ADVICE = {
    400: N_("Go back and try again."),
    403: N_("Go back, load the page again and repeat what you did. Nothing was changed."),
    404: N_("It does not exist, or you may not see it. Check the number, or look in the list."),
    405: N_("It does not exist, or you may not see it. Check the number, or look in the list."),
    409: N_("Nothing was changed. Look at the page again and repeat what you did."),
    413: N_("The files are together larger than 25 MB. Send fewer or smaller files."),
    422: N_("Nothing was changed. Go back and try again."),
    429: N_("Then try again."),
    500: N_("Nothing was half done. Try again; if it stays, give this number to the technical administrator."),
    503: N_("Nothing was half done."),
}


def shown_again(render: Renderer) -> Callable[[View], View]:
    """Mark a POST view: on Invalid or Conflict its page is shown again by `render(fault, **view_args)`, as typed."""

    def mark(view: View) -> View:
        view.__dict__["again"] = render
        return view

    return mark


def sentence(fault: HelpdeskError) -> str:
    """The error's message in the reader's language."""
    return _(fault.message, **fault.values)


def typed() -> str:
    """The text somebody wrote into the form that failed, so that the page can give it back."""
    try:
        return request.form.get("text", "")
    except HTTPException:
        return ""


def page(status: int, message: str = "", number: str = "") -> Response:
    """An error page that says what to do and gives back what was typed."""
    title = _(TITLES.get(status, TITLES[400]))
    too_much = g.get("too_much", "") if status == 413 else ""
    advice = _(too_much or ADVICE.get(status, ADVICE[400]))
    body = render_template(
        areas.template("error.html"),
        **_around(status),
        title=title,
        advice=advice,
        message=message,
        number=number,
        typed=typed(),
        status=status,
    )
    return make_response(body, status)


def _around(status: int) -> dict[str, object]:
    """The views beside the page for somebody who is signed in, unless the database may be the trouble."""
    if status >= 500 or me() is None:
        return {}
    try:
        with reading() as unit:
            return frame(unit)
    except HelpdeskError:
        return {}


def _domain(fault: HelpdeskError) -> AnyResponse:
    again: Renderer | None = getattr(current_app.view_functions.get(request.endpoint or ""), "again", None)
    if isinstance(fault, Conflict | Invalid) and again is not None:
        try:
            return make_response(again(fault, **(request.view_args or {})), status_of(fault))
        except HelpdeskError as other:
            fault = other  # The page itself is gone, or was never theirs to see.
    return _plain(fault)


def status_of(fault: HelpdeskError) -> int:
    """The status of a page that tells of it."""
    return next(code for kind, code in STATUS if isinstance(fault, kind))


def _plain(fault: HelpdeskError) -> AnyResponse:
    g.error_code = fault.code
    hidden = isinstance(fault, NotFound | NotAllowed) or type(fault) is HelpdeskError
    return page(status_of(fault), "" if hidden else sentence(fault))


def _not_signed_in(_fault: NotSignedIn) -> AnyResponse:
    if request.method in {"GET", "HEAD"}:
        back = "" if request.path == "/" else "?naar=" + quote(areas.here())
        return redirect(url_for(areas.door()) + back, 303)
    if not typed():
        return redirect(url_for(areas.door()), 303)
    return make_response(render_template(areas.template("sign_in/ended.html"), typed=typed()), 401)


def _http(fault: HTTPException) -> AnyResponse:
    status = fault.code or 500
    if status < 400:
        return make_response(fault.get_response())
    return page(status if status in TITLES else 400) if status < 500 else _crash(fault)


def _crash(fault: Exception) -> Response:
    number = secrets.token_hex(4)
    cause = fault.original_exception if isinstance(fault, InternalServerError) else fault
    g.error_code = _where(cause or fault)
    log.error("crash", extra={"fault": g.error_code, "code": number})
    return page(500, number=number)


def _where(fault: BaseException) -> str:
    """The kind of fault and the line of ours it came from; never its message, which may quote somebody."""
    line, trace = "", fault.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        line = f"@{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return type(fault).__name__ + line


def install(app: Flask) -> None:
    """Map every error of the domain and of HTTP to its page."""
    app.register_error_handler(HelpdeskError, _domain)
    app.register_error_handler(NotSignedIn, _not_signed_in)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _crash)
