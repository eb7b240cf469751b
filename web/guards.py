"""Who may ask for which route: every route says so itself, and one that doesn't is refused. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from flask import Flask, current_app, g, request
from werkzeug.exceptions import Forbidden

from helpdesk.errors import NotAllowed, NotFound, NotSignedIn
from helpdesk.people import access, requester_sessions, sign_in
from helpdesk.unit import NOBODY, Unit, unit_of_work
from web import areas, csrf, embedding
from web.filters import language_for
from web.joined import OURS
from web.unit import actor, me, ports, requester

View = TypeVar("View", bound=Callable[..., object])
SIGNED_IN = "signed_in"
"""The verb of pages about oneself: any session will do."""
REQUESTER = "requester"
"""The verb of pages for people who ask: a session of theirs; what they may see then their own verbs say."""
BY_ITSELF = "X-By-Itself"
"""Our script says by this header that nobody did anything: a page brings itself up to date."""
UNRECOGNISED = OURS | {"health.alive", "health.ready"}
"""Endpoints that are asked often and the same for everybody."""


@dataclass(frozen=True)
class Guard:
    """What a route asks: a verb of people/access, or nothing, and then why.

    `bare` forms carry no token: they act for nobody, so there is nobody in whose name one could be forged, and a page
    with a token of one reader could not be kept for all.
    """

    verb: str | None
    why: str = ""
    bare: bool = False


def needs(verb: str) -> Callable[[View], View]:
    """Mark a view: only for signed-in people who may do `verb`."""
    return _marked(Guard(verb))


def open_to_all(why: str, *, bare: bool = False) -> Callable[[View], View]:
    """Mark a view that needs no sign-in, with the reason; `bare` where it acts for nobody, whoever sends it."""
    return _marked(Guard(None, why, bare))


def takes(size: int, too_much: str) -> Callable[[View], View]:
    """Mark a POST view that takes more bytes than other forms, and what is said when they are too many.

    More is let in only for somebody who may do this: before that the limit of all forms holds.
    """

    def mark(view: View) -> View:
        view.__dict__["takes"] = (size, too_much)
        return view

    return mark


def asked_by_itself(view: View) -> View:
    """Mark a view that open pages ask for time and again: it keeps nobody signed in who does nothing."""
    view.__dict__["by_itself"] = True
    return view


def _by_itself() -> bool:
    """Whether a page asks, and not a person; our script says so where a view answers both."""
    view = current_app.view_functions.get(request.endpoint or "")
    return BY_ITSELF in request.headers or getattr(view, "by_itself", False)


def _marked(guard: Guard) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.__dict__["guard"] = guard
        return view

    return mark


def guard_of(app: Flask, endpoint: str) -> Guard | None:
    """The guard of a route; none means nobody gets in."""
    found = getattr(app.view_functions[endpoint], "guard", None)
    return found if isinstance(found, Guard) else None


def gate() -> None:
    """Before every request: know who it is, refuse unguarded routes, forged forms and people without the verb."""
    _recognise()
    if request.endpoint is None:
        return
    guard = guard_of(current_app, request.endpoint)
    if guard is None:
        raise NotFound("There is no such page.", code="unguarded")
    if guard.verb is not None:
        _require(guard.verb)
        _let_in_more(request.endpoint)
    if request.method not in {"GET", "HEAD", "OPTIONS"} and not csrf.from_here(bare=guard.bare):
        raise Forbidden("forged")


def _require(verb: str) -> None:
    if (requester() if verb == REQUESTER else me()) is None:
        raise NotSignedIn("Sign in first.")
    if verb not in (SIGNED_IN, REQUESTER) and not access.can(actor(), verb):
        raise NotAllowed("You may not do this.")


def _let_in_more(endpoint: str) -> None:
    size, too_much = getattr(current_app.view_functions[endpoint], "takes", (None, ""))
    if size is not None:
        request.max_content_length, g.too_much = size, too_much


def _recognise() -> None:
    """Each area knows its own people: on the pages for those who ask nobody is staff, and the other way round."""
    if areas.is_portal():
        _recognise_requester()
    else:
        _recognise_staff()


def _recognise_staff() -> None:
    token = request.cookies.get(csrf.session_cookie(), "")
    if not token or request.endpoint in UNRECOGNISED:
        return
    try:
        with unit_of_work(ports(), NOBODY, write=False) as unit:
            g.signed_in = sign_in.session_for(unit, token)
    except NotSignedIn:
        return
    g.session_token = token
    g.language = language_for(g.signed_in.language)
    if g.signed_in.touch_due and not _by_itself():
        _touch(g.signed_in.session_id, sign_in.touch)


def _recognise_requester() -> None:
    for token in csrf.requester_tokens():
        try:
            with unit_of_work(ports(), NOBODY, write=False) as unit:
                who = requester_sessions.session_for(unit, token)
        except NotSignedIn:
            continue
        if who.site is None or (embedding.in_a_room() if who.guest else embedding.of_the_chat()):
            g.requester, g.session_token = who, token
            if who.language:
                g.language = language_for(who.language)
            if who.touch_due and not _by_itself():
                _touch(who.session_id, requester_sessions.touch)
            return


def _touch(session_id: int, touch: Callable[[Unit, int], None]) -> None:
    """Note that the session is in use; now and then, for it takes the write lock."""
    with unit_of_work(ports(), NOBODY) as unit:
        touch(unit, session_id)
