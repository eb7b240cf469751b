"""`helpdesk init`, `migrate` and `keys`: what comes before the first mail and after an update."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import delete

from helpdesk import migrating
from helpdesk.commands.console import Console, pass_console, say
from helpdesk.errors import Misconfigured
from helpdesk.keys import create_keys, rotate_tokens
from helpdesk.models import Flag
from helpdesk.ports import Ports
from helpdesk.text.language import N_
from helpdesk.unit import SYSTEM, unit_of_work

_EXAMPLE = """\
# Settings of the helpdesk. Each can also be given as HELPDESK_<NAME> in the environment, which wins.
# language = "nl"
# database = "postgresql://helpdesk@localhost/helpdesk"
# redis = "redis://localhost:6379/0"

# [web]
# public_url = "https://helpdesk.example"

# [smtp]
# host = "relay.example"
# security = "starttls"

# [[desk]]
# key = "academy"
# address = "academy@example.org"
# name_nl = "Leeradvies Academie"
# name_en = "Academy learning advice"

# [[mailbox]]
# name = "academy"
# desk = "academy"
# host = "imap.example"
# user = "academy@example.org"
# password_file = "/etc/helpdesk/mailbox-password"
"""


@click.command()
@pass_console
def init(console: Console) -> None:
    """Make the data folder, the keys and an example of helpdesk.toml; what is there already stays as it is."""
    data = console.settings.data
    keys = console.keys_path(console.settings)
    lost = not keys.exists() and (data / "helpdesk.sqlite3").exists()
    if lost:
        raise Misconfigured(
            "There is a database but no {path}: restore the keys from the backup, new ones would not fit it.",
            path=str(keys),
        )
    for folder in (data, keys.parent, data / "blobs", data / "run"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    create_keys(keys)
    example = data / "helpdesk.toml"
    if not example.exists():
        _write_private(example, _EXAMPLE)
    say(console.words(N_("The folder {data} is ready."), data=str(data)))


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


@click.command()
@pass_console
def migrate(console: Console) -> None:
    """Bring the database to the schema of this code; meanwhile no mail is taken in, it stays where it is."""
    ports, _ = console.all_ports, console.words
    before = migrating.current(ports.engine)
    if before == migrating.head():
        say(_("The database has schema {now} already.", now=before or ""))
        return
    if before is not None:
        _maintenance(ports, on=True)
    migrating.migrate(ports.engine)
    _maintenance(ports, on=False)
    now = migrating.head()
    if before is None:
        say(_("The database has schema {now} now; it had none.", now=now))
    else:
        say(_("The database has schema {now} now; it had {before}.", now=now, before=before))


def _maintenance(ports: Ports, *, on: bool) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag).where(Flag.name == "maintenance"))
        if on:
            unit.session.add(Flag(name="maintenance", value="on"))


@click.group()
def keys() -> None:
    """The secret keys of this deployment."""


@keys.command()
@pass_console
def rotate(console: Console) -> None:
    """Sign new reply tokens with a new key; the tokens already sent stay valid."""
    fresh = rotate_tokens(console.keys_path(console.settings))
    message = N_("Reply tokens are signed with key {key} from now on; restart all processes, so that they know it.")
    say(console.words(message, key=fresh))


COMMANDS = (init, migrate, keys)
