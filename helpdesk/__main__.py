"""The `helpdesk` command: builds the console and hands over to the groups in `commands/`."""

from __future__ import annotations

import os
import sys

import click

from helpdesk.commands import (
    backup,
    disposal,
    fact,
    hold,
    importing,
    ledger,
    operations,
    person,
    register,
    restore,
    retention,
    rights,
    set_up,
    ticket,
    user,
)
from helpdesk.commands.console import Console, error_line
from helpdesk.errors import HelpdeskError
from helpdesk.wiring import connect, keys_path


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def helpdesk(context: click.Context) -> None:
    """Set up, watch and mend the helpdesk. Settings come from HELPDESK_* and helpdesk.toml."""
    context.obj = Console(os.environ, connect, keys_path)


for command in (
    *set_up.COMMANDS,
    *operations.COMMANDS,
    ticket.ticket,
    user.user,
    register.register,
    retention.retention,
    fact.fact,
    importing.import_file,
    importing.group,
    person.person,
    hold.hold,
    disposal.disposal,
    rights.request,
    ledger.ledger,
    ledger.certificate,
    backup.backup,
    restore.restore,
):
    helpdesk.add_command(command)


def main() -> None:
    """Run a command; an error the domain raises on purpose is one sentence and exit code 1."""
    try:
        helpdesk(prog_name="helpdesk")
    except HelpdeskError as fault:
        click.echo(error_line(fault, os.environ), err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
