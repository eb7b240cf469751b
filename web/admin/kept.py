"""How long tickets are kept, in numbers: by state, by month or year, and what waits. Names nobody; only reads."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request

from helpdesk.people.access import can
from helpdesk.privacy.rule_counts import by_rule
from helpdesk.privacy.worklists import WORK, worklists
from helpdesk.status import AGES, own_alarms
from helpdesk.text.language import N_
from helpdesk.tickets import endings, states
from helpdesk.tickets.endings import Ending
from helpdesk.unit import Unit
from web.chart import SLOT, WIDE, chart_of
from web.frame import frame
from web.guards import needs
from web.paging import Pages, id_asked, number_asked
from web.unit import reading

blueprint = Blueprint("kept", __name__)
PLACE = "/privacybeheer/bewaartermijnen"
WHERE = {
    "settlement_missing": "people.search",
    "settlement_missing_late": "people.search",
    "asker_unknown": "askers.show_list",
    "hold_review": "holds.show_list",
    "list_undecided": "disposal.show_list",
    "list_braked": "disposal.show_list",
    "list_stuck": "disposal.show_list",
    "clock_jumped": "disposal.show_list",
    "tickets_missing": "",
    "request_due": "requests.show_list",
    "due_left": "disposal.show_list",
    "due_left_late": "disposal.show_list",
}
"""Where something can be done about an alarm, for who may."""
WORK_AT = {
    "lists_to_propose": "disposal.show_list",
    "lists_to_approve": "disposal.show_list",
    "holds_to_release": "holds.show_list",
    "holds_to_review": "holds.show_list",
    "registers_to_approve": "register.show_list",
    "requests_to_approve": "requests.show_list",
    "requests_open": "requests.show_list",
    "erasures_to_approve": "requests.show_list",
    "imports_stopped": "imports.show_list",
    "askers_unknown": "askers.show_list",
}
"""Where each kind of work is done; whoever has the work may go there."""
OUTSIDE = {
    endings.BEFORE: N_("before this month"),
    endings.LATER: N_("later"),
    endings.UNDATED: N_("the last day is not known yet"),
    endings.NOW: N_("can be destroyed now"),
    endings.LATE: N_("over their term for too long"),
    endings.HELD: N_("under a legal hold"),
}
"""What lies outside the months of the chart, and the groups that stand above it."""
SPANS = (12, 24, 60)
"""Months that the chart may show; else it shows years."""
_MAY = {
    "people.search": "fact.read",
    "askers.show_list": "person.match",
    "holds.show_list": "hold.place",
    "disposal.show_list": "list.read",
    "requests.show_list": "request.read",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the chart is to show: so many months, or years; in tickets or in bytes."""

    span: int
    sizes: bool

    def address(self, span: int | None = None, *, sizes: bool | None = None) -> dict[str, str | int]:
        """The words of the address that ask for this, or for another span or measure."""
        span, sizes = self.span if span is None else span, self.sizes if sizes is None else sizes
        said: dict[str, str | int] = {"per": "jaar"} if span == endings.YEARS else {"maanden": span}
        return said | ({"in": "omvang"} if sizes else {})


def _asked() -> Asked:
    months = id_asked("maanden")
    span = endings.YEARS if request.args.get("per") == "jaar" else endings.MONTHS
    return Asked(months if months in SPANS else span, request.args.get("in") == "omvang")


@blueprint.get(PLACE)
@needs("retention.read")
def show() -> str:
    """Tickets by state, the ends of their terms by month or year, what waits for the reader, what waits too long."""
    asked = _asked()
    with reading() as unit:
        counts = states.counts(unit)
        found = endings.endings(unit, asked.span, sizes=asked.sizes)
        values = {
            "groups": endings.groups(unit),
            "rules": by_rule(unit, g.language),
            "work": worklists(unit),
            "late": _late(unit),
            "may": {word: can(unit.actor, verb) for word, verb in _MAY.items()},
        }
        around = frame(unit)
    return render_template(
        "admin/kept.html",
        states=states.STATE,
        counts=counts,
        total=sum(counts.values()),
        over=sum(count for state, count in counts.items() if not state.startswith(("waiting:", "dated"))),
        most=_most(counts.values()),
        works=WORK,
        work_at=WORK_AT,
        places=WHERE,
        **_drawing(found, asked),
        **values,
        **around,
    )


def _drawing(found: Sequence[Ending], asked: Asked) -> dict[str, object]:
    """The chart and the table below it: one and the same numbers."""
    drawn = [one for one in found if one.key != endings.UNDATED]
    coming = [one for one in found if one.first]
    parts = [(one.free_size, one.held_size) if asked.sizes else (one.free, one.held) for one in drawn]
    return {
        "found": found,
        "drawn": drawn,
        "coming": sum(one.count for one in coming),
        "coming_held": sum(one.held for one in coming),
        "chart": chart_of(parts, WIDE if asked.sizes or asked.span == endings.YEARS else SLOT),
        "asked": asked,
        "years": asked.span == endings.YEARS,
        "spans": (*SPANS, endings.YEARS),
        "outside": OUTSIDE,
    }


def _late(unit: Unit) -> list[tuple[str, int | None]]:
    """The kinds of alarms about terms, holds and lists that concern the reader; those about ages with their tickets."""
    mine = [one for one in own_alarms(unit) if one.subject == AGES or one.kind in WHERE]
    return [(one.kind, int(one.detail or 0) if one.subject == AGES else None) for one in mine]


def _most(counts: Iterable[int]) -> int:
    return max([1, *counts])


@blueprint.get(PLACE + "/aflopend.csv")
@needs("retention.read")
def as_csv() -> Response:
    """The numbers of the chart as a file."""
    asked = _asked()
    with reading() as unit:
        found = endings.endings(unit, asked.span, sizes=True)
    out = io.StringIO()
    lines = csv.writer(out, delimiter=";", lineterminator="\r\n")
    lines.writerow(("period", "to_be_destroyed", "legal_hold", "together", "bytes", "bytes_legal_hold"))
    lines.writerows((one.key, one.free, one.held, one.count, one.size, one.held_size) for one in found)
    answer = Response(out.getvalue(), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="bewaartermijnen.csv"'
    return answer


@blueprint.get(PLACE + "/vragen")
@needs("retention.read")
def tickets() -> str:
    """The tickets in one state, or of one month, year or group, by number and date only."""
    state, key, asked = request.args.get("stand", ""), request.args.get("maand", ""), number_asked("pagina")
    skip, drawn = (asked - 1) * states.PAGE, _asked()
    with reading() as unit:
        if key:
            rows = endings.tickets_of(unit, key, drawn.span, skip)
            total = endings.count_of(unit, key, drawn.span)
        else:
            rows, total = states.tickets_in(unit, state, skip), states.counts(unit).get(state, 0)
        around = frame(unit)
    return render_template(
        "admin/kept_tickets.html",
        kept={"maand": key} | drawn.address(sizes=False) if key else {"stand": state},
        first=_first(key),
        words_of=OUTSIDE.get(key, "") if key else states.STATE[state],
        year=key if key.isdigit() else "",
        rows=rows,
        pages=Pages(asked, total, states.PAGE),
        **around,
    )


def _first(key: str) -> dt.date | None:
    """The first day of a month; none for anything else."""
    return dt.date.fromisoformat(f"{key}-01") if "-" in key else None
