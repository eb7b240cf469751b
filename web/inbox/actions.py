"""The acts of the inbox: each a form, one verb of the domain, and 303 to the page. Catches nothing, decides nothing."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from helpdesk.errors import Invalid
from helpdesk.text.language import N_
from helpdesk.tickets import finding, handling, merging, opening, replying
from helpdesk.tickets.thread import people_of
from helpdesk.unit import Unit
from web.errors import shown_again
from web.filters import _
from web.fragments import announced, wanted
from web.guards import needs
from web.inbox import pages
from web.inbox.forms import sent_answer, strangers, whole
from web.notices import NOTICES, then
from web.unit import me, ports, writing

blueprint = Blueprint("actions", __name__)
TICKET = "/werk/w/<view>/<number>"


def to_ticket(view: str, number: str, notice: str, anchor: str | None = None) -> Response:
    """The answer to an act: 303 to the ticket, or for a script the parts of it that changed."""
    if wanted() == "ticket":
        changed = pages.ticket_page(view, number)
        if changed is not None:
            return announced(changed, _(NOTICES[notice]))
    return then(url_for("inbox.show_ticket", view=view, number=number, _anchor=anchor, **pages.kept()), notice)


@blueprint.post(TICKET + "/antwoord")
@needs("ticket.reply")
@shown_again(pages.answer_again)
def answer(view: str, number: str) -> Response:
    """Send an answer; it can be taken back for some seconds."""
    draft = sent_answer()
    with writing() as unit:
        _no_slip(unit, number, draft)
        entry_id = replying.reply(unit, number, draft)
    return to_ticket(view, number, "answer_queued", f"b-{entry_id}")


def _no_slip(unit: Unit, number: str, draft: replying.Answer) -> None:
    """Ask once when somebody outside the organisation, without part in the ticket, would get the answer."""
    domains = ports().settings.organisation_domains
    if not domains:
        return
    new = strangers(draft, people_of(unit, number), domains)
    if not set(new) <= set(request.form.getlist("confirmed")):
        raise Invalid(
            N_("{address} is outside the organisation and has no part in this ticket. Tick the box if this is right."),
            field="to",
            code=pages.OUTSIDE,
            address=", ".join(new),
        )


@blueprint.post(TICKET + "/notitie")
@needs("ticket.note")
@shown_again(pages.note_again)
def note(view: str, number: str) -> Response:
    """Keep an internal note."""
    text = request.form.get("text", "").replace("\r\n", "\n")
    with writing() as unit:
        entry_id = replying.add_note(unit, number, text, request.form.get("client_id", "")[:64])
    return to_ticket(view, number, "note_saved", f"b-{entry_id}")


@blueprint.post(TICKET + "/ongedaan")
@needs("ticket.reply")
@shown_again(pages.ticket_again)
def undo(view: str, number: str) -> Response:
    """Take an answer back before it is sent."""
    entry_id = whole("entry")
    with writing() as unit:
        replying.undo_send(unit, entry_id)
    place = url_for(
        "inbox.show_ticket", view=view, number=number, schrijf="antwoord", _anchor="antwoord", **pages.kept()
    )
    return then(place, "undone")


@blueprint.post(TICKET + "/opnieuw")
@needs("ticket.reply")
@shown_again(pages.ticket_again)
def resend(view: str, number: str) -> Response:
    """Send a failed mail once more."""
    with writing() as unit:
        replying.resend(unit, whole("outgoing"))
    return to_ticket(view, number, "resent")


@blueprint.post(TICKET + "/toewijzen")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def assign(view: str, number: str) -> Response:
    """Give the ticket to an advisor, or to nobody."""
    account_id = whole("account") or None
    with writing() as unit:
        handling.assign(unit, number, account_id)
    return to_ticket(view, number, "assigned" if account_id else "unassigned")


@blueprint.post(TICKET + "/status")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def status(view: str, number: str) -> Response:
    """Set the state of the work."""
    wanted = request.form.get("status", "")
    with writing() as unit:
        handling.set_status(unit, number, wanted)
    return to_ticket(view, number, wanted)


@blueprint.post(TICKET + "/spam")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def spam(view: str, number: str) -> Response:
    """Put the ticket away as spam, and park the sender's further mail if ticked."""
    block = request.form.get("block") == "1"
    with writing() as unit:
        handling.mark_spam(unit, number, block=block)
    return to_ticket(view, number, "spam_blocked" if block else "spam")


@blueprint.post(TICKET + "/geen-spam")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def not_spam(view: str, number: str) -> Response:
    """Take the ticket back and unblock its sender."""
    with writing() as unit:
        handling.not_spam(unit, number)
    return to_ticket(view, number, "not_spam")


@blueprint.post(TICKET + "/deelnemer")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def add_participant(view: str, number: str) -> Response:
    """Put somebody on the ticket."""
    with writing() as unit:
        handling.add_participant(unit, number, request.form.get("address", ""), request.form.get("name", ""))
    return to_ticket(view, number, "participant_added")


@blueprint.post(TICKET + "/deelnemer-eraf")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def remove_participant(view: str, number: str) -> Response:
    """Take somebody off the ticket."""
    with writing() as unit:
        handling.remove_participant(unit, number, request.form.get("address", ""))
    return to_ticket(view, number, "participant_removed")


@blueprint.post(TICKET + "/samenvoegen")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def merge(view: str, number: str) -> Response:
    """Let all of this ticket go to another one."""
    into = plain_number(request.form.get("into", ""))
    with writing() as unit:
        merging.merge(unit, number, into)
    return to_ticket(view, into, "merged")


def plain_number(text: str) -> str:
    """A ticket's number as typed: with or without V-, in any case."""
    return text.strip().lower().removeprefix("v-")


@blueprint.post(TICKET + "/samenvoegen-ongedaan")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def undo_merge(view: str, number: str) -> Response:
    """Give a merged ticket its own again; `number` is the ticket that holds it, the form names the merged one."""
    with writing() as unit:
        merging.undo_merge(unit, request.form.get("merged", ""))
    return to_ticket(view, number, "merge_undone")


@blueprint.post(TICKET + "/hint-weg")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def dismiss_hint(view: str, number: str) -> Response:
    """The ticket is no follow-up."""
    with writing() as unit:
        merging.dismiss_hint(unit, number)
    return to_ticket(view, number, "hint_dismissed")


@blueprint.post(TICKET + "/verplaatsen")
@needs("ticket.handle")
@shown_again(pages.ticket_again)
def move_entry(view: str, number: str) -> Response:  # noqa: ARG001 - names the page that is shown again on a fault
    """Move one message to another ticket, or to a new one."""
    target = plain_number(request.form.get("into", ""))
    entry_id = whole("entry")
    with writing() as unit:
        there = merging.move_entry(unit, entry_id, target or None)
    return to_ticket(view, there, "entry_moved", f"b-{entry_id}")


@blueprint.post("/werk/zoeken")
@needs("ticket.read")
def search() -> Response:
    """Keep the words with the session and show what they find."""
    who = me()
    with writing() as unit:
        query_id = finding.keep_query(unit, who.session_id if who else 0, request.form.get("q", ""))
    return then(url_for("inbox.search_results", query_id=query_id))


@blueprint.post("/werk/nieuw")
@needs("ticket.open")
@shown_again(pages.new_page)
def open_by_hand() -> Response:
    """Make a ticket for a telephone call or a visit."""
    given = request.form
    with writing() as unit:
        number = opening.open_by_hand(
            unit,
            given.get("channel", ""),
            given.get("name", ""),
            given.get("address", ""),
            given.get("subject", ""),
            given.get("text", "").replace("\r\n", "\n"),
            given.get("desk", "") or ports().settings.desks[0].key,
            given.get("client_id", "")[:64],
        )
    return to_ticket("mijn", number, "opened")
