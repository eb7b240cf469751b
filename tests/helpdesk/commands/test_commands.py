"""The `helpdesk` command, run as the shell would."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from helpdesk.__main__ import helpdesk
from helpdesk.commands.console import Console
from helpdesk.errors import HelpdeskError, Misconfigured, NotFound
from helpdesk.people.sign_in import sign_in
from helpdesk.text.language import fault_text
from helpdesk.unit import NOBODY, unit_of_work
from helpdesk.wiring import connect, keys_path

Run = Callable[..., Result]
WORD = "long enough for this"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"HELPDESK_DATA": str(tmp_path / "data"), "HELPDESK_REDIS": "unix:///nowhere/s", "HELPDESK_SMTP_PORT": "1"}


@pytest.fixture
def run(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command as the shell would, with these settings."""
    for name, value in (environ | {"LC_ALL": "C"}).items():
        monkeypatch.setenv(name, value)

    def invoke(*words: str, given: str | None = None) -> Result:
        result = CliRunner().invoke(helpdesk, list(words), input=given)
        if result.exception and not isinstance(result.exception, SystemExit | HelpdeskError):
            raise result.exception
        return result

    return invoke


@pytest.fixture
def ready(run: Run) -> Run:
    """The same, after init and migrate."""
    assert run("init").exit_code == 0
    assert run("migrate").exit_code == 0
    return run


def said(result: Result) -> str:
    """The sentence of the error that `main` would print."""
    assert isinstance(result.exception, HelpdeskError), result.output
    return fault_text(result.exception, "en")


def test_init_makes_what_is_missing_and_changes_nothing_that_is_there(run: Run, environ: dict[str, str]) -> None:
    data = Path(environ["HELPDESK_DATA"])
    assert run("init").exit_code == 0
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file()}
    assert {path.name for path in before} == {"keys.json", "helpdesk.toml"}
    assert all(path.stat().st_mode & 0o077 == 0 for path in [data, *data.rglob("*")])
    (data / "helpdesk.toml").write_text('language = "en"\n')
    assert run("init").exit_code == 0
    assert (data / "helpdesk.toml").read_text() == 'language = "en"\n'
    assert (data / "secrets" / "keys.json").read_bytes() == before[data / "secrets" / "keys.json"]


def test_the_example_of_the_settings_names_only_settings_that_exist(run: Run, environ: dict[str, str]) -> None:
    run("init")
    path = Path(environ["HELPDESK_DATA"]) / "helpdesk.toml"
    lines = path.read_text().splitlines()[1:]
    path.write_text("\n".join(line.removeprefix("# ") for line in lines))
    assert said(run("migrate")) == "The database can't be reached now. Try again in a minute."


def test_init_makes_no_new_keys_beside_a_database_that_the_old_ones_belong_to(
    ready: Run, environ: dict[str, str]
) -> None:
    (Path(environ["HELPDESK_DATA"]) / "secrets" / "keys.json").unlink()
    assert "restore the keys" in said(ready("init"))


def test_migrate_says_what_it_did(run: Run) -> None:
    run("init")
    assert "it had none" in run("migrate").output
    assert "already" in run("migrate").output


def test_without_keys_every_command_says_what_to_do(run: Run) -> None:
    result = run("migrate")
    assert isinstance(result.exception, Misconfigured)
    assert "helpdesk init" in said(result)


def test_an_account_is_made_used_changed_and_closed(ready: Run, environ: dict[str, str]) -> None:
    def tokens(password: str) -> bool:
        ports = Console(environ, connect, keys_path).ports
        with unit_of_work(ports, NOBODY) as unit:
            result = sign_in(unit, "an@x.example", password, None)
        ports.engine.dispose()
        return result.token is not None

    assert ready("user", "add", "an@x.example", "An", "--role", "advisor", given=f"{WORD}\n{WORD}\n").exit_code == 0
    assert "an@x.example  An  advisor" in ready("user", "list").output
    assert tokens(WORD)
    assert "since" in ready("user", "sessions", "an@x.example").output
    assert "1 session ended" in ready("user", "sessions", "an@x.example", "--end").output
    ready("user", "role", "an@x.example", "advisor", "technical_admin")
    assert "advisor, technical_admin" in ready("user", "list").output
    assert "no desk" in said(ready("user", "desks", "an@x.example", "nowhere"))
    assert "works for these desks: all" in ready("user", "desks", "an@x.example").output
    assert ready("user", "password", "an@x.example", "--password-file", "-", given="another long one\n").exit_code == 0
    assert not tokens(WORD)
    assert tokens("another long one")
    ready("user", "deactivate", "an@x.example")
    assert "(can't sign in)" in ready("user", "list").output
    assert not tokens("another long one")


def test_a_short_password_and_an_unknown_account_are_sentences(ready: Run) -> None:
    short = ready("user", "add", "an@x.example", "An", "--role", "advisor", "--password-file", "-", given="short\n")
    assert said(short) == "A password has at least 12 characters."
    assert "no account" in said(ready("user", "deactivate", "nobody@x.example"))


def test_keys_rotate_keeps_the_old_key(ready: Run, environ: dict[str, str]) -> None:
    assert "key 2" in ready("keys", "rotate").output
    raw = json.loads((Path(environ["HELPDESK_DATA"]) / "secrets" / "keys.json").read_text())
    assert set(raw["tokens"]) == {"1", "2"}


def test_check_names_each_thing_that_is_wrong_and_what_to_do(ready: Run, environ: dict[str, str]) -> None:
    result = ready("check", "--json")
    found = {row["name"]: row for row in json.loads(result.output)}
    assert result.exit_code == 1
    assert {name for name, row in found.items() if not row["ok"]} == {"settings", "redis", "relay"}
    assert "[[mailbox]]" in found["settings"]["sentence"]
    assert "Start it" in found["redis"]["sentence"]
    assert ":1 can't be used" in found["relay"]["sentence"]
    (Path(environ["HELPDESK_DATA"]) / "secrets").chmod(0o755)
    assert "chmod go=" in ready("check").output


def test_check_says_when_the_database_has_another_schema(run: Run) -> None:
    run("init")
    assert "run 'helpdesk migrate'" in run("check").output


def test_an_empty_helpdesk_is_well_and_all_is_accounted_for(ready: Run) -> None:
    status = ready("status", "--json")
    assert (status.exit_code, json.loads(status.output)["tickets"]) == (0, 0)
    assert "tickets: 0" in ready("status").output
    assert ready("reconcile").output == "0 differences.\n"
    assert json.loads(ready("ticket", "list", "--json").output) == []


def test_an_unknown_ticket_is_a_sentence(ready: Run) -> None:
    assert isinstance(ready("ticket", "show", "2026-00009", "--json").exception, NotFound)
