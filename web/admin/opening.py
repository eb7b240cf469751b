"""When the desks can be reached: hours of the week, closed days, holidays. Decides nothing itself."""

from __future__ import annotations

from itertools import count, takewhile

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.chat import opening
from helpdesk.chat.opening import SPELLS, Times
from helpdesk.errors import HelpdeskError, Invalid
from web.days import day_of_form
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs
from web.notices import then
from web.unit import reading, writing

blueprint = Blueprint("opening", __name__)

PLACE = "/beheer/openingstijden"


def _page(fault: HelpdeskError | None = None) -> str:
    with reading() as unit:
        hours = opening.shown(unit)
        around = frame(unit)
    typed = _week() if fault is not None and request.endpoint == "opening.set_hours" else {}
    return render_template(
        "admin/opening.html",
        hours=hours,
        week=[_filled(typed.get(day, times)) for day, times in enumerate(hours.week)],
        typed=request.form,
        problem=sentence(fault) if fault else "",
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        **around,
    )


def _filled(times: list[Times]) -> list[Times]:
    """As many fields as a day has; hours of the settings may be more."""
    return [*times, *[("", "")] * (SPELLS - len(times))]


def _week() -> dict[int, list[Times]]:
    """The hours of the form, by weekday."""
    found: dict[int, list[Times]] = {}
    for day in range(7):
        places = takewhile(lambda name: f"since-{name}" in request.form, (f"{day}-{place}" for place in count()))
        found[day] = [(request.form[f"since-{name}"], request.form.get(f"until-{name}", "")) for name in places]
    return found


@blueprint.get(PLACE)
@needs("hours.change")
def show() -> str:
    """All of it on one page."""
    return _page()


@blueprint.post(PLACE + "/week")
@needs("hours.change")
@shown_again(_page)
def set_hours() -> Response:
    """Replace the hours of the week."""
    version = request.form.get("version", "")
    with writing() as unit:
        opening.set_hours(unit, int(version) if version.isdecimal() and len(version) < 10 else -1, _week())
    return then(url_for("opening.show"), "hours_saved")


@blueprint.post(PLACE + "/dicht")
@needs("hours.change")
@shown_again(_page)
def close() -> Response:
    """Close on some days."""
    first = day_of_form("first")
    last = day_of_form("last") if request.form.get("last", "").strip() else first
    with writing() as unit:
        opening.close(unit, first, last, request.form.get("reason_nl", ""), request.form.get("reason_en", ""))
    return then(url_for("opening.show", _anchor="dicht"), "days_closed")


@blueprint.post(PLACE + "/weer-open")
@needs("hours.change")
@shown_again(_page)
def reopen() -> Response:
    """Take a closure away."""
    first = day_of_form("first")
    with writing() as unit:
        opening.reopen(unit, first)
    return then(url_for("opening.show", _anchor="dicht"), "days_opened")


@blueprint.post(PLACE + "/feestdag")
@needs("hours.change")
@shown_again(_page)
def holiday() -> Response:
    """Have the hours of any day on a holiday, or none."""
    day = day_of_form("day")
    with writing() as unit:
        opening.set_holiday(unit, day, is_open=request.form.get("open") == "1")
    return then(url_for("opening.show", _anchor="feestdagen"), "hours_saved")
