"""`helpdesk import` and `helpdesk imports …`: files with dates and people, looked at first, then brought in."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.errors import Invalid
from helpdesk.facts import imports, runs
from helpdesk.facts.preview import Preview, preview
from helpdesk.facts.profiles import DATE_ORDERS, chosen, keep, profile, shipped
from helpdesk.facts.tables import laid_out
from helpdesk.facts.words import BRAKE, COUNT, STATE, change_texts, problem_text
from helpdesk.text.language import N_
from helpdesk.unit import Actor, unit_of_work

_SHOWN = 20
_WAIT = 0.5
"""Seconds between looks while another process works on it."""
_profile = click.argument("key", metavar="PROFILE", type=click.Choice(list(shipped())))
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.command("import")
@_profile
@_file
@click.option("--dry-run", is_flag=True, help="Look only; keep nothing.")
@click.option("--apply", "applies", is_flag=True, help="Bring it in after looking, unless the brake stops it.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=HEADING", help="Which column is which field.")
@click.option("--dates", type=click.Choice(DATE_ORDERS), help="How days are written: dmy, mdy or ymd.")
@click.option("--changes", is_flag=True, help="Show every change and every row with an error, not the first ones.")
@click.option("--remove", is_flag=True, help="Remove the file itself when it was brought in.")
@as_account
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_console
def import_file(
    console: Console,
    /,
    key: str,
    file: Path,
    columns: tuple[str, ...],
    dates: str | None,
    email: str,
    **said: bool,
) -> None:
    """Look at FILE (CSV or XLSX) as PROFILE says, and bring it in with --apply."""
    actor, mapping = acting(console, email), _mapping(columns)
    show_most = 1 << 40 if said["changes"] else _SHOWN
    if not said["applies"] or said["dry_run"]:
        with (
            unit_of_work(console.ports, actor, write=False) as unit,
            file.open("rb") as packed,
            laid_out(packed) as source,
        ):
            found = preview(unit, source, chosen(profile(unit, key), mapping, dates), show_most)
        _tell(console, found, show_most, as_json=said["as_json"])
        return
    run_id, started = _received(console, actor, key, file, mapping, dates)
    if not started:
        found = imports.start(console.ports, actor, run_id, show_most)
        _tell(console, found, show_most, as_json=said["as_json"], run_id=run_id)
    if _brought_in(console, run_id, quiet=said["as_json"]) and said["remove"]:
        file.unlink()


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [each.partition("=") for each in columns]
    if any(not heading for _name, _sign, heading in pairs):
        raise Invalid("Write a column as FIELD=HEADING.", field="column")
    return {name: heading for name, _sign, heading in pairs}


def _received(
    console: Console, actor: Actor, key: str, file: Path, mapping: dict[str, str], dates: str | None
) -> tuple[int, bool]:
    """Keep the file as a run, or go on with one of the very same file. Returns its id, and whether it is started."""
    before = runs.same_file(console.ports, actor, key, file)
    if before is not None and before.state == "running":
        return before.id, True
    with unit_of_work(console.ports, actor) as unit:
        chosen(profile(unit, key), mapping, dates)
        profile_id = keep(unit, shipped()[key], mapping, dates)
        return before.id if before else imports.receive(unit, profile(unit, key), file, profile_id), False


def _tell(console: Console, found: Preview, most: int, *, as_json: bool, run_id: int | None = None) -> None:
    if as_json:
        show(_plain(console, found, most, run_id), as_json=True)
        return
    _ = console.words
    say(console.ngettext("{count} row.", "{count} rows.", found.rows))
    _tell_columns(console, found)
    for word, sentence in COUNT.items():
        if found.counts.get(word):
            say(f"{found.counts[word]:8}  {_(sentence)}")
    for line in (each for one in found.changes for each in change_texts(one, console.language)):
        say(line)
    for problem in found.problems[:most]:
        say(problem_text(problem, console.language))
    if found.brake:
        say(_(BRAKE[found.brake]))


def _tell_columns(console: Console, found: Preview) -> None:
    if found.not_kept:
        columns = ", ".join(found.not_kept)
        say(console.words(N_("Known columns that are not kept: {columns}."), columns=columns))
    if found.unlisted:
        say(
            console.ngettext("{count} other column is not read.", "{count} other columns are not read.", found.unlisted)
        )


def _plain(console: Console, found: Preview, most: int, run_id: int | None) -> dict[str, Any]:
    language = console.language
    return {
        "run": run_id,
        "rows": found.rows,
        "counts": dict(found.counts),
        "not_kept": list(found.not_kept),
        "other_columns": found.unlisted,
        "brake": found.brake,
        "due_at_once": found.weight.due if found.weight else 0,
        "dates_moved": found.weight.shifted if found.weight else 0,
        "problems": [
            {"line": one.line, "code": one.code, "field": one.field, "sentence": problem_text(one, language)}
            for one in found.problems[:most]
        ],
        "changes": [line for one in found.changes for line in change_texts(one, language)],
    }


def _brought_in(console: Console, run_id: int, *, quiet: bool = False) -> bool:
    view = runs.run_of(console.ports, run_id)
    while view.state == "running":
        if not imports.carry_on(console.ports, run_id):
            time.sleep(_WAIT)
        view = runs.run_of(console.ports, run_id)
    if not quiet:
        _ = console.words
        state = _(STATE[view.state])
        say(
            _(
                N_("Import {id}: {state}, {done} of {rows} rows."),
                id=run_id,
                state=state,
                done=view.done,
                rows=view.rows,
            )
        )
    return view.state == "done"


@click.group("imports")
def group() -> None:
    """Imports that were begun."""


@group.command("list")
@as_account
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_console
def list_imports(console: Console, email: str, as_json: bool) -> None:
    """The imports, newest first."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        found = [runs.as_words(view) for view in runs.newest(unit)]
    show(found, as_json)


@group.command()
@click.argument("run_id", type=int)
@as_account
@pass_console
def problems(console: Console, run_id: int, email: str) -> None:
    """The rows of import RUN_ID that were not used, and why."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        found = runs.problems_of(unit, run_id)
    for problem in found:
        say(problem_text(problem, console.language))


@group.command()
@click.argument("run_id", type=int)
@click.option("--reason", required=True, help="Why it may go on.")
@as_account
@pass_console
def allow(console: Console, run_id: int, reason: str, email: str) -> None:
    """Let import RUN_ID through, which the brake stopped; as a second person."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        imports.allow(unit, run_id, reason)
    _brought_in(console, run_id)


@group.command("continue")
@click.argument("run_id", type=int)
@as_account
@pass_console
def go_on(console: Console, run_id: int, email: str) -> None:
    """Go on with import RUN_ID after the last row that was brought in."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        runs.may_go_on(unit, run_id)
    _brought_in(console, run_id)


@group.command()
@click.argument("run_id", type=int)
@as_account
@pass_console
def stop(console: Console, run_id: int, email: str) -> None:
    """Bring no more of import RUN_ID in; what was written stays, the file goes."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        imports.stop(unit, run_id)
    say(console.words(N_("Import {id} is stopped."), id=run_id))
