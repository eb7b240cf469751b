"""`helpdesk user …`: accounts of staff from the command line. The rules are in `people/accounts.py`."""

from __future__ import annotations

from pathlib import Path

import click

from helpdesk.commands.console import Console, pass_console, say
from helpdesk.models.account import ROLES
from helpdesk.people import accounts, second_factor
from helpdesk.text.language import N_
from helpdesk.unit import SYSTEM, unit_of_work

_ROLE = click.Choice(ROLES)
_password_file = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="File with the password, - for standard input; without it you are asked.",
)


def _password(console: Console, file: Path | None) -> str:
    if file is None:
        asked: str = click.prompt(console.words(N_("Password")), hide_input=True, confirmation_prompt=True)
        return asked
    with click.open_file(str(file), encoding="utf-8") as text:
        first: str = text.readline().rstrip("\r\n")
        return first


@click.group()
def user() -> None:
    """Accounts of the people who work here."""


@user.command()
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", type=_ROLE, multiple=True, required=True, help="May be given more than once.")
@click.option("--language", type=click.Choice(["nl", "en"]), help="Language of the pages for this person.")
@_password_file
@pass_console
def add(
    console: Console, email: str, name: str, roles: tuple[str, ...], language: str | None, password_file: Path | None
) -> None:
    """Make an account for EMAIL, who is called NAME."""
    password = _password(console, password_file)
    with unit_of_work(console.all_ports, SYSTEM) as unit:
        accounts.create_account(unit, email, name, roles, password, language)
    say(console.words(N_("{email} can sign in now."), email=email))


@user.command()
@click.argument("email")
@_password_file
@pass_console
def password(console: Console, email: str, password_file: Path | None) -> None:
    """Give EMAIL a new password; all its sessions end."""
    fresh = _password(console, password_file)
    with unit_of_work(console.all_ports, SYSTEM) as unit:
        accounts.set_password(unit, email, fresh)
    say(console.words(N_("{email} has a new password."), email=email))


@user.command()
@click.argument("email")
@click.argument("roles", type=_ROLE, nargs=-1, required=True)
@pass_console
def role(console: Console, email: str, roles: tuple[str, ...]) -> None:
    """Give EMAIL exactly these ROLES."""
    with unit_of_work(console.all_ports, SYSTEM) as unit:
        accounts.set_roles(unit, email, roles)
    say(console.words(N_("{email} has the roles {roles}."), email=email, roles=", ".join(roles)))


@user.command()
@click.argument("email")
@click.argument("keys", metavar="DESK...", nargs=-1)
@pass_console
def desks(console: Console, email: str, keys: tuple[str, ...]) -> None:
    """Let EMAIL see tickets of these desks only; without any, of all."""
    with unit_of_work(console.ports, SYSTEM) as unit:
        accounts.set_desks(unit, email, keys)
    said = ", ".join(keys) or console.words(N_("all"))
    say(console.words(N_("{email} works for these desks: {desks}."), email=email, desks=said))


@user.command()
@click.argument("email")
@pass_console
def deactivate(console: Console, email: str) -> None:
    """Close the account of EMAIL and end its sessions; what it did stays."""
    with unit_of_work(console.all_ports, SYSTEM) as unit:
        accounts.deactivate(unit, email)
    say(console.words(N_("{email} can't sign in any more."), email=email))


@user.command()
@click.argument("email")
@click.option("--end", is_flag=True, help="End all of them.")
@pass_console
def sessions(console: Console, email: str, end: bool) -> None:
    """Show where EMAIL is signed in."""
    with unit_of_work(console.all_ports, SYSTEM, write=end) as unit:
        for one in accounts.sessions_of(unit, email):
            since, seen = (f"{at:%Y-%m-%d %H:%M}" for at in (one.created_at, one.seen_at))
            say(console.words(N_("{id}  since {since}  seen {seen} UTC"), id=one.id, since=since, seen=seen))
        if end:
            count = accounts.end_sessions(unit, accounts.account_named(unit, email).id)
            say(console.ngettext("{count} session ended.", "{count} sessions ended.", count))


@user.command("totp-off")
@click.argument("email")
@pass_console
def totp_off(console: Console, email: str) -> None:
    """Let EMAIL sign in without a code, when the authenticator app is lost; all its sessions end."""
    with unit_of_work(console.all_ports, SYSTEM) as unit:
        second_factor.take_off(unit, email)
    say(console.words(N_("{email} signs in without a code now."), email=email))


@user.command("work-account-off")
@click.argument("email")
@pass_console
def work_account_off(console: Console, email: str) -> None:
    """Let the next work account with the address EMAIL sign in, when somebody got another one; its sessions end."""
    with unit_of_work(console.all_ports, SYSTEM) as unit:
        accounts.part_work_account(unit, email)
    say(console.words(N_("{email} belongs to no work account now."), email=email))


@user.command("list")
@pass_console
def list_accounts(console: Console) -> None:
    """Show all accounts with their roles."""
    with unit_of_work(console.all_ports, SYSTEM, write=False) as unit:
        for one in accounts.staff(unit, active_only=False):
            gone = console.words(N_("can't sign in"))
            state = "" if one.active else f"  ({gone})"
            say(f"{one.email}  {one.name}  {', '.join(sorted(one.roles))}{state}")
