"""`helpdesk fact …`: dates about people, by hand: added, corrected, taken back, and their whole history."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import Any

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.facts import record
from helpdesk.facts.history import FactView, history
from helpdesk.people.directory import person_named
from helpdesk.text.language import N_
from helpdesk.unit import unit_of_work

SYSTEM_WORD = "system"
"""What stands in the place of a person for the facts of a system."""
_reference = click.option("--reference", required=True, help="Where the date comes from: a letter, a decision.")
_day = click.DateTime(["%Y-%m-%d"])


@click.group()
def fact() -> None:
    """Dates about people that terms count from. PERSON is a personnel number, a verified address, or `system`."""


@fact.command()
@click.argument("person")
@click.argument("kind", type=click.Choice([*record.OF_PEOPLE, *record.OF_SYSTEMS]))
@click.argument("day", type=_day)
@_reference
@click.option("--reason", type=click.Choice(record.REASONS), help="Why employment ended.")
@as_account
@pass_console
def add(
    console: Console, person: str, kind: str, day: dt.datetime, reference: str, reason: str | None, email: str
) -> None:
    """Add the fact that KIND happened to PERSON on DAY (2026-11-22)."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        person_id = None if person == SYSTEM_WORD else person_named(unit, person).id
        fact_id = record.add(unit, person_id, kind, day.date(), reference, reason)
    say(console.words(N_("Recorded as fact {id}."), id=fact_id))


@fact.command()
@click.argument("fact_id", type=int)
@click.argument("day", type=_day)
@_reference
@as_account
@pass_console
def correct(console: Console, fact_id: int, day: dt.datetime, reference: str, email: str) -> None:
    """Put DAY in the place of the date of fact FACT_ID; the old row stays."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        new_id = record.correct(unit, fact_id, day.date(), reference)
    say(console.words(N_("Recorded as fact {id}."), id=new_id))


@fact.command()
@click.argument("fact_id", type=int)
@_reference
@as_account
@pass_console
def retract(console: Console, fact_id: int, reference: str, email: str) -> None:
    """Take fact FACT_ID back; the old row stays."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        new_id = record.retract(unit, fact_id, reference)
    say(console.words(N_("Recorded as fact {id}."), id=new_id))


@fact.command("list")
@click.argument("person")
@as_account
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_console
def list_facts(console: Console, person: str, email: str, as_json: bool) -> None:
    """Everything recorded about PERSON, oldest first, with what became of it."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        rows = history(unit, None if person == SYSTEM_WORD else person_named(unit, person).id)
    if as_json:
        show([_plain(row) for row in rows], as_json=True)
        return
    for row in rows:
        recorded = f"{row.recorded_at:%Y-%m-%d %H:%M} UTC"
        said = (
            str(row.id),
            row.type,
            str(row.valid_on),
            row.state,
            recorded,
            row.source,
            row.reference,
            row.recorded_by,
        )
        say("  ".join(filter(None, said)))


def _plain(row: FactView) -> dict[str, Any]:
    return asdict(row) | {"valid_on": row.valid_on.isoformat(), "recorded_at": row.recorded_at.isoformat()}
