"""How long tickets are kept, in numbers: by state, by month, and what has waited too long. Names nobody; only reads."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, render_template, request

from helpdesk.people.access import can
from helpdesk.status import AGES, own_alarms
from helpdesk.tickets import states
from helpdesk.unit import Unit
from web.frame import frame
from web.guards import needs
from web.paging import Pages, number_asked
from web.unit import reading

blueprint = Blueprint("kept", __name__)
WHERE = {
    "settlement_missing": "people.search",
    "settlement_missing_late": "people.search",
    "asker_unknown": "askers.show_list",
}
"""Where something can be done about an alarm, for who may."""


@blueprint.get("/privacybeheer/bewaartermijnen")
@needs("retention.read")
def show() -> str:
    """Tickets by state, the ends of their terms by month, and the alarms about what waits too long."""
    with reading() as unit:
        counts = states.counts(unit)
        months = states.months(unit)
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
        busiest=_most([month.count for month in months]),
        places=WHERE,
        **values,
        **around,
    )


_MAY = {"people.search": "fact.read", "askers.show_list": "person.match"}


def _late(unit: Unit) -> list[tuple[str, int]]:
    """The kinds of alarms about ages that concern the reader, with their tickets."""
    return [(one.kind, int(one.detail or 0)) for one in own_alarms(unit) if one.subject == AGES]


def _most(counts: Iterable[int]) -> int:
    return max([1, *counts])


@blueprint.get("/privacybeheer/bewaartermijnen/vragen")
@needs("retention.read")
def tickets() -> str:
    """The tickets in one state, by number and date only."""
    state, asked = request.args.get("stand", ""), number_asked("pagina")
    with reading() as unit:
        rows = states.tickets_in(unit, state, (asked - 1) * states.PAGE)
        pages = Pages(asked, states.counts(unit).get(state, 0), states.PAGE)
        around = frame(unit)
    return render_template(
        "admin/kept_tickets.html", state=state, words_of=states.STATE[state], rows=rows, pages=pages, **around
    )
