"""In whose name a command acts: an account, by its address. The verbs check what its roles allow."""

from __future__ import annotations

import click

from helpdesk.commands.console import Console
from helpdesk.people.accounts import actor_named
from helpdesk.unit import SYSTEM, Actor, unit_of_work

as_account = click.option("--as", "email", required=True, metavar="EMAIL", help="The account in whose name this is.")


def acting(console: Console, email: str) -> Actor:
    """The actor of this account. Raises NotFound."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        return actor_named(unit, email)
