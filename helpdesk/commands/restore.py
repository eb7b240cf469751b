"""`helpdesk restore …`: put a backup back, see what it waits for, confirm it; and try it. Decides nothing itself."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import Any

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.backup import progress
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.privacy import gate, restores
from helpdesk.privacy.backups import catalogue, drill, restoring
from helpdesk.privacy.restores import RestoreView
from helpdesk.text.language import N_
from helpdesk.unit import SYSTEM, unit_of_work


class _OrBackup(click.Group):
    """A group of which a word that is no command is the name of a backup."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """`helpdesk restore ID` is `helpdesk restore put ID`."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            return "put", self.commands["put"], args
        return super().resolve_command(ctx, args)


@click.group(cls=_OrBackup, subcommand_metavar="BACKUP | COMMAND [ARGS]...")
def restore() -> None:
    """Put BACKUP, a name of `helpdesk backup list` or a folder, in the place of database and files; or a COMMAND."""


@restore.command(hidden=True)
@click.argument("name", metavar="BACKUP")
@pass_console
def put(console: Console, name: str) -> None:
    """Put BACKUP in the place of database and files. All processes must have ended."""
    ports = console.all_ports
    restoring.restore(ports, catalogue.named(console.settings, name), progress(console))
    say(console.words(N_("Restored. The next start first destroys again what the ledger calls destroyed.")))
    left = N_("Nothing is sent, removed from mailboxes or newly destroyed until you confirm it: 'restore status'.")
    say(console.words(left))


@restore.command()
@pass_console
def replay(console: Console) -> None:
    """Do what a start does after a restore, and start nothing: replay the ledger. All is well when nothing is to do."""
    gate.enter(console.all_ports)
    with unit_of_work(console.all_ports, SYSTEM, write=False) as unit:
        found = restores.restores(unit)
    again = found[0].destroyed if found else 0
    say(console.ngettext("{count} ticket was destroyed again.", "{count} tickets were destroyed again.", again))


@restore.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@pass_console
def status(console: Console, as_json: bool) -> None:
    """What a restored backup still waits for. Exit code 1 while there is anything."""
    with unit_of_work(console.ports, SYSTEM, write=False) as unit:
        found = restores.restores(unit)
    if as_json:
        show([_plain(one) for one in found], as_json)
    else:
        for one in found:
            _tell(console, one)
        if not found:
            say(console.words(N_("No backup was ever restored.")))
    sys.exit(0 if all(one.over for one in found) else 1)


def _plain(one: RestoreView) -> dict[str, Any]:
    said = asdict(one) | {"over": one.over}
    said["outbox"] = [asdict(mail) | {"date": mail.date.isoformat()} for mail in one.outbox]
    return said | {"made_at": one.made_at.isoformat(), "found_at": one.found_at.isoformat()}


def _tell(console: Console, one: RestoreView) -> None:
    _ = console.words
    made, found = (f"{at:%Y-%m-%d %H:%M}Z" for at in (one.made_at, one.found_at))
    say(
        _(
            N_("Backup of {made}, restored {found}: {count} tickets destroyed again."),
            made=made,
            found=found,
            count=one.destroyed,
        )
    )
    if one.outbox_waits:
        say(_(N_("  No mail is sent: 'helpdesk restore confirm-outbox'. In the outbox of then:")))
        for mail in one.outbox:
            say(f"    {mail.id}  {mail.kind}  {mail.number or '-'}  {mail.date:%Y-%m-%d %H:%M}Z")
    if one.mailbox_waits:
        say(_(N_("  No mail is removed from mailboxes: 'helpdesk restore confirm-mailbox'.")))
    for feed in one.feeds:
        say(_(N_("  Nothing is destroyed: import {feed} anew, from a file made after the backup."), feed=feed))
    if one.facts_wait:
        say(_(N_("  Nothing is destroyed: enter dates again that were entered by hand since, then 'confirm-facts'.")))
    for why, numbers in one.again.items():
        say(f"    {why}: {', '.join(numbers)}")


@restore.command("confirm-outbox")
@click.option("--drop", "drop", type=int, multiple=True, metavar="ID", help="Don't send this mail; may be repeated.")
@click.option("--drop-all", is_flag=True, help="Send none of the mails that were in the outbox of the backup.")
@as_account
@pass_console
def confirm_outbox(console: Console, drop: tuple[int, ...], drop_all: bool, email: str) -> None:
    """Let mail be sent again; what was in the outbox of the backup is sent, but for what is dropped."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        sent, dropped = restores.confirm_outbox(unit, drop, drop_all=drop_all)
    message = N_("Mail is sent again. Of the outbox of then {sent} mails are sent and {dropped} are not.")
    say(console.words(message, sent=sent, dropped=dropped))


@restore.command("confirm-mailbox")
@as_account
@pass_console
def confirm_mailbox(console: Console, email: str) -> None:
    """Let mail be removed from the mailboxes again, once it is kept."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        restores.confirm_mailbox(unit)
    say(console.words(N_("Mail is removed from the mailboxes again.")))


@restore.command("confirm-facts")
@as_account
@pass_console
def confirm_facts(console: Console, email: str) -> None:
    """Vouch that every date entered by hand since the backup was entered again: a privacy officer or record manager."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        restores.confirm_facts(unit)
        left = [feed for one in restores.restores(unit) for feed in one.feeds]
    say(console.words(N_("Confirmed.")))
    if left:
        say(console.words(N_("Destruction still waits for: {feeds}."), feeds=", ".join(sorted(set(left)))))


@restore.command("drill")
@click.option("--backup", "name", metavar="BACKUP", help="This backup; a new one if none is named.")
@click.option("--database", "url", default="", help="An empty PostgreSQL database to try in, as its owner.")
@pass_console
def try_out(console: Console, name: str | None, url: str) -> None:
    """Restore a backup beside everything, start there, compare, scan for what is destroyed. Exit code 1 if not well."""
    with drill.place(console.ports, console.environ, url) as scratch:
        report = drill.run(console.ports, scratch, name, progress(console))
    for line in report.wrong:
        say(line)
    say(report.line())
    sys.exit(0 if report.good else 1)
