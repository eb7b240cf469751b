"""`helpdesk ledger verify` and `helpdesk certificate`: the proof of destruction. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from sqlalchemy import select

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say
from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Counter, Flag
from helpdesk.privacy import certificate as certificates
from helpdesk.privacy.certificate_page import as_html
from helpdesk.retention.ledger import Head, head_of
from helpdesk.retention.ledger_writing import HEAD, NAME, SEQ
from helpdesk.settings import Settings
from helpdesk.text.language import N_
from helpdesk.unit import SYSTEM, unit_of_work

_file = click.Path(dir_okay=False, path_type=Path)


@click.group()
def ledger() -> None:
    """The ledger of destruction."""


@ledger.command()
@click.option("--ledger", "path", type=_file, help="The file; the one in HELPDESK_DATA if none is named.")
@click.option("--certificate", "paper", type=_file, help="A certificate, as JSON, to be checked against it.")
@click.option("--database", is_flag=True, help="Also compare with where the database says it ends.")
@pass_console
def verify(console: Console, path: Path | None, paper: Path | None, database: bool) -> None:
    """Whether the ledger is whole, and a certificate true to it. Asks no database and reads no settings by itself."""
    data = Path(console.environ.get("HELPDESK_DATA") or Settings.data)
    where = path or data / "ledger" / "ledger.jsonl"
    head = head_of(_lines(where))
    if database:
        _as_the_database_says(console, head)
    if paper is not None:
        certificates.verify(_read(paper), _lines(where))
        say(console.words(N_("The certificate says what the ledger says.")))
    say(console.words(N_("The ledger is whole: {count} lines, the last is {hash}."), count=head.seq, hash=head.hash))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise NotFound("The file {path} can't be read.", path=str(path)) from fault


def _lines(path: Path) -> Iterator[str]:
    """Every line. Raises Invalid where the last one has no end: it was cut off, or is written at this very moment."""
    try:
        *lines, rest = path.read_bytes().decode("utf-8", "surrogateescape").split("\n")
    except OSError as fault:
        raise NotFound("The file {path} can't be read.", path=str(path)) from fault
    if rest:
        raise Invalid("The ledger is broken at line {line}.", line=len(lines) + 1, code="ledger_broken")
    return iter(lines)


def _as_the_database_says(console: Console, head: Head) -> None:
    with unit_of_work(console.all_ports, SYSTEM, write=False) as unit:
        seq = unit.session.scalar(select(Counter.value).where(Counter.name == SEQ)) or 0
        rows = unit.session.execute(select(Flag.name, Flag.value).where(Flag.name.in_((HEAD, NAME))))
        flags = {row.name: row.value for row in rows}
    if (head.seq, head.hash, head.name) != (seq, flags.get(HEAD), flags.get(NAME)):
        raise Invalid("The ledger does not end where the database says.", code="ledger_other_end")


@click.command()
@click.argument("rule", required=False)
@click.argument("period", required=False)
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@click.option("--format", "shape", type=click.Choice(["json", "html"]), default="json", show_default=True)
@as_account
@pass_console
def certificate(
    console: Console, /, rule: str | None, period: str | None, language: str, shape: str, email: str
) -> None:
    """The declaration of destruction of RULE in PERIOD (2026-11 or 2026-Q4); without them, those that there are."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        if rule is None or period is None:
            for one, span, count in certificates.available(unit):
                say(f"{one}  {span}  {count}")
            return
        found = certificates.issue(unit, rule, period)
        said = as_html(found, language) if shape == "html" else certificates.as_json(found, unit.ports.ledger.lines())
    click.echo(said, nl=False)
