"""Imports as pages and forms: the list, a file's way from upload to its end, the second person. Decides nothing itself.

Files are looked at and brought in by workers: a page shows how far they are and is asked for again.
"""

from __future__ import annotations

from flask import Blueprint, Response, g, render_template, request, url_for

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.facts import imports, looking, runs
from helpdesk.facts.changes import PAGE
from helpdesk.facts.profiles import DATE_ORDERS, Profile, profile, shipped
from helpdesk.facts.tables import MOST_BYTES
from helpdesk.facts.words import BRAKE, COUNT, FIELD, STATE, fault_of_file, problem_sentence, said_changes
from helpdesk.people.access import can
from helpdesk.people.two_people import second_refused
from helpdesk.text.language import N_
from helpdesk.unit import Unit
from web.errors import sentence, shown_again
from web.frame import frame
from web.guards import needs, takes
from web.notices import then
from web.paging import Pages, number_asked
from web.unit import actor, reading, writing

blueprint = Blueprint("imports", __name__)
ONE = "/beheer/imports/<int:run_id>"
FORM_AROUND = 1_000_000
"""Bytes that a form may hold beside its file."""
COLUMN = "kolom-"
"""Before the name of a field in the form that says which column it is."""


def _list_page(fault: HelpdeskError | None = None) -> str:
    with reading() as unit:
        found = runs.newest(unit)
        around = frame(unit)
    return render_template(
        "admin/imports.html",
        runs=found,
        profiles={key: own.title(g.language) for key, own in shipped().items()},
        chosen=request.form.get("profile", ""),
        may_run=can(actor(), "import.run"),
        states=STATE,
        problem=sentence(fault) if fault else "",
        problem_field=(fault.field or "") if isinstance(fault, Invalid) else "",
        **around,
    )


@blueprint.get("/beheer/imports")
@needs("import.read")
def show_list() -> str:
    """The imports, newest first, and the form to upload a file."""
    return _list_page()


@blueprint.post("/beheer/imports")
@needs("import.run")
@takes(MOST_BYTES + FORM_AROUND, N_("This file is larger than 100 MB. Divide it, or save it as CSV."))
@shown_again(_list_page)
def upload() -> Response:
    """Keep a file; a worker looks at it."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("Choose a file.", field="file")
    with writing() as unit:
        own = profile(unit, request.form.get("profile", ""))
        run_id = imports.receive(unit, own, file.stream, to_do=looking.LOOK)  # type: ignore[arg-type] # werkzeug says IO[bytes]
    return then(url_for("imports.show", run_id=run_id), "import_kept")


def _run_page(fault: HelpdeskError | None = None, run_id: int = 0) -> str:
    with reading() as unit:
        values = _values(unit, run_id)
        around = frame(unit)
    problem = {"problem": sentence(fault) if fault else "", "problem_field": getattr(fault, "field", "") or ""}
    return render_template("admin/import.html", **values, **problem, **around)


def _values(unit: Unit, run_id: int) -> dict[str, object]:
    run = runs.run_view(unit, run_id)
    language, own = g.language, profile(unit, run.profile)
    refused = second_refused(unit, "import.second", run.started_by_id)
    left_out = runs.problem_count(unit, run_id)
    changes, problems = Pages(number_asked("pagina"), run.changes, PAGE), Pages(number_asked("fouten"), left_out, PAGE)
    found = runs.changes_page(unit, run_id, changes.number) if run.changes else []
    return {
        "run": run,
        "title": own.title(language),
        "states": STATE,
        "counts": {
            COUNT[word]: count for word, count in (run.counts or run.foreseen).items() if word in COUNT and count
        },
        "brake": BRAKE.get(run.brake or ""),
        "fault": fault_of_file(run.fault, language, run.fault_values) if run.fault else "",
        "changes": [(one.line, one.who, said_changes(one, language)) for one in found],
        "change_pages": changes,
        "problems": [
            (one.line, problem_sentence(one, language)) for one in runs.problems_of(unit, run_id, PAGE, problems.skip)
        ],
        "problem_pages": problems,
        "columns": _columns(own, runs.headings_found(unit, run_id)) if run.state in ("preview", "braked") else [],
        "headings": runs.headings_found(unit, run_id),
        "date_orders": DATE_ORDERS,
        "date_order": own.date_order,
        "may_run": can(unit.actor, "import.run"),
        "is_second": can(unit.actor, "import.second"),
        "refused": sentence(refused) if refused else "",
    }


def _columns(own: Profile, headings: list[str]) -> list[tuple[str, str, bool, str]]:
    """Each field: its name, its word, whether it is needed, and the heading that it has by now."""
    needed = {*own.required, own.keys[0]}
    return [(name, FIELD[name], name in needed, own.heading(name, headings)) for name in own.columns]


@blueprint.get(ONE)
@needs("import.read")
def show(run_id: int) -> str:
    """One import: where it stands, what it would change or changed, and what can be done."""
    return _run_page(run_id=run_id)


@blueprint.post(ONE + "/kolommen")
@needs("import.run")
@shown_again(_run_page)
def map_columns(run_id: int) -> Response:
    """Say which column is which field."""
    said = {name.removeprefix(COLUMN): heading for name, heading in request.form.items() if name.startswith(COLUMN)}
    columns = {name: heading for name, heading in said.items() if heading}
    if len(set(columns.values())) < len(columns):
        raise Invalid("One column can't be two fields.", field="columns")
    with writing() as unit:
        looking.map_columns(unit, run_id, columns, request.form.get("dates") or None)
    return then(url_for("imports.show", run_id=run_id), "import_mapped")


@blueprint.post(ONE + "/bekijken")
@needs("import.run")
@shown_again(_run_page)
def look(run_id: int) -> Response:
    """Look at the file again."""
    with writing() as unit:
        looking.ask_look(unit, run_id)
    return then(url_for("imports.show", run_id=run_id), "import_asked")


@blueprint.post(ONE + "/starten")
@needs("import.run")
@shown_again(_run_page)
def start(run_id: int) -> Response:
    """Bring the file in."""
    with writing() as unit:
        looking.ask_start(unit, run_id)
    return then(url_for("imports.show", run_id=run_id), "import_started")


@blueprint.post(ONE + "/doorlaten")
@needs("import.second")
@shown_again(_run_page)
def allow(run_id: int) -> Response:
    """Let an import through that the brake stopped, as the second person."""
    with writing() as unit:
        imports.allow(unit, run_id, request.form.get("reason", ""))
    return then(url_for("imports.show", run_id=run_id), "import_allowed")


@blueprint.post(ONE + "/stoppen")
@needs("import.run")
@shown_again(_run_page)
def stop(run_id: int) -> Response:
    """Bring no more of it in."""
    with writing() as unit:
        imports.stop(unit, run_id)
    return then(url_for("imports.show", run_id=run_id), "import_stopped")
