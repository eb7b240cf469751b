"""`helpdesk backup` and `helpdesk restore`, as an operator uses them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from helpdesk.commands.backup import backup
from helpdesk.commands.console import Console
from helpdesk.commands.restore import restore
from helpdesk.commands.ticket import ticket
from helpdesk.errors import Conflict
from helpdesk.models import Restore
from helpdesk.ports import Ports
from helpdesk.privacy import destruction
from helpdesk.status import check_alarms, open_alarms
from helpdesk.unit import SYSTEM, unit_of_work
from tests.backups import PROGRAMS
from tests.conftest import PortsMaker, copied
from tests.disposal import due, listed, pass_window
from tests.retention import staff
from tests.services.postgres import Postgres

FATIMA = ("--as", "fatima@academie.example")
PIET = ("--as", "piet@academie.example")


@pytest.fixture(params=["sqlite", "postgresql"])
def own(request: pytest.FixtureRequest, make_ports: PortsMaker, tmp_path: Path) -> Iterator[Ports]:
    """Ports on a database of a data folder."""
    if request.param == "sqlite":
        template = cast("Path", request.getfixturevalue("sqlite_template"))
        yield make_ports("", database=copied(template, tmp_path / "helpdesk.sqlite3"))
        return
    server, template_name = cast("tuple[Postgres, str]", request.getfixturevalue("postgres_template"))
    url = server.fresh_database(template=server.url(template_name))
    yield make_ports(url, postgres_programs=PROGRAMS)
    server.drop(url)


@pytest.fixture
def console(own: Ports, tmp_path: Path) -> Console:
    """A console on these ports, as it is opened anew by each command."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    said = {"HELPDESK_LANGUAGE": "en", "HELPDESK_DATA": str(tmp_path), "HELPDESK_POSTGRES_PROGRAMS": PROGRAMS}
    return Console(kept | said, lambda _settings: own, lambda settings: settings.data)


def run(console: Console, command: click.Command, *words: str, code: int = 0) -> str:
    """What a command prints; what it raises is raised."""
    console.__dict__.pop("ports", None)
    found: Result = CliRunner().invoke(command, list(words), obj=console)
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, found.output
    return found.output


def test_from_a_backup_to_the_last_confirmation(console: Console, own: Ports) -> None:
    admin, officer = staff(own, "fatima", "functional_admin"), staff(own, "piet", "privacy_officer")
    due(own, 2)
    assert run(console, restore, "status") == "No backup was ever restored.\n"
    made = run(console, backup).splitlines()
    assert made[0].startswith("Backup ")
    assert "2 tickets, 2 files" in made[0]
    name = made[0].split()[1].rstrip(":")
    (row,) = json.loads(run(console, backup, "list", "--json"))
    assert (row["id"], row["tickets"], row["missing"], row["there"]) == (name, 2, 0, True)
    assert run(console, backup, "list").startswith(name[:12])
    listed(own, admin, officer)
    pass_window(own)
    assert destruction.run(own).destroyed == 2
    own.engine.dispose()
    assert "Restored." in run(console, restore, name[:8])
    with pytest.raises(Conflict, match="older than the ledger"):
        run(console, ticket, "list", "--json")
    assert run(console, restore, "replay") == "2 tickets were destroyed again.\n"
    said = run(console, restore, "status", code=1)
    assert "confirm-outbox" in said
    assert "confirm-mailbox" in said
    assert run(console, restore, "confirm-outbox", "--drop-all", *FATIMA).endswith("0 mails are sent and 0 are not.\n")
    assert "again" in run(console, restore, "confirm-mailbox", *FATIMA)
    assert run(console, restore, "confirm-facts", *PIET) == "Confirmed.\n"
    (view,) = json.loads(run(console, restore, "status", "--json"))
    assert view["over"] is True
    check_alarms(own)
    with unit_of_work(own, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Restore.state)).all() == ["over"]
        assert "restored" not in {alarm.kind for alarm in open_alarms(unit)}
    assert run(console, backup, "expire") == "0 backups were removed.\n"


@pytest.mark.parametrize("own", ["sqlite"], indirect=True)
def test_a_drill_says_whether_a_backup_can_be_restored(console: Console, own: Ports, tmp_path: Path) -> None:
    """On its own place: what runs is not touched, and nothing is left of it."""
    admin, officer = staff(own, "fatima", "functional_admin"), staff(own, "piet", "privacy_officer")
    due(own, 3, files=(("a.txt", b"inhoud"),))
    name = run(console, backup).split()[1].rstrip(":")
    listed(own, admin, officer)
    pass_window(own)
    destruction.run(own)
    said = run(console, restore, "drill", "--backup", name)
    assert said.startswith(f"RESULT drill backup={name[:12]} tickets=0 destroyed_again=3 differences=0 ")
    assert said.endswith("verdict=ok\n")
    assert not list(tmp_path.glob("helpdesk-drill-*"))
    blob = next((tmp_path / "backups").rglob("blobs/*/*"))
    blob.unlink()
    said = run(console, restore, "drill", "--backup", name, code=1)
    assert "The backup is damaged" in said
    assert said.endswith("verdict=wrong\n")
