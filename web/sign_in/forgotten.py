"""A forgotten password: asking for a link by mail, and choosing a new one with it. The rules are in the domain."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid, TooMany
from helpdesk.sign_in import forgotten
from helpdesk.text.language import N_
from web.errors import sentence, shown_again
from web.guards import open_to_all
from web.notices import then
from web.unit import ports, reading, writing

blueprint = Blueprint("forgotten", __name__)


@blueprint.get("/wachtwoord-vergeten")
@open_to_all("who forgot the password is not signed in")
def form() -> str:
    """Where to send the link; without a public address of the web there can be none."""
    return render_template("sign_in/forgotten.html", possible=bool(ports().settings.public_url))


@blueprint.post("/wachtwoord-vergeten")
@open_to_all("who forgot the password is not signed in")
def ask() -> Response:
    """Send the link if there is such an account; the answer is the same if there is none."""
    with writing() as unit:
        taken = forgotten.ask_for_link(unit, request.form.get("email", ""))
    if not taken:
        raise TooMany(N_("There were too many tries. Wait fifteen minutes."))
    return then(url_for("sign_in.form"), "link_sent")


def _again(fault: HelpdeskError, token: str) -> str:
    field = fault.field if isinstance(fault, Invalid) else None
    return _page(token, sentence(fault), good=field is not None)


def _page(token: str, problem: str = "", *, good: bool = True) -> str:
    return render_template("sign_in/new_password.html", link=token, problem=problem, good=good)


@blueprint.get("/wachtwoord/<token>")
@open_to_all("the link is the proof")
def choose(token: str) -> Response:
    """The form for a new password; looking uses nothing up, for mail programs look at links too."""
    with reading() as unit:
        good = forgotten.is_good(unit, token)
    return make_response(_page(token, good=good), 200 if good else 404)


@blueprint.post("/wachtwoord/<token>")
@open_to_all("the link is the proof")
@shown_again(_again)
def redeem(token: str) -> Response:
    """Set the password and use the link up; then sign in with it."""
    with writing() as unit:
        forgotten.set_forgotten_password(unit, token, request.form.get("new", ""))
    return then(url_for("sign_in.form"), "password_changed")
