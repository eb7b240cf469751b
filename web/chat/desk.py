"""The chat desk of advisors: own chats, the queue, and one conversation open. Decides nothing itself."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, jsonify, render_template, request, url_for

from helpdesk.chat import desk, guests, presence, saying, views
from helpdesk.chat.desk import MOST
from helpdesk.chat.lines import staff_lines
from helpdesk.chat.rooms import staff_room
from helpdesk.errors import HelpdeskError, Invalid, NotFound
from helpdesk.knowledge import canned, inserting
from helpdesk.models.chat import ADVISOR_STATES
from helpdesk.read_log import note_reads
from helpdesk.text.rendering import without_marks
from helpdesk.tickets import asking
from helpdesk.unit import Unit
from web.chat.parts import by_script, client_id, done, enclosed, kept, part, place_in_lines, words
from web.embedding import framed_by_us
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import asked_by_itself, needs
from web.headers import live_address
from web.live import HERE, make_token
from web.notices import then
from web.unit import own_topics, ports, reading, writing

blueprint = Blueprint("chat_desk", __name__)

DESK = "/werk/chat"
ROOM = DESK + "/<number>"


def _here(unit: Unit) -> None:
    if unit.actor.account_id is not None:
        presence.note_here(unit, presence.advisor_name(unit.actor.account_id))


def _rail(unit: Unit) -> dict[str, object]:
    _here(unit)
    return {"desk": views.desk(unit), "mine": "advisor", "advisor_states": ADVISOR_STATES, "most": MOST}


def _room(unit: Unit, number: str, *, log: bool) -> dict[str, object]:
    room = staff_room(unit, number)
    if log:
        note_reads(unit, [room.ticket.id], "page")
    shown = views.desk_chat(unit, number)
    return {
        "lines": staff_lines(unit, room.ticket, *place_in_lines()),
        "chat": shown,
        "read": shown.read,
        "receipts": room.chat.receipts,
        "colleagues": views.colleagues(unit, room.ticket.desk_key),
        "canned": canned.canned_replies(unit),
    }


def _beside(unit: Unit, number: str) -> views.DeskChat | None:
    """The chat that stands beside the open one on a wide screen, when there is one of this number."""
    asked = request.args.get("naast", "")
    try:
        return views.desk_chat(unit, asked) if asked and number and asked != number else None
    except NotFound:
        return None


def _place(number: str, _anchor: str | None = None) -> str:
    """The address of a conversation: in the frame in which it stands, or as the desk."""
    return url_for("chat_desk.pane" if framed_by_us() else "chat_desk.show", number=number, _anchor=_anchor)


def _after(number: str) -> str:
    """Where one is when a conversation was given away or ended."""
    return _place(number) if framed_by_us() else url_for("chat_desk.start")


def _page(number: str = "", fault: HelpdeskError | None = None, typed: str = "") -> Response:
    if fault is not None and by_script():
        return jsonify(problem=sentence(fault))
    with reading() as unit:
        values = frame(unit) | _rail(unit)
        values |= _room(unit, number, log=True) if number else {"chat": None, "lines": None}
        values["beside"] = _beside(unit, number)
    alone = number and (framed_by_us() or request.endpoint == "chat_desk.pane")
    page = render_template(
        "chat/pane.html" if alone else "chat/desk.html",
        **values,
        most_files=asking.MOST_FILES,
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        client_id=client_id() or secrets.token_hex(16),
        typed=request.form.get("text", "") if fault else typed,
        problem=sentence(fault) if fault else "",
    )
    return Response(page, mimetype="text/html")


def _again(fault: HelpdeskError, number: str = "") -> Response:
    return _page(number, fault)


@blueprint.get(DESK)
@needs("chat.answer")
def start() -> Response:
    """The desk with no conversation open."""
    return _page()


@blueprint.get(ROOM)
@needs("chat.answer")
def show(number: str) -> Response:
    """The desk with this conversation open."""
    return _page(number)


@blueprint.get(ROOM + "/paneel")
@needs("chat.answer")
def pane(number: str) -> Response:
    """The conversation alone, for a frame beside another one."""
    return _page(number)


@blueprint.get(DESK + "/rij")
@needs("chat.answer")
@asked_by_itself
def rail() -> Response:
    """Own chats and the queue, as they stand on the desk."""
    with reading() as unit:
        values = _rail(unit)
    return part(render_template("chat/_rail.html", **values, chat=None))


@blueprint.get(ROOM + "/regels")
@needs("chat.answer")
@asked_by_itself
def lines(number: str) -> Response:
    """What came after the newest line a page has, and the desk beside it."""
    with reading() as unit:
        values = _rail(unit) | _room(unit, number, log=False) | {"beside": _beside(unit, number)}
    return part(render_template("chat/_lines.html", **values))


@blueprint.get(DESK + "/stroom")
@needs("chat.answer")
@asked_by_itself
def stream_token() -> dict[str, str]:
    """A token with which this desk may hear for two minutes that tickets change, and is there meanwhile."""
    with reading() as unit:
        _here(unit)
        here = [HERE + presence.advisor_name(unit.actor.account_id)] if unit.actor.account_id is not None else []
    topics = ["ticket:*", *here, *own_topics()]
    return {"token": make_token(ports().keys.session, topics), "url": live_address()}


@blueprint.post(ROOM)
@needs("chat.answer")
@shown_again(_again)
def say(number: str) -> Response:
    """Say a line."""
    with writing() as unit:
        said = saying.answer(unit, number, words("text"), client_id(), enclosed())
    return kept(said, _place(number, _anchor="einde-regels"))


@blueprint.post(ROOM + "/standaard")
@needs("chat.answer")
@shown_again(_again)
def insert(number: str) -> Response:
    """Put a canned reply below what is written so far, filled in for who asks; for the script only its words."""
    chosen = request.form.get("piece", "")
    if not (chosen.isascii() and chosen.isdecimal() and len(chosen) < 19):
        raise Invalid("Choose a reply.", field="piece")
    with reading() as unit:
        said = without_marks(inserting.words_of(unit, number, "canned", int(chosen)))
    if by_script():
        return jsonify(text=said)
    return _page(number, typed="\n\n".join(part for part in (words("text").rstrip(), said) if part))


@blueprint.post(ROOM + "/tekens")
@needs("chat.answer")
def signs(number: str) -> Response:
    """That one writes, or has read up to a line; kept for seconds only."""
    read = request.form.get("read", "")
    with reading() as unit:
        room = staff_room(unit, number)
        if read.isascii() and read.isdecimal() and len(read) < 19 and room.chat.receipts:
            presence.note_read(unit, room.ticket.id, "advisor", int(read))
        elif not read:
            presence.note_typing(unit, room.ticket.id, "advisor")
    return done(_place(number))


@blueprint.post(DESK + "/bereikbaar")
@needs("chat.answer")
@shown_again(_again)
def be() -> Response:
    """Say how one is there, and for how many chats."""
    capacity = request.form.get("capacity", "")
    with writing() as unit:
        desk.be(unit, request.form.get("state", ""), int(capacity) if capacity.isdecimal() else None)
    return then(url_for("chat_desk.start"), "chat_state")


@blueprint.post(DESK + "/volgende")
@needs("chat.answer")
@shown_again(_again)
def take_next() -> Response:
    """Take the chat that waits longest."""
    with writing() as unit:
        number = desk.pick_up_next(unit, [one.key for one in ports().settings.desks])
    if number is None:
        return then(url_for("chat_desk.start"), "chat_nobody")
    return then(url_for("chat_desk.show", number=number))


@blueprint.post(ROOM + "/bevestigen")
@needs("chat.answer")
@shown_again(_again)
def ask_who(number: str) -> Response:
    """Ask somebody who chats as a guest to sign in, with the link."""
    with writing() as unit:
        guests.ask_who(unit, number, client_id())
    return then(_place(number, _anchor="einde-regels"))


@blueprint.post(ROOM + "/neem")
@needs("chat.answer")
@shown_again(_again)
def take(number: str) -> Response:
    """Take this chat."""
    with writing() as unit:
        desk.pick_up(unit, number)
    return then(_place(number))


@blueprint.post(ROOM + "/overdragen")
@needs("chat.answer")
@shown_again(_again)
def hand_over(number: str) -> Response:
    """Give it to a colleague, or to all."""
    account = request.form.get("account", "")
    with writing() as unit:
        desk.hand_over(unit, number, int(account) if account.isdecimal() else None, words("note"))
    return then(_after(number), "chat_handed_over")


@blueprint.post(ROOM + "/per-mail")
@needs("chat.answer")
@shown_again(_again)
def by_mail(number: str) -> Response:
    """Go on by mail."""
    with writing() as unit:
        desk.go_on_by_mail(unit, number)
    return then(_place(number), "chat_by_mail")


@blueprint.post(ROOM + "/afronden")
@needs("chat.answer")
@shown_again(_again)
def end(number: str) -> Response:
    """End it; the ticket gets a status."""
    with writing() as unit:
        desk.end(unit, number, request.form.get("status", ""), transcript=request.form.get("transcript") == "1")
    return then(_after(number), "chat_ended")
