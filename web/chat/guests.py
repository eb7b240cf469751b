"""Chat by whoever does not say who they are, and the page on which they say it after all. Decides nothing itself."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, make_response, render_template, request, url_for

from helpdesk.chat import availability, guests
from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.mail.letters import desk_of
from web import csrf
from web.chat.parts import client_id, words
from web.errors import sentence, shown_again
from web.guards import REQUESTER, needs, open_to_all
from web.notices import then
from web.unit import ports, reading, requester, writing

blueprint = Blueprint("guests", __name__)

PLACE = "/chat/gast"
WHY = "the setting lets people chat without saying who they are; otherwise there is no such page"
_ONWARD = "naar"
"""The cookie of the door: where somebody who signs in wanted to go."""


def _desk_key() -> str:
    return ports().settings.desks[0].key


def _page(fault: HelpdeskError | None = None) -> Response:
    with reading() as unit:
        guests.require_on(unit)
        found = availability.availability(unit, _desk_key())
    page = render_template(
        "chat/guest.html",
        availability=found,
        desk=desk_of(ports().settings, _desk_key()),
        client_id=client_id() or secrets.token_hex(16),
        typed=request.form,
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        problem=sentence(fault) if fault else "",
    )
    return make_response(page)


@blueprint.get(PLACE)
@open_to_all(WHY)
def form() -> Response:
    """Whether somebody is there, and the form; who is signed in has a better one."""
    with reading() as unit:
        guests.require_on(unit)
        begun = guests.waits_to_be_bound(unit, csrf.guest_token()) is not None
    return then(url_for("chat.begin")) if begun or requester() is not None else _page()


@blueprint.post(PLACE)
@open_to_all(WHY)
@shown_again(_page)
def begin() -> Response:
    """Say the first line as a guest."""
    said = request.form
    with writing() as unit:
        token, line = guests.begin(
            unit, _desk_key(), words("text"), client_id(), said.get("name", ""), said.get("email", "")
        )
    answer = then(url_for("chat.show", number=line.number))
    csrf.set_cookie(answer, csrf.guest_cookie(), token)
    return answer


@blueprint.get(guests.PLACE)
@open_to_all("it shows the number of the conversation that this browser had, and the ways to sign in")
def who() -> Response:
    """The ways to sign in for who chats as a guest; who has signed in takes the conversation over."""
    with reading() as unit:
        number = guests.waits_to_be_bound(unit, csrf.guest_token())
    if number is None:
        return then(url_for("chat.begin"))
    answer = make_response(render_template("chat/who.html", number=number, known=requester() is not None))
    csrf.set_cookie(answer, _ONWARD, guests.PLACE, max_age=900)
    return answer


@blueprint.post(guests.PLACE)
@needs(REQUESTER)
def bind() -> Response:
    """Take the guest's conversation over."""
    with writing() as unit:
        number = guests.bind(unit, csrf.guest_token())
    answer = then(url_for("chat.show", number=number), "chat_bound")
    csrf.drop_cookie(answer, csrf.guest_cookie())
    return answer
