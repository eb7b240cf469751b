"""`helpdesk status`, `check` and `reconcile`: is it well, can it work, is all accounted for. Mends nothing."""

from __future__ import annotations

import sys
from typing import Any

import click

from helpdesk.checks import run_checks
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.reconcile import reconcile as reconcile_all
from helpdesk.status import status as status_of

_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command()
@_json
@pass_console
def status(console: Console, as_json: bool) -> None:
    """How it goes: processes, mailboxes, queues, alarms. Exit code 1 while there are alarms."""
    found: dict[str, Any] = status_of(console.all_ports)
    show(found, as_json)
    sys.exit(1 if found.get("alarms") else 0)


@click.command()
@_json
@pass_console
def check(console: Console, as_json: bool) -> None:
    """Try everything the helpdesk stands on and say what to do about what is wrong. Exit code 1 when anything is."""
    found = run_checks(console.all_ports, console.language)
    _ = console.words
    if as_json:
        show([{"name": one.name, "ok": one.ok, "sentence": one.sentence} for one in found], as_json)
    else:
        for one in found:
            mark = _("ok") if one.ok else "!!"
            say(f"[{mark}] {one.title}: {one.sentence}")
    sys.exit(0 if all(one.ok for one in found) else 1)


@click.command()
@pass_console
def reconcile(console: Console) -> None:
    """Compare what was seen with what is there; each thing that is not accounted for is one line and exit code 1."""
    found = reconcile_all(console.ports, console.language)
    for line in found:
        say(line)
    say(console.ngettext("{count} difference.", "{count} differences.", len(found)))
    sys.exit(1 if found else 0)


COMMANDS = (status, check, reconcile)
