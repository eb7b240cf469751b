"""Lists for destruction as pages and forms, in six steps; each form is one verb of the domain. Decides nothing."""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.people.access import can
from helpdesk.privacy import certificate, destruction, listing, lists
from helpdesk.privacy.list_items import PAGE, SAMPLE, Narrow, items, items_count, items_page, sample, sums
from helpdesk.privacy.list_views import ListView, ended_page, grown, list_view, lists_page, refused
from helpdesk.privacy.list_words import ITEM_STATE, REASON, STATE, STEPS, WHY, step_of
from helpdesk.tickets.finding import number_in
from helpdesk.unit import Unit
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.paging import Pages, id_asked, number_asked
from web.unit import actor, reading, writing

blueprint = Blueprint("disposal", __name__)
ALL = "/privacybeheer/vernietiging"
ONE = ALL + "/<int:list_id>"
SHOWN_STATES = ("listed", "excepted", "withdrawn")


def _list_page(fault: HelpdeskError | None = None) -> str:
    asked = number_asked("pagina")
    with reading() as unit:
        ended, total = ended_page(unit, (asked - 1) * PAGE)
        values = {"waiting": lists_page(unit), "ended": ended, "clock_is_right": destruction.clock_is_sane(unit)}
        around = frame(unit)
    return render_template(
        "privacy/lists.html",
        **values,
        pages=Pages(asked, total, PAGE),
        states=STATE,
        may_vouch=can(actor(), "list.approve"),
        may_propose=can(actor(), "list.propose"),
        problem=sentence(fault) if fault else "",
        **around,
    )


@blueprint.get(ALL)
@needs("list.read")
def show_list() -> str:
    """The lists that wait or run, and below them those that are over."""
    return _list_page()


@blueprint.post(ALL + "/verzamelen")
@needs("list.propose")
def gather() -> Response:
    """Have a worker put on lists what is due, beside the daily turn."""
    with writing() as unit:
        listing.ask(unit)
    return then(url_for("disposal.show_list"), "list_gathering")


@blueprint.post(ALL + "/klok")
@needs("list.approve")
@shown_again(_list_page)
def vouch() -> Response:
    """Say that the time is right although the clock jumped."""
    with writing() as unit:
        destruction.vouch_for_clock(unit)
    return then(url_for("disposal.show_list"), "clock_vouched")


def _page(fault: HelpdeskError | None = None, list_id: int = 0) -> str:
    with reading() as unit:
        found = list_view(unit, list_id)
        values = _items(unit, list_id) | _decisions(unit, found)
        around = frame(unit)
    return render_template(
        "privacy/list.html",
        list=found,
        steps=STEPS,
        step=step_of(found),
        states=STATE,
        item_states=ITEM_STATE,
        reasons=REASON,
        whys=WHY,
        typed=request.form,
        problem=sentence(fault) if fault else "",
        problem_field=getattr(fault, "field", "") or "",
        **values,
        **around,
    )


def _items(unit: Unit, list_id: int) -> dict[str, object]:
    asked, state, seed = number_asked("pagina"), request.args.get("stand", ""), id_asked("steekproef")
    narrow = Narrow(
        state=state if state in SHOWN_STATES else "",
        number=number_in(request.args.get("vraag", ""), unit.now.year),
        with_files=request.args.get("bijlagen") == "1",
    )
    if seed is not None:
        rows = sample(unit, list_id, seed)
        return {"rows": rows, "pages": Pages(1, len(rows), SAMPLE), "narrow": Narrow(), "seed": seed}
    pages = Pages(asked, items_count(unit, list_id, narrow), PAGE)
    rows = items_page(unit, list_id, narrow, pages.skip)
    return {"rows": rows, "pages": pages, "narrow": narrow, "seed": None}


def _decisions(unit: Unit, found: ListView) -> dict[str, object]:
    """What the reader may do with this list now, and why not where that needs saying."""
    undecided = found.state in lists.OPEN_STATES
    waits = found.state == "window" and found.second
    approves = waits and can(unit.actor, "list.approve")
    said = refused(unit, found.id) if approves else None
    reads = found.state == "done" and can(unit.actor, "ledger.read")
    return {
        "sums": sums(unit, found.id) if undecided else None,
        "grown": grown(unit, found) if undecided else None,
        "lot": secrets.randbelow(10**6),
        "sampled": SAMPLE,
        "may_send_back": approves and found.kind == "due" and found.proposed_by_id != unit.actor.account_id,
        "may_except": undecided and can(unit.actor, "list.except"),
        "may_propose": found.state == "open" and found.second and can(unit.actor, "list.propose"),
        "waits_for_second": waits,
        "may_approve": approves and said is None,
        "refused": sentence(said) if said else "",
        "certificate": certificate.period_of(unit, found.key) if reads else None,
    }


@blueprint.get(ONE)
@needs("list.read")
def show(list_id: int) -> str:
    """One list: which step it is at, what is on it, and what can be done."""
    return _page(list_id=list_id)


@blueprint.get(ONE + "/lijst.csv")
@needs("list.read")
def as_csv(list_id: int) -> Response:
    """Everything on a list as a file, without what the tickets are about."""
    with reading() as unit:
        list_view(unit, list_id)
    answer = Response(stream_with_context(_lines(list_id)), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="VL-{list_id}.csv"'
    return answer


def _lines(list_id: int) -> Iterator[str]:
    heads = ("number", "asked", "first_day", "files", "state", "reason")
    yield _line(heads)
    with reading() as unit:
        for one in items(unit, list_id, subjects=False):
            yield _line((one.number, one.opened_at.date(), one.due_on or "", one.files, one.state, one.reason))


def _line(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue()


@blueprint.post(ONE + "/voorstellen")
@needs("list.propose")
@shown_again(_page)
def propose(list_id: int) -> Response:
    """Propose the list to a second person; the window for objections opens."""
    with writing() as unit:
        lists.propose(unit, list_id)
    return then(url_for("disposal.show", list_id=list_id), "list_proposed")


@blueprint.post(ONE + "/uitzonderen")
@needs("list.except")
@shown_again(_page)
def take_off(list_id: int) -> Response:
    """Take one ticket off the list, for a reason."""
    given = request.form
    if given.get("reason") not in lists.REASONS:
        raise Invalid("Choose a reason.", field="reason")
    with writing() as unit:
        lists.except_(unit, list_id, given.get("number", ""), given["reason"])
    return then(url_for("disposal.show", list_id=list_id, _anchor="lijst"), "list_excepted")


@blueprint.post(ONE + "/akkoord")
@needs("list.approve")
@shown_again(_page)
def approve(list_id: int) -> Response:
    """Approve the list as the second person, who types how many tickets will go."""
    said = request.form.get("count", "").strip().replace(".", "").replace(",", "")
    with writing() as unit:
        if said != str(list_view(unit, list_id).listed):
            raise Invalid("This is not the number of tickets on the list. Look at the list again.", field="count")
        lists.approve(unit, list_id, request.form.get("reason", ""))
    return then(url_for("disposal.show", list_id=list_id), "list_approved")


@blueprint.post(ONE + "/terugsturen")
@needs("list.approve")
@shown_again(_page)
def send_back(list_id: int) -> Response:
    """Send the list back to who proposed it, as the second person, with words."""
    with writing() as unit:
        lists.send_back(unit, list_id, request.form.get("remark", ""))
    return then(url_for("disposal.show", list_id=list_id), "list_sent_back")


@blueprint.post(ONE + "/terugnemen")
@needs("list.except")
@shown_again(_page)
def withdraw(list_id: int) -> Response:
    """Take the whole list back; its tickets come on the next one."""
    with writing() as unit:
        lists.withdraw(unit, list_id)
    return then(url_for("disposal.show", list_id=list_id), "list_withdrawn")
