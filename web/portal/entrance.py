"""The door of people who ask: a link or a code by mail, and the way out. The rules are in the domain."""

from __future__ import annotations

import datetime as dt
import re

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid, TooMany
from helpdesk.people import requester_sessions
from helpdesk.sign_in import requesters
from helpdesk.sign_in.requesters import LIFETIME
from helpdesk.text.language import LANGUAGES, N_
from web import areas, csrf
from web.embedding import embedded
from web.errors import sentence, shown_again
from web.filters import _, now, remember_language
from web.guards import REQUESTER, asked_by_itself, needs, open_to_all
from web.notices import then
from web.unit import ports, reading, requester, writing

blueprint = Blueprint("entrance", __name__)

DOOR = "/mijn-vragen/inloggen"
WHY = "who wants to sign in is not signed in yet"
STAY = "/mijn-vragen/blijf"
OWN_PLACES = ("/mijn-vragen", "/mijn-gegevens", "/chat")
_ASKED = re.compile(r"(?:[a-z]+=[0-9]+(?:&|$))*")
"""What an address to go on to may ask for: numbers."""
PROBLEMS = {
    "wrong_code": N_("This code is not right. Look at the newest mail, or use the link in it."),
    "locked": N_("There were too many wrong codes. Use the link in the mail, or ask for a new mail."),
    "link": N_("This code does not work any more. Ask for a new mail."),
}
_BROWSER, _ONWARD = "inloggen", "naar"
"""Cookies of a quarter of an hour: what the browser enters a code with, and where it wanted to go."""


@blueprint.app_context_processor
def _session() -> dict[str, object]:
    """Where the page is, and until when who looks at it stays signed in if they do nothing more."""
    if requester() is None:
        return {"here": areas.here}
    span = dt.timedelta(hours=ports().settings.portal_hours)
    return {"here": areas.here, "session_ends": now() + span, "session_seconds": int(span.total_seconds())}


def _own_place(path: str) -> str:
    """The path to go on to, if it is one of these pages; never another site's, and in a frame the chat alone."""
    if embedded() and not path.startswith(url_for("chat.begin")):
        return url_for("chat.begin")
    place, _mark, asked = path.partition("?")
    plain = place.startswith(OWN_PLACES) and not any(char in place for char in "\\\r\n#") and "//" not in place
    plain = plain and _ASKED.fullmatch(asked) is not None
    return path if plain and not place.startswith(DOOR) else url_for("questions.mine")


def _again(fault: HelpdeskError) -> str:
    return form_page(request.form.get("email", ""), sentence(fault))


def form_page(email: str, problem: str = "", *, at_field: bool = True) -> str:
    """The page of the door, with what went wrong: at the field for the address, or on the way to the work account."""
    return render_template("portal/sign_in.html", email=email, problem=problem, at_field=at_field)


@blueprint.get(DOOR)
@open_to_all(WHY)
def form() -> Response:
    """Where to send the mail; who is signed in already goes on."""
    onward = request.args.get("naar", "")
    if requester() is not None:
        return then(_own_place(onward))
    return then_to(make_response(form_page("")), onward)


def then_to(answer: Response, onward: str) -> Response:
    """Remember where the browser wanted to go, if it said so."""
    if onward:
        csrf.set_cookie(answer, _ONWARD, _own_place(onward), max_age=int(LIFETIME.total_seconds()))
    return answer


@blueprint.post(DOOR)
@open_to_all(WHY)
@shown_again(_again)
def ask() -> Response:
    """Send the mail if the address may sign in; the answer is the same if it may not."""
    with writing() as unit:
        browser = requesters.ask_for_link(unit, request.form.get("email", ""), g.language)
    if browser is None:
        raise TooMany(N_("There were too many tries. Wait fifteen minutes."))
    answer = then(url_for("entrance.sent"))
    csrf.set_cookie(answer, _BROWSER, browser, max_age=int(LIFETIME.total_seconds()))
    return answer


@blueprint.get(DOOR + "/verstuurd")
@open_to_all(WHY)
def sent() -> str:
    """What to do now, and the field for the code."""
    return render_template("portal/sent.html", problem="")


@blueprint.post(DOOR + "/code")
@open_to_all(WHY)
def enter_code() -> Response:
    """Sign in by the code of the mail, in the browser that asked for it."""
    with writing() as unit:
        found = requesters.redeem_code(unit, request.cookies.get(_BROWSER, ""), request.form.get("code", ""))
    if found.token is not None:
        return signed_in_by(found.token)
    problem = PROBLEMS[found.problem or "link"]
    return make_response(render_template("portal/sent.html", problem=_(problem)), 422)


def signed_in_by(token: str) -> Response:
    """Go on where the browser wanted to go, with this session."""
    answer = then(_own_place(request.cookies.get(_ONWARD, "")))
    csrf.set_cookie(answer, csrf.requester_cookie(), token)
    for name in (_BROWSER, _ONWARD):
        csrf.drop_cookie(answer, name)
    return answer


def _link_again(_fault: HelpdeskError, token: str) -> str:  # noqa: ARG001 - the page of a link that is used up
    return render_template("portal/link.html", address=None, link="")


@blueprint.get(DOOR + "/<token>")
@open_to_all("the link is the proof")
def link(token: str) -> Response:
    """Whose link it is and the button that uses it; looking uses nothing up, for mail programs look at links too."""
    with reading() as unit:
        address = requesters.whose(unit, token)
    page = render_template("portal/link.html", address=address, link=token)
    return make_response(page, 200 if address else 404)


@blueprint.post(DOOR + "/<token>")
@open_to_all("the link is the proof")
@shown_again(_link_again)
def redeem(token: str) -> Response:
    """Use the link up and sign in."""
    with writing() as unit:
        session = requesters.redeem(unit, token)
    return signed_in_by(session)


@blueprint.post("/mijn-vragen/uitloggen")
@needs(REQUESTER)
def leave() -> Response:
    """End this session."""
    with writing() as unit:
        requester_sessions.sign_out(unit, g.session_token)
    return _out("signed_out")


@blueprint.post("/mijn-gegevens/overal-uitloggen")
@needs(REQUESTER)
def leave_everywhere() -> Response:
    """End every session of this person."""
    with writing() as unit:
        requester_sessions.sign_out_everywhere(unit, _me())
    return _out("signed_out_everywhere")


def _me() -> requester_sessions.SignedInRequester:
    who = requester()
    assert who is not None  # noqa: S101 - the gate has looked
    return who


def _out(notice: str) -> Response:
    answer = then(url_for(areas.door()), notice)
    csrf.drop_cookie(answer, csrf.requester_cookie())
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.get(STAY)
@needs(REQUESTER)
@asked_by_itself
def standing() -> dict[str, int]:
    """For how many seconds the session stands if nothing is done any more."""
    return {"seconds": int((_me().ends - now()).total_seconds())}


@blueprint.post(STAY)
@needs(REQUESTER)
def stay() -> Response:
    """Stay signed in: the session stands as long as a new one."""
    with writing() as unit:
        requester_sessions.touch(unit, _me().session_id)
    return then(_own_place(request.form.get("naar", "")), "stays_signed_in")


@blueprint.post("/mijn-vragen/taal")
@open_to_all("every page has the language switch")
def choose_language() -> Response:
    """Remember the language: with the person, and in a cookie for who isn't signed in."""
    chosen, who = request.form.get("taal", ""), requester()
    if chosen not in LANGUAGES:
        raise Invalid("Choose Dutch or English.", field="language")
    if who is not None:
        with writing() as unit:
            requester_sessions.choose(unit, who, chosen)
    answer = then(_back(request.form.get("naar", "")))
    remember_language(answer, chosen)
    return answer


def _back(path: str) -> str:
    """The page the switch stood on, when it is one of these; the token of a link never goes into an address again."""
    open_pages = (url_for("questions.start"), url_for("entrance.form"), *map(url_for, _STATEMENTS))
    place = path.partition("?")[0]
    return place if place in open_pages else _own_place(path)


_STATEMENTS = ("statements.privacy", "statements.accessibility", "statements.help_page")
