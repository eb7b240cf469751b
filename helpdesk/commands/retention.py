"""`helpdesk retention …`: until when tickets are kept, and why. Changes nothing."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy import func, select

from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.models import Ticket
from helpdesk.people.access import ticket_for
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.retention.terms import day_of
from helpdesk.retention.why import state_sentence, step_sentence
from helpdesk.unit import SYSTEM, Unit, unit_of_work

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
    for line in (found["sentence"], *found["steps"]):
        say(line)


def _why(unit: Unit, number: str, language: str) -> dict[str, Any]:
    ticket = ticket_for(unit, number, "ticket.read")
    reckoning = clock.reckoned(unit.session, ticket.id, day_of(unit.now))
    registers = in_force(unit.session)
    return {
        "number": ticket.number,
        "state": ticket.retention_state,
        "rule": reckoning.rule,
        "version": reckoning.version,
        "due_on": reckoning.due_on and reckoning.due_on.isoformat(),
        "sentence": state_sentence(reckoning, ticket.retention_state, language),
        "steps": [step_sentence(step, registers, language) for step in reckoning.steps],
    }


@retention.command()
@_json
@pass_console
def counts(console: Console, *, as_json: bool) -> None:
    """How many tickets are in each state; together all there are (RD-24)."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        states = unit.session.execute(
            select(Ticket.retention_state, func.count().label("many"))
            .group_by(Ticket.retention_state)
            .order_by(Ticket.retention_state)
        )
        found = {row.retention_state: row.many for row in states}
    show(found, as_json)
