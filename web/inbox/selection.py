"""Acts on several tickets of a list, chosen by their boxes, and taking them back. Decides nothing itself."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g, make_response, redirect, render_template, request

from helpdesk.tickets import selection
from helpdesk.tickets.selection import Outcome, Pick
from web.csrf import set_cookie
from web.errors import shown_again
from web.filters import ngettext
from web.fragments import HEADER, announced
from web.guards import needs
from web.inbox import pages
from web.inbox.forms import whole
from web.unit import ports, writing

blueprint = Blueprint("selection", __name__)
COOKIE = "keuze"
PATH = "/werk/w/<view>/selectie"
_PICK = re.compile(r"(\d{4}-\d{5,9}):(\d{1,9})(?::(\d{1,18}))?")
_NUMBER = re.compile(r"\d{4}-\d{5,9}")
_TAKEN_BACK = frozenset({"take", "assign", "done"})


@dataclass(frozen=True)
class Told:
    """What the page says of an act that was done: one sentence, and what its undo needs."""

    sentence: str
    numbers: Sequence[str] = ()
    at: int = 0


def _sentence(act: str, done: int, missed: int) -> str:
    said = {
        "take": lambda n: ngettext("{count} ticket is yours.", "{count} tickets are yours.", n),
        "assign": lambda n: ngettext("{count} ticket is assigned.", "{count} tickets are assigned.", n),
        "done": lambda n: ngettext("{count} ticket is done.", "{count} tickets are done.", n),
        "read": lambda n: ngettext("{count} ticket is marked as read.", "{count} tickets are marked as read.", n),
        "unread": lambda n: ngettext("{count} ticket is marked as unread.", "{count} tickets are marked as unread.", n),
        "undo": lambda n: ngettext("Undone for {count} ticket.", "Undone for {count} tickets.", n),
    }[act](done)
    late = ngettext("{count} not: somebody was first.", "{count} not: somebody was first.", missed)
    return f"{said} {late}" if missed else said


def _told(act: str, outcome: Outcome) -> Told:
    """Undo finds what was done by the moment of the act: the timeline has it, in microseconds."""
    sentence = _sentence(act, len(outcome.done), len(outcome.missed))
    return Told(sentence, outcome.done if act in _TAKEN_BACK else ())


def _answer(view: str, act: str, outcome: Outcome, at: dt.datetime) -> Response:
    """303 to the list, which tells it once; for a script only the words."""
    moment = round(at.timestamp() * 1_000_000)
    told = _told(act, outcome)
    told = Told(told.sentence, told.numbers, moment)
    if request.headers.get(HEADER):
        g.told = told
        return announced(
            make_response(render_template("inbox/_outcome.html", view=view, kept=pages.kept())), told.sentence
        )
    answer = redirect(pages.list_address(view), 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own class
    said = ".".join((act, str(len(outcome.done)), str(len(outcome.missed)), str(moment), "_".join(told.numbers)))
    set_cookie(answer, COOKIE, said, max_age=60)
    return answer


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"outcome": _outcome}


def _outcome() -> Told | None:
    """What waits to be told, once."""
    if "told" in g:
        told: Told = g.told
        return told
    parts = request.cookies.get(COOKIE, "").split(".")
    if len(parts) != 5 or parts[0] not in (*selection.ACTS, "undo"):
        return None
    act, done, missed, moment, numbers = parts
    if not (done.isdecimal() and missed.isdecimal() and moment.isdecimal() and len(done + missed + moment) < 30):
        return None
    g.outcome_told = True
    return Told(_sentence(act, int(done), int(missed)), _NUMBER.findall(numbers)[: selection.MOST], int(moment))


@blueprint.after_app_request
def _forget(answer: Response) -> Response:
    if g.get("outcome_told"):
        answer.delete_cookie(COOKIE, path="/")
    return answer


def _pick(number: str, version: str, upto: str | None) -> Pick:
    return Pick(number, int(version), None if upto is None else int(upto))


@blueprint.post(PATH)
@needs("ticket.handle")
@shown_again(pages.list_again)
def act(view: str) -> Response:
    """Do one act on what is chosen; each ticket must be as the list showed it."""
    wanted = request.form.get("act", "")
    chosen = [_PICK.fullmatch(value) for value in request.form.getlist("nr")]
    picks = [_pick(*found.groups()) for found in chosen if found]
    with writing() as unit:
        outcome = selection.act_on(unit, picks, wanted, whole("account") or None)
        at = unit.now
    return _answer(pages.known_view(view), wanted, outcome, at)


@blueprint.post(PATH + "/ongedaan")
@needs("ticket.handle")
@shown_again(pages.list_again)
def undo(view: str) -> Response:
    """Take one's last act on several tickets back."""
    numbers = [number for number in request.form.getlist("nr") if _NUMBER.fullmatch(number)]
    at = dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=whole("at"))
    with writing() as unit:
        outcome = selection.undo(unit, numbers, at)
    return _answer(pages.known_view(view), "undo", outcome, ports().now())
