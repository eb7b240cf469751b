"""`helpdesk backup` and `helpdesk backup list`: made, and what there is. Decides nothing itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.privacy.backups import catalogue
from helpdesk.privacy.backups.catalogue import Kept
from helpdesk.privacy.backups.expiry import remove_expired
from helpdesk.privacy.backups.making import make
from helpdesk.privacy.backups.snapshots import Say
from helpdesk.retention.terms import day_of
from helpdesk.text.language import N_

PARTS = {"database": N_("database"), "files": N_("files"), "check": N_("checked")}
"""What a progress line is about."""


def progress(console: Console) -> Say:
    """Says on standard error how far it is, on a terminal only; nothing of it is needed afterwards."""
    tty = sys.stderr.isatty()

    def told(what: str, done: int, of: int) -> None:
        if tty:
            click.echo(f"\r{console.words(PARTS[what])}: {done}{f'/{of}' if of else ''}\033[K", nl=False, err=True)

    return told


@click.group(invoke_without_command=True)
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), help="Another folder than the usual one.")
@click.pass_context
def backup(context: click.Context, to: Path | None) -> None:
    """Make a backup of database and files while the helpdesk works; or, with a command, look at those there are."""
    console: Console = context.obj
    if context.invoked_subcommand is not None:
        return
    made = make(console.ports, to, progress(console))
    said = made.backup
    message = N_("Backup {id}: {tickets} tickets, {files} files, {megabytes} MB, kept until {day}.")
    words = {"tickets": said.tickets, "files": said.files, "megabytes": -(-said.bytes // 1_000_000)}
    say(console.words(message, id=said.id, day=said.expires_on.isoformat(), **words))
    say(console.words(N_("It lies in {folder}."), folder=str(made.folder)))
    if said.missing:
        say(console.words(N_("{count} files were not there: see 'helpdesk reconcile'."), count=said.missing))


@backup.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_console
def list_backups(console: Console, as_json: bool) -> None:
    """The backups there are: name, time, last day, tickets, size, folder. Exit code 1 when one should be gone."""
    found = catalogue.kept(console.settings)
    today = day_of(console.all_ports.now())
    if as_json:
        show([_plain(one) for one in found], as_json)
    else:
        for one in found:
            row = one.backup
            size = f"{-(-row.bytes // 1_000_000)} MB"
            marks = " ".join(
                word for word, there in (("away", not one.there), ("expired", row.expired(today))) if there
            )
            line = (
                f"{row.id[:12]}  {row.made_at:%Y-%m-%d %H:%M}Z  {row.expires_on}  {row.tickets}  {size}  {one.folder}"
            )
            say(f"{line}  {marks}".rstrip())
    sys.exit(1 if any(one.backup.expired(today) for one in found) else 0)


def _plain(one: Kept) -> dict[str, Any]:
    row = one.backup
    return {
        "id": row.id,
        "made_at": row.made_at.isoformat(),
        "expires_on": row.expires_on.isoformat(),
        "engine": row.engine,
        "tickets": row.tickets,
        "files": row.files,
        "missing": row.missing,
        "bytes": row.bytes,
        "ledger_seq": row.ledger_seq,
        "folder": str(one.folder),
        "there": one.there,
    }


@backup.command()
@pass_console
def expire(console: Console) -> None:
    """Remove the backups whose time is over; by itself within the hour."""
    gone = remove_expired(console.ports)
    say(console.ngettext("{count} backup was removed.", "{count} backups were removed.", gone))
