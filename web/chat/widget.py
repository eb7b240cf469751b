"""The chat on pages of other sites: the script they load, and the page in its frame. Decides nothing itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Blueprint, Response, g, render_template, request, url_for

from helpdesk.chat import availability
from helpdesk.errors import HelpdeskError, NotFound
from helpdesk.mail.letters import desk_of
from helpdesk.sign_in import vouched
from web import csrf
from web.errors import sentence, shown_again
from web.guards import open_to_all
from web.notices import COOKIE, then
from web.unit import ports, reading, requester, writing

blueprint = Blueprint("widget", __name__)

FRAME = "/chat/venster"
_ONWARD = "naar"
"""The cookie of the door that says where to go on; in a frame that is the chat."""


def _somewhere() -> None:
    """Where no site may show the chat, there is nothing of this."""
    if not ports().settings.sites:
        raise NotFound("There is no such page.")


@cache
def _script() -> str:
    """Its text without indents and comments: other sites load it with every page of theirs."""
    text = (Path(__file__).parents[1] / "static" / "widget.js").read_text(encoding="utf-8")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if not line.startswith("//"))


@blueprint.get("/widget.js")
@open_to_all("a script of ours, the same for everybody; it holds no data")
def script() -> Response:
    """The script that other sites load; they may (Fetch, CORP), and nobody keeps an old one for long."""
    _somewhere()
    g.for_all = True
    answer = Response(_script(), mimetype="text/javascript")
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def _page(fault: HelpdeskError | None = None) -> Response:
    """Who has just signed out is not signed in again by what the site says."""
    left = request.cookies.get(COOKIE) == "signed_out"
    desk = ports().settings.desks[0]
    with reading() as unit:
        found = availability.availability(unit, desk.key)
    page = render_template(
        "chat/frame.html",
        availability=found,
        desk=desk_of(ports().settings, desk.key),
        challenge="" if fault or left else csrf.challenge(),
        said=sentence(fault) if fault else "",
    )
    answer = Response(page, mimetype="text/html")
    csrf.set_cookie(answer, _ONWARD, url_for("chat.begin"), max_age=900)
    return answer


@blueprint.get(FRAME)
@open_to_all("who opens the chat on another site may sign in there")
def frame() -> Response:
    """Whether somebody is there to chat, and the ways to sign in; who is signed in goes on to the chat."""
    _somewhere()
    return _page() if requester() is None else then(url_for("chat.begin"))


@blueprint.post(FRAME)
@open_to_all("what the site signed is the proof")
@shown_again(_page)
def identify() -> Response:
    """Sign in by what the site around the frame says; the page says how else one can."""
    _somewhere()
    with writing() as unit:
        token = vouched.enter(unit, request.form.get("token", ""), csrf.challenge())
    answer = then(url_for("chat.begin"))
    csrf.set_cookie(answer, csrf.requester_cookie(), token)
    return answer
