"""`helpdesk person …`: unknown senders, and saying who they are."""

from __future__ import annotations

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.text.language import N_
from helpdesk.tickets import requesters
from helpdesk.unit import unit_of_work


@click.group()
def person() -> None:
    """Who asked. NUMBER is that of a ticket (2026-01342)."""


def _number(number: str) -> str:
    return number.upper().removeprefix("V-")


@person.command()
@as_account
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_console
def unmatched(console: Console, email: str, as_json: bool) -> None:
    """Tickets of unknown senders, the most urgent first, with the days that are left to say who it is."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        rows = requesters.unmatched(unit)
    if as_json:
        show(
            [
                {"number": row.number, "address": row.address, "until": str(row.last_day), "days_left": row.days_left}
                for row in rows
            ],
            as_json=True,
        )
        return
    for row in rows:
        say(f"{row.number}  {row.last_day}  {row.days_left:4}  {row.address}  {row.name}")


@person.command()
@click.argument("number")
@click.argument("who")
@as_account
@pass_console
def match(console: Console, number: str, who: str, email: str) -> None:
    """The sender of ticket NUMBER is WHO: a personnel number, or a verified address of a known person."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        requesters.match_requester(unit, _number(number), who)
    say(console.words(N_("Matched.")))


@person.command()
@click.argument("number")
@as_account
@pass_console
def undo(console: Console, number: str, email: str) -> None:
    """Take back who the sender of ticket NUMBER was said to be."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        requesters.undo_match(unit, _number(number))
    say(console.words(N_("Taken back.")))


@person.command("kind")
@click.argument("number")
@click.argument("kind", type=click.Choice(requesters.KINDS))
@as_account
@pass_console
def call(console: Console, number: str, kind: str, email: str) -> None:
    """The sender of ticket NUMBER, who has no personnel number, is of this KIND."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        requesters.call_requester(unit, _number(number), kind)
    say(console.words(N_("Recorded.")))


@person.command()
@click.argument("address")
@click.option("--not", "not_shared", is_flag=True, help="It is one person's after all.")
@as_account
@pass_console
def shared(console: Console, address: str, not_shared: bool, email: str) -> None:
    """Several people use ADDRESS: it stands for nobody."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        requesters.share_address(unit, address, shared=not not_shared)
    say(console.words(N_("Recorded.")))
