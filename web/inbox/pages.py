"""The pages of the inbox, made from what the domain reads: list, ticket, search, new ticket. Changes nothing."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Response, render_template, request, url_for

from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotFound, Unavailable
from helpdesk.knowledge.linking import read_before
from helpdesk.people.access import ticket_for
from helpdesk.people.accounts import Staff, staff
from helpdesk.read_log import How
from helpdesk.retention.why import kept as kept_until
from helpdesk.text.language import N_
from helpdesk.tickets import asker, drafts, finding, lists, seen
from helpdesk.tickets.standing import standing
from helpdesk.tickets.thread import read_thread
from helpdesk.tickets.views import Thread
from helpdesk.tickets.writing import sent_before
from helpdesk.unit import Unit
from web.errors import sentence
from web.filters import language_for
from web.fragments import announced, shown, wanted
from web.frame import VIEWS, frame
from web.inbox.forms import Composer, fresh_id, is_outside, sent_draft, sent_files, stored_composer, typed_composer
from web.sent_files import uploads
from web.unit import me, ports, reading, writing

BY_CHANGE = frozenset({"afgehandeld", "alle"})
"""Views in which what changed last stands first."""
ORDERS = {"": ("", ""), "nieuwste": ("newest", N_("Newest first")), "oudste": ("oldest", N_("Oldest first"))}
"""The orders of a list by the word in their address: the domain's name and the title; the first is the view's own."""
STATUS_CHOICES = ("waiting_for_asker", "done", "open")
OUTSIDE = "outside"


def known_view(view: str) -> str:
    """The view's word, if there is such a view; NotFound otherwise."""
    if view not in VIEWS:
        raise NotFound("There is no such view.")
    return view


def kept() -> dict[str, Any]:
    """The part of the address that says which list stands beside a ticket: its page and order, or the search."""
    return {name: request.args[name] for name in ("na", "zoek", "volgorde") if request.args.get(name)}


def list_address(view: str) -> str:
    """The address of the list that stands beside a ticket."""
    if "zoek" in kept():
        return url_for("inbox.search_results", query_id=kept()["zoek"])
    return url_for("inbox.show_list", view=view, **kept())


def _list_values(unit: Unit, view: str) -> dict[str, object]:
    """What the list pane shows: a page of the view, or what a kept query found."""
    title = VIEWS[view][1]
    values: dict[str, object] = {"view": view, "list_title": title, "query": None, "after": None, "open_number": ""}
    if query_id := request.args.get("zoek"):
        return values | _found(unit, query_id)
    after = request.args.get("na") or None
    order = request.args.get("volgorde", "")
    if order not in ORDERS:
        raise NotFound("There is no such order.")
    page = lists.list_page(unit, VIEWS[view][0], after, order=ORDERS[order][0])
    values |= {"order": order, "orders": _orders(view)}
    return values | {"page": page, "after": after, "kept": kept(), "by_change": view in BY_CHANGE}


def _orders(view: str) -> dict[str, str]:
    """The orders to choose from; where what changed last stands first, that is the newest."""
    if view in BY_CHANGE:
        return {"": N_("Last changed first"), "oudste": ORDERS["oudste"][1]}
    return {"": N_("Waiting longest first")} | {code: title for code, (_name, title) in ORDERS.items() if code}


def _advisors(unit: Unit) -> list[Staff]:
    return [person for person in staff(unit, active_only=True) if "advisor" in person.roles]


def _found(unit: Unit, query_id: str) -> dict[str, object]:
    who = me()
    query = finding.query_of(unit, who.session_id if who else 0, query_id)
    after = request.args.get("na") or None
    return {
        "page": finding.search_page(unit, query, after),
        "query": query,
        "after": after,
        "list_title": N_("Search results"),
        "kept": kept() | {"zoek": query_id},
        "by_change": True,
        "current_view": "",
    }


def _beside(unit: Unit, view: str) -> dict[str, object]:
    """The list beside a ticket; the view from its beginning when that page or search is no longer there.

    Without its rows where only a part of the page is asked for that does not show them.
    """
    if wanted() in ("ticket", "reader"):
        title = N_("Search results") if "zoek" in kept() else VIEWS[view][1]
        return {"view": view, "list_title": title, "page": None, "kept": kept()}
    try:
        return _list_values(unit, view)
    except (NotFound, Invalid):
        page = lists.list_page(unit, VIEWS[view][0])
        values: dict[str, object] = {"view": view, "list_title": VIEWS[view][1], "query": None, "after": None}
        return values | {"page": page, "kept": {}, "by_change": view in BY_CHANGE}


def list_page(view: str) -> Response:
    """One page of a view."""
    with reading() as unit:
        values = frame(unit, known_view(view)) | _list_values(unit, view) | {"staff": _advisors(unit)}
    return shown("inbox/list.html", **values)


def list_again(fault: HelpdeskError, view: str) -> Response:
    """The list, with what went wrong in an act on what was chosen; for a script its words."""
    if wanted():
        return announced(Response(), sentence(fault))
    with reading() as unit:
        values = frame(unit, known_view(view)) | _beside(unit, view) | {"staff": _advisors(unit)}
    return shown("inbox/list.html", **values, list_problem=sentence(fault))


def search_page(query_id: str = "") -> Response:
    """What a kept query finds; without one, an empty search."""
    nothing: dict[str, object] = {"page": None, "query": "", "list_title": N_("Search"), "kept": {}, "by_change": True}
    with reading() as unit:
        values = {"view": "alle", "after": None, "open_number": ""} | frame(unit)
        values |= _found(unit, query_id) if query_id else nothing
        values["staff"] = _advisors(unit)
    return shown("inbox/list.html", **values)


def ticket_page(
    view: str, number: str, *, fault: HelpdeskError | None = None, composer: Composer | None = None
) -> Response | None:
    """A ticket with its forms, beside its list; none when it was merged into another, which the caller shows."""
    before = request.args.get("voor", "")
    with reading() as unit:
        how: How = "part" if wanted() else "page"
        upto = int(before) if before.isdecimal() and len(before) < 19 else None
        thread = read_thread(unit, number, how, before=upto)
        if thread.merged_into and fault is None:
            return None
        values = frame(unit, known_view(view)) | _beside(unit, view) | _ticket_values(unit, thread, view, composer)
        news = seen.newest_unseen(unit, number) if fault is None and not wanted() else 0
    if news:
        _read(number, news)
    return shown("inbox/ticket.html", **values, **_trouble(fault, values["composer"], thread))


def _read(number: str, upto: int) -> None:
    """Opening a page marks the ticket as read; a database that can't be written to now is no reason to show nothing."""
    with suppress(Unavailable), writing() as unit:
        seen.mark_read(unit, number, upto)


def _ticket_values(unit: Unit, thread: Thread, view: str, composer: Composer | None) -> dict[str, object]:
    domains = ports().settings.organisation_domains
    shown = composer or _stored(unit, thread)
    everybody = staff(unit, active_only=False)
    return {
        "thread": thread,
        "ticket": thread.ticket,
        "open_number": thread.number,
        "place": partial(url_for, view=view, number=thread.number, **kept()),
        "staff": [person for person in everybody if person.active and "advisor" in person.roles],
        "names": {str(person.id): person.name for person in everybody},
        "composer": shown,
        "asker": asker.asker_of(unit, thread.requester.person_id, thread.ticket.id) if thread.requester else None,
        "stands": standing(unit, thread.ticket, thread.requester.person_id, thread.requester.address)
        if thread.requester
        else None,
        "kept_until": kept_until(unit, thread.ticket, unit.actor.language),
        "to": shown.to or (thread.requester.address if thread.requester else ""),
        "last_entry": max((entry.id for entry in thread.entries), default=0),
        "read_before": read_before(unit, thread.number),
        "moved_from": _moved_from(unit, thread),
        "left_behind": drafts.left_behind(unit, thread.ticket.id) if thread.merged_from else [],
        "outside": {person.address for person in thread.people if is_outside(person.address, domains)},
        "status_choices": STATUS_CHOICES,
        "ticket_language": thread.ticket.language and language_for(thread.ticket.language),
    }


def _stored(unit: Unit, thread: Thread) -> Composer:
    """The forms as this person's drafts keep them.

    The answer counts as written under what stands here now when since then nobody else has written; otherwise it keeps
    the version it was begun with, so that sending it asks first.
    """
    mine = drafts.drafts_of(unit, thread.number)
    found = stored_composer(mine.get("answer"), mine.get("note"))
    who = me()
    own = who.name if who else ""
    newer = [entry for entry in thread.entries if entry.id > found.seen and entry.author != own]
    asked = {"antwoord": "answer", "notitie": "note"}.get(request.args.get("schrijf", ""), found.opened)
    kept_version = bool(newer and found.text)
    return replace(found, opened=asked, version=found.version * kept_version, seen=found.seen * kept_version)


def _moved_from(unit: Unit, thread: Thread) -> dict[int, str]:
    """The numbers of the tickets from which entries shown here were moved; the last move counts."""
    found: dict[int, str] = {}
    shown = {entry.id for entry in thread.entries}
    for event in thread.events:
        if (
            event.kind == "entry_moved_here"
            and event.entry_id in shown
            and event.entry_id not in found
            and event.before
        ):
            with suppress(NotFound):
                found[event.entry_id] = ticket_for(unit, int(event.before), "ticket.read").number
    return found


def _trouble(fault: HelpdeskError | None, composer: object, thread: Thread) -> dict[str, object]:
    """What the page says of a form that failed; after a conflict also what others wrote since."""
    if fault is None:
        return {"problem": "", "problem_field": "", "conflict": False, "newer": []}
    written = isinstance(composer, Composer) and composer.opened != ""
    conflict = isinstance(fault, Conflict) and written
    seen = composer.seen if isinstance(composer, Composer) else 0
    return {
        "problem": sentence(fault),
        "problem_field": (fault.field or "") if isinstance(fault, Invalid) else "",
        "conflict": conflict,
        "newer": [entry for entry in thread.entries if entry.id > seen] if conflict and seen else [],
    }


def answer_again(fault: HelpdeskError, view: str, number: str) -> Response:
    """The ticket with the answer as typed; without scripts its files are kept, for nobody should choose them again."""
    confirm = tuple(str(fault.values["address"]).split(", ")) if fault.code == OUTSIDE else ()
    if not wanted() and getattr(fault, "field", None) != "files":
        # A file that may not be kept must not take the place of what went wrong first, nor of the typed words.
        with suppress(Invalid), writing() as unit:
            drafts.save_draft(unit, number, "answer", sent_draft())
            if files := (*sent_files(), *sent_before(unit, uploads())):
                drafts.keep_files(unit, number, files)
    return _typed_again(fault, view, number, "answer", confirm)


def note_again(fault: HelpdeskError, view: str, number: str) -> Response:
    """The ticket with the note as typed."""
    return _typed_again(fault, view, number, "note")


def _typed_again(fault: HelpdeskError, view: str, number: str, opened: str, confirm: tuple[str, ...] = ()) -> Response:
    with reading() as unit:
        mine = drafts.drafts_of(unit, number)
        stored = stored_composer(mine.get("answer"), mine.get("note"))
    return ticket_page(view, number, fault=fault, composer=typed_composer(opened, stored, confirm)) or gone()


def ticket_again(fault: HelpdeskError, view: str, number: str, **_others: object) -> Response:
    """The ticket, with what went wrong in one of its small forms."""
    return ticket_page(view, number, fault=fault) or gone()


def draft_again(fault: HelpdeskError, view: str, number: str, kind: str) -> Response:
    """The ticket with the draft as typed, when it could not be kept."""
    return _typed_again(fault, view, number, kind if kind == "note" else "answer")


def gone() -> Response:
    """Never shown: a page with a fault is always made."""
    return Response(status=409)


def new_page(fault: HelpdeskError | None = None) -> str:
    """The form for a ticket by hand, as typed when it failed."""
    with reading() as unit:
        around = frame(unit)
    return render_template(
        "inbox/new.html",
        desks=ports().settings.desks,
        typed=request.form,
        client_id=request.form.get("client_id") or fresh_id(),
        problem=sentence(fault) if fault else "",
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        **around,
    )
