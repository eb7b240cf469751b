"""The log of reads as a page: who was given the content of which ticket, when and how. Only reads."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from helpdesk.people.accounts import staff
from helpdesk.privacy.reads import HOW, NOBODY, Wanted, reads_page
from helpdesk.tickets.finding import number_in
from web.days import day_in
from web.frame import frame
from web.guards import needs
from web.paging import id_asked
from web.unit import reading

blueprint = Blueprint("reads", __name__)


@blueprint.get("/privacybeheer/logboek")
@needs("log.read")
def show() -> str:
    """The lines, newest first; by person, ticket, day and way when these are asked for."""
    given = request.args
    day = day_in(given.get("dag", ""))
    with reading() as unit:
        number = number_in(given.get("vraag", ""), unit.now.year)
        account_id = id_asked("wie")
        wrong = [name for name, read in (("vraag", number), ("dag", day)) if given.get(name, "").strip() and not read]
        how = given.get("hoe", "") if given.get("hoe") in HOW else ""
        wanted = Wanted(account_id, number, day, how)
        lines, after = ([], None) if wrong else reads_page(unit, wanted, id_asked("voor"))
        everybody = staff(unit, active_only=False)
        around = frame(unit)
    return render_template(
        "privacy/reads.html",
        lines=lines,
        after=after,
        kept={name: given[name] for name in ("wie", "vraag", "dag", "hoe") if given.get(name)},
        account_id=account_id,
        staff=everybody,
        shell=NOBODY,
        wrong=wrong,
        hows=HOW,
        how=how,
        **around,
    )
