"""How long tickets are kept, in numbers: by state, by month, and what has waited too long. Names nobody; only reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from flask import Blueprint, g, render_template, request

from helpdesk.people.access import can
from helpdesk.privacy.rule_counts import by_rule
from helpdesk.status import AGES, own_alarms
from helpdesk.text.language import N_
from helpdesk.tickets import states
from helpdesk.unit import Unit
from web.chart import chart_of
from web.frame import frame
from web.guards import needs
from web.paging import Pages, id_asked, number_asked
from web.unit import reading

blueprint = Blueprint("kept", __name__)
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
}
"""Where something can be done about an alarm, for who may."""
OUTSIDE = {
    states.BEFORE: N_("before this month"),
    states.LATER: N_("later"),
    states.UNDATED: N_("the last day is not known yet"),
}
"""What lies outside the months of the chart."""
SPANS = (12, 24, 60)
"""Months that the chart may show."""


def _span() -> int:
    asked = id_asked("maanden")
    return asked if asked in SPANS else states.MONTHS


@blueprint.get("/privacybeheer/bewaartermijnen")
@needs("retention.read")
def show() -> str:
    """Tickets by state, the ends of their terms by month, and the alarms about what waits too long."""
    span = _span()
    with reading() as unit:
        counts = states.counts(unit)
        months = states.months(unit, span)
        rules = by_rule(unit, g.language)
        values = {"late": _late(unit), "may": {word: can(unit.actor, verb) for word, verb in _MAY.items()}}
        around = frame(unit)
    return render_template(
        "admin/kept.html",
        states=states.STATE,
        counts=counts,
        total=sum(counts.values()),
        over=sum(count for state, count in counts.items() if not state.startswith(("waiting:", "dated"))),
        most=_most(counts.values()),
        months=months,
        rules=rules,
        drawn=[month for month in months if month.key != states.UNDATED],
        chart=chart_of([(month.free, month.held) for month in months if month.key != states.UNDATED]),
        span=span,
        spans=SPANS,
        outside=OUTSIDE,
        places=WHERE,
        **values,
        **around,
    )


_MAY = {
    "people.search": "fact.read",
    "askers.show_list": "person.match",
    "holds.show_list": "hold.place",
    "disposal.show_list": "list.read",
}


def _late(unit: Unit) -> list[tuple[str, int | None]]:
    """The kinds of alarms about terms, holds and lists that concern the reader; those about ages with their tickets."""
    mine = [one for one in own_alarms(unit) if one.subject == AGES or one.kind in WHERE]
    return [(one.kind, int(one.detail or 0) if one.subject == AGES else None) for one in mine]


def _most(counts: Iterable[int]) -> int:
    return max([1, *counts])


@blueprint.get("/privacybeheer/bewaartermijnen/vragen")
@needs("retention.read")
def tickets() -> str:
    """The tickets in one state, or of one month, by number and date only."""
    state, month, asked = request.args.get("stand", ""), request.args.get("maand", ""), number_asked("pagina")
    skip, span = (asked - 1) * states.PAGE, _span()
    with reading() as unit:
        if month:
            rows, total = states.tickets_of(unit, month, span, skip), states.count_of(unit, month, span)
        else:
            rows, total = states.tickets_in(unit, state, skip), states.counts(unit).get(state, 0)
        around = frame(unit)
    kept = {"maand": month, "maanden": span} if month else {"stand": state}
    return render_template(
        "admin/kept_tickets.html",
        kept=kept,
        words_of=OUTSIDE.get(month, "") if month else states.STATE[state],
        first=dt.date.fromisoformat(f"{month}-01") if month and month not in OUTSIDE else None,
        rows=rows,
        pages=Pages(asked, total, states.PAGE),
        **around,
    )
