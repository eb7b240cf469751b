"""`helpdesk retention …`: until when tickets are kept, and why. Changes nothing."""

from __future__ import annotations

from typing import Any

import click

from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.people.access import ticket_for
from helpdesk.retention import ages
from helpdesk.retention.terms import day_of
from helpdesk.retention.why import kept
from helpdesk.text.language import N_, translator
from helpdesk.tickets import states
from helpdesk.unit import SYSTEM, Unit, unit_of_work

_KNOWN = N_("Known: {facts}.")
_NOTHING = N_("nothing yet")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def retention() -> None:
    """The retention clock."""


@retention.command()
@click.argument("number")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@_json
@pass_console
def why(console: Console, number: str, language: str, *, as_json: bool) -> None:
    """Until when the ticket NUMBER is kept, by which rule, and how that was reckoned."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        found = _why(unit, number.upper().removeprefix("V-"), language)
    if as_json:
        show(found, as_json=True)
        return
    say(found["sentence"])
    for one in found["requesters"]:
        say(one["step"])
        facts = ", ".join(one["facts"]) or translator(language).gettext(_NOTHING)
        say("  " + translator(language).gettext(_KNOWN).format(facts=facts))


def _why(unit: Unit, number: str, language: str) -> dict[str, Any]:
    ticket = ticket_for(unit, number, "retention.read")
    found = kept(unit, ticket, language)
    return {
        "number": ticket.number,
        "state": found.state,
        "rule": found.rule,
        "version": found.version,
        "due_on": found.due_on and found.due_on.isoformat(),
        "next_on": found.recheck_on and found.recheck_on.isoformat(),
        "sentence": found.sentence,
        "steps": [one.step for one in found.requesters],
        "requesters": [{"step": one.step, "facts": list(one.facts)} for one in found.requesters],
    }


@retention.command()
@_json
@pass_console
def counts(console: Console, *, as_json: bool) -> None:
    """How many tickets are in each state; together all there are (RD-24)."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        found = states.counts(unit)
    show(found, as_json)


@retention.command()
@_json
@pass_console
def late(console: Console, *, as_json: bool) -> None:
    """How many tickets have stood in a state for longer than the register allows; each number above 0 is an alarm."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        found = {one.kind: one.count for one in ages.late(unit.session, day_of(unit.now))}
    show(found, as_json)
