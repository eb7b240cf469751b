"""Pages for people who ask: start, ask, own questions. Each act is a form, one verb of the domain, and 303."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from helpdesk.chat.availability import availability
from helpdesk.errors import HelpdeskError
from helpdesk.knowledge import everybody, finding, linking
from helpdesk.mail.letters import desk_of
from helpdesk.tickets import asking, own_questions
from helpdesk.tickets.asking import Question
from web.downloads import as_download
from web.errors import shown_again
from web.guards import REQUESTER, needs, open_to_all, takes
from web.notices import then
from web.paging import id_in
from web.portal.parts import form_id, signed_in, trouble, words
from web.sent_files import LARGEST_FORM, TOO_MUCH, chosen, files, uploads
from web.unit import ports, reading, requester, writing

blueprint = Blueprint("questions", __name__)

MINE = "/mijn-vragen"
_OFTEN = 6
"""Answers on the start page."""
_READ = 4_000
"""Letters of a question being written for which answers are sought."""


@blueprint.get("/")
@open_to_all("the start page holds nobody's data, but for who is signed in the number of open questions")
def start() -> str:
    """Where everybody begins: ask, look at one's own questions, how else to reach us."""
    with reading() as unit:
        running = sum(row.running for row in own_questions.own_list(unit)) if requester() is not None else 0
        often = everybody.helped_most(unit, g.language, _OFTEN)
        chat = availability(unit, ports().settings.desks[0].key)
    desks = ports().settings.desks
    return render_template("portal/start.html", running=running, often=often, availability=chat, desks=desks)


@blueprint.get(MINE)
@needs(REQUESTER)
def mine() -> str:
    """One's own questions: those that run first."""
    with reading() as unit:
        rows = own_questions.own_list(unit)
    return render_template(
        "portal/mine.html",
        running=[row for row in rows if row.running],
        done=[row for row in rows if not row.running],
        cut=len(rows) >= own_questions.MOST,
    )


def _article_id() -> int | None:
    """The answer that did not help, by the address of the form or by the form."""
    return id_in(request.values.get("antwoord", ""))


def _ask_page(fault: HelpdeskError | None = None) -> str:
    article_id = _article_id()
    with reading() as unit:
        read = everybody.leads(unit, [article_id], g.language) if article_id is not None else []
        sent_before = chosen(unit)
    return render_template(
        "portal/ask.html",
        desks=ports().settings.desks,
        typed=request.form,
        chosen_language=request.form.get("language") or g.language,
        client_id=form_id(),
        most_files=asking.MOST_FILES,
        sent_before=sent_before,
        read=read,
        **trouble(fault),
    )


@blueprint.get(MINE + "/nieuw")
@needs(REQUESTER)
def ask_form() -> str:
    """The form for a question."""
    return _ask_page()


@blueprint.post(MINE + "/nieuw")
@needs(REQUESTER)
@takes(LARGEST_FORM, TOO_MUCH)
@shown_again(_ask_page)
def ask() -> Response:
    """Ask it; the same form sent twice asks once."""
    asked = Question(
        subject=words("subject"),
        text=words("text"),
        client_id=request.form.get("client_id", "")[:64],
        desk_key=request.form.get("desk", ""),
        language=request.form.get("language"),
        files=files(),
        uploads=uploads(),
    )
    article_id = _article_id()
    with writing() as unit:
        number = asking.ask(unit, asked)
        if article_id is not None:
            linking.link_own(unit, number, article_id)
    return then(url_for("questions.sent", number=number))


@blueprint.post(MINE + "/antwoorden")
@needs(REQUESTER)
def suggested() -> str:
    """Answers that may help with what is being written, for the script of the form; the words are kept nowhere."""
    with reading() as unit:
        found = finding.suggest(unit, request.form.get("q", "")[:_READ], g.language)
    return render_template("portal/_suggested.html", found=found)


@blueprint.get(MINE + "/<number>/verstuurd")
@needs(REQUESTER)
def sent(number: str) -> str:
    """That the question is here, its number, and what happens now."""
    with reading() as unit:
        found = own_questions.question(unit, number, size=1)
    return render_template("portal/asked.html", question=found, desk=desk_of(ports().settings, found.desk_key))


def _page(number: str, fault: HelpdeskError | None = None) -> Response:
    before = request.args.get("voor", "")
    upto = int(before) if before.isdecimal() and len(before) < 19 else None
    with reading() as unit:
        found = own_questions.question(unit, number, upto)
        sent_before = chosen(unit)
    if found.merged_into and fault is None:
        return then(url_for("questions.show", number=found.merged_into))
    page = render_template(
        "portal/question.html",
        question=found,
        desk=desk_of(ports().settings, found.desk_key),
        typed=request.form.get("text", "") if fault else "",
        client_id=form_id(),
        most_files=asking.MOST_FILES,
        sent_before=sent_before,
        **trouble(fault),
    )
    return make_response(page)


def _again(fault: HelpdeskError, number: str) -> Response:
    return _page(number, fault)


@blueprint.get(MINE + "/<number>")
@needs(REQUESTER)
def show(number: str) -> Response:
    """A question with what was said, what happens now, and the form to add something."""
    return _page(number)


@blueprint.post(MINE + "/<number>/bericht")
@needs(REQUESTER)
@takes(LARGEST_FORM, TOO_MUCH)
@shown_again(_again)
def add(number: str) -> Response:
    """Add something to a question."""
    with writing() as unit:
        client_id = request.form.get("client_id", "")[:64]
        there = asking.add(unit, number, words("text"), client_id, files(), uploads())
    return then(url_for("questions.show", number=there, _anchor="laatste"), "question_added")


@blueprint.post(MINE + "/<number>/opgelost")
@needs(REQUESTER)
@shown_again(_again)
def solve(number: str) -> Response:
    """Say that a question is solved."""
    with writing() as unit:
        asking.solve(unit, number)
    return then(url_for("questions.show", number=number), "question_solved")


@blueprint.get(MINE + "/<number>/afdrukken")
@needs(REQUESTER)
def to_print(number: str) -> str:
    """All that was said, on one page for paper."""
    with reading() as unit:
        found = own_questions.question(unit, number, size=own_questions.ALL)
    return render_template("portal/print.html", question=found, who=signed_in())


@blueprint.get(MINE + "/bestand/<int:attachment_id>")
@needs(REQUESTER)
def file(attachment_id: int) -> Response:
    """A file of a message that is theirs, always as a download."""
    with reading() as unit:
        found = own_questions.own_file(unit, attachment_id)
    return as_download(found)
