"""The security log as a page and as a file: who decided what, and which sign-ins were refused. Only reads."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request, stream_with_context

from helpdesk.people.accounts import staff
from helpdesk.privacy.decisions import KINDS, NOBODY, VERB, Wanted, chain_broken_at, decisions, decisions_page
from helpdesk.text.language import N_
from helpdesk.tickets.finding import number_in
from web.days import day_in
from web.frame import frame
from web.guards import needs
from web.paging import id_asked
from web.unit import reading

blueprint = Blueprint("decisions", __name__)
ALL = "/privacybeheer/logboek/besluiten"
OBJECT = {
    "hold": N_("legal hold {id}"),
    "policy": N_("version {id} of a register"),
    "import": N_("import {id}"),
    "fact": N_("date {id}"),
    "entry": N_("message {id}"),
    "address": N_("address {id}"),
    "restore": N_("restore {id}"),
    "account": N_("account {id}"),
    "opening": N_("days off {id}"),
}
"""What a line is about, by its id; lists and requests have names of their own."""


@blueprint.get(ALL)
@needs("log.read")
def show() -> str:
    """The lines, newest first; by person, ticket, day and kind when these are asked for."""
    given = request.args
    day, kind = day_in(given.get("dag", "")), given.get("soort", "")
    with reading() as unit:
        number = number_in(given.get("vraag", ""), unit.now.year)
        account_id = id_asked("wie")
        wrong = [name for name, read in (("vraag", number), ("dag", day)) if given.get(name, "").strip() and not read]
        wanted = Wanted(account_id, number, day, kind if kind in KINDS else "")
        lines, after = ([], None) if wrong else decisions_page(unit, wanted, id_asked("voor"))
        looked = given.get("keten") == "1"
        broken = chain_broken_at(unit) if looked else None
        everybody = staff(unit, active_only=False)
        around = frame(unit)
    return render_template(
        "privacy/decisions.html",
        lines=lines,
        after=after,
        kept={name: given[name] for name in ("wie", "vraag", "dag", "soort") if given.get(name)},
        account_id=account_id,
        kind=wanted.kind,
        staff=everybody,
        nobody=NOBODY,
        looked=looked,
        broken=broken,
        wrong=wrong,
        verbs=VERB,
        log_kinds=KINDS,
        objects=OBJECT,
        **around,
    )


@blueprint.get(ALL + ".csv")
@needs("log.read")
def as_csv() -> Response:
    """Every line with its seal, by ids only, so that the chain can be followed elsewhere."""
    answer = Response(stream_with_context(_lines()), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="besluiten.csv"'
    return answer


def _lines() -> Iterator[str]:
    yield _line(("id", "at", "account_id", "verb", "object_kind", "object_id", "seal"))
    with reading() as unit:
        for one in decisions(unit):
            ids = (one.account_id or "", one.verb, one.object_kind, one.object_id or "")
            yield _line((one.id, one.at.isoformat(), *ids, one.seal))


def _line(cells: tuple[object, ...]) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerow(cells)
    return out.getvalue()
