"""The chat of the person who asks: complete as plain forms; a script makes it quicker. Decides nothing itself."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from helpdesk.chat import availability, desk, ending, presence, saying, views
from helpdesk.chat.lines import own_lines
from helpdesk.chat.rooms import own_room
from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.mail.letters import desk_of
from helpdesk.tickets import asking
from helpdesk.unit import Unit
from web.chat import spoken
from web.chat.parts import by_script, client_id, done, enclosed, kept, part, place_in_lines, words
from web.errors import sentence, shown_again
from web.guards import REQUESTER, asked_by_itself, needs, takes
from web.headers import live_address
from web.live import HERE, make_token
from web.notices import then
from web.sent_files import LARGEST_FORM, TOO_MUCH, chosen
from web.unit import own_topics, ports, reading, writing

blueprint = Blueprint("chat", __name__)
spoken.install(blueprint)

CHAT = "/chat"
ROOM = CHAT + "/<number>"


def _desk_key() -> str:
    return ports().settings.desks[0].key


def _start_page(fault: HelpdeskError | None = None) -> Response:
    if fault is not None and by_script():
        return _refused(fault)
    with reading() as unit:
        found = availability.availability(unit, _desk_key())
        going_on = views.going_on(unit)
        sent_before = chosen(unit)
    page = render_template(
        "chat/start.html",
        availability=found,
        going_on=going_on,
        desk=desk_of(ports().settings, _desk_key()),
        client_id=client_id() or secrets.token_hex(16),
        typed=request.form.get("text", ""),
        sent_before=sent_before,
        most_files=asking.MOST_FILES,
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        problem=sentence(fault) if fault else "",
    )
    return Response(page, mimetype="text/html")


def _refused(fault: HelpdeskError) -> Response:
    return jsonify(problem=sentence(fault))


@blueprint.get(CHAT)
@needs(REQUESTER)
def begin() -> Response:
    """Whether somebody is there, and the form; who has an open chat goes on in it."""
    with reading() as unit:
        here = views.going_on(unit)
    if here is not None and here.state in ("waiting", "active"):
        return then(url_for("chat.show", number=here.number))
    return _start_page()


@blueprint.post(CHAT)
@needs(REQUESTER)
@takes(LARGEST_FORM, TOO_MUCH)
@shown_again(_start_page)
def start() -> Response:
    """Say the first line; whether that begins a chat is looked at now."""
    with writing() as unit:
        by_mail = request.form.get("how") == "mail"
        said = saying.start(unit, _desk_key(), words("text"), client_id(), enclosed(), by_mail=by_mail)
    return kept(said, url_for("chat.show", number=said.number))


def _values(unit: Unit, number: str) -> dict[str, object]:
    room, place = own_room(unit, number), place_in_lines()
    lines = own_lines(unit, room.ticket, *place)
    standing = views.standing_for(unit, number, here=True)
    return {"lines": lines, "standing": standing, "mine": "asker", "read": standing.read}


def _page(number: str, fault: HelpdeskError | None = None) -> Response:
    if fault is not None and by_script():
        return _refused(fault)
    with reading() as unit:
        values = _values(unit, number)
    page = render_template(
        "chat/room.html",
        **values,
        most_files=asking.MOST_FILES,
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        client_id=client_id() or secrets.token_hex(16),
        typed=request.form.get("text", "") if fault else "",
        problem=sentence(fault) if fault else "",
    )
    return Response(page, mimetype="text/html")


def _again(fault: HelpdeskError, number: str) -> Response:
    return _page(number, fault)


@blueprint.get(ROOM)
@needs(REQUESTER)
def show(number: str) -> Response:
    """The conversation: what was said, how it stands, and the form."""
    return _page(number)


@blueprint.get(ROOM + "/regels")
@needs(REQUESTER)
@asked_by_itself
def lines(number: str) -> Response:
    """What came after the newest line a page has, in the very words of the page, and how the chat stands."""
    with reading() as unit:
        values = _values(unit, number)
    return part(render_template("chat/_lines.html", **values))


@blueprint.post(ROOM)
@needs(REQUESTER)
@takes(LARGEST_FORM, TOO_MUCH)
@shown_again(_again)
def say(number: str) -> Response:
    """Say a line."""
    with writing() as unit:
        said = saying.say(unit, number, words("text"), client_id(), enclosed())
    return kept(said, url_for("chat.show", number=number, _anchor="einde-regels"))


@blueprint.get(ROOM + "/stroom")
@needs(REQUESTER)
@asked_by_itself
def stream_token(number: str) -> dict[str, str]:
    """A token with which this browser may hear for two minutes that this chat changes, and is there meanwhile."""
    with reading() as unit:
        ticket_id = own_room(unit, number).ticket.id
    topics = [f"room:{ticket_id}", HERE + presence.asker_name(ticket_id), *own_topics()]
    return {"token": make_token(ports().keys.session, topics), "url": live_address()}


@blueprint.post(ROOM + "/tekens")
@needs(REQUESTER)
def signs(number: str) -> Response:
    """That one writes, or has read up to a line; kept for seconds only."""
    read = request.form.get("read", "")
    with reading() as unit:
        room = own_room(unit, number)
        if read.isascii() and read.isdecimal() and len(read) < 19 and room.chat.receipts:
            presence.note_read(unit, room.ticket.id, "asker", int(read))
        elif not read:
            presence.note_typing(unit, room.ticket.id, "asker")
    return done(url_for("chat.show", number=number))


@blueprint.post(ROOM + "/blijf")
@needs(REQUESTER)
def stay(number: str) -> Response:
    """One is still there."""
    with writing() as unit:
        saying.stay(unit, number)
    return done(url_for("chat.show", number=number))


@blueprint.post(ROOM + "/gelezen")
@needs(REQUESTER)
def receipts(number: str) -> Response:
    """Let both sides see what was read, or no longer."""
    with writing() as unit:
        saying.let_see(unit, number, receipts=request.form.get("receipts") == "1")
    return then(url_for("chat.show", number=number), "chat_choice")


@blueprint.post(ROOM + "/verslag")
@needs(REQUESTER)
@shown_again(_again)
def transcript(number: str) -> Response:
    """Have all of it mailed."""
    with writing() as unit:
        ending.ask_transcript(unit, number)
    return then(url_for("chat.show", number=number), "chat_transcript")


@blueprint.post(ROOM + "/einde")
@needs(REQUESTER)
@shown_again(_again)
def leave(number: str) -> Response:
    """End the chat, or have it answered by mail."""
    how = request.form.get("how", "")
    if how not in ("end", "mail"):
        raise Invalid("Choose how to go on.", field="how")
    with writing() as unit:
        desk.leave(unit, number, by_mail=how == "mail", transcript=request.form.get("transcript") == "1")
    return then(url_for("chat.show", number=number))
