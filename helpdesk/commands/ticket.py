"""`helpdesk ticket …`: tickets as an outsider or a script can read them. Changes nothing but the log of reads."""

from __future__ import annotations

import click

from helpdesk.commands.console import Console, pass_console, show
from helpdesk.tickets.show import ticket_json, ticket_list_json
from helpdesk.unit import SYSTEM, unit_of_work

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group()
def ticket() -> None:
    """Read tickets."""


@ticket.command("list")
@_json
@pass_console
def list_tickets(console: Console, as_json: bool) -> None:
    """All tickets, oldest first."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        found = ticket_list_json(unit)
    show(found, as_json)


@ticket.command("show")
@click.argument("number")
@_json
@pass_console
def show_ticket(console: Console, number: str, as_json: bool) -> None:
    """The ticket NUMBER (2026-01342) with its whole thread."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        found = ticket_json(unit, number.upper().removeprefix("V-"))
    show(found, as_json)
