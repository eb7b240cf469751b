"""`helpdesk register …`: the registers that come with the software, and the versions that two people put in force."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from helpdesk.commands.acting import acting, as_account
from helpdesk.commands.console import Console, pass_console, say, show
from helpdesk.errors import NotFound
from helpdesk.privacy import policies
from helpdesk.privacy.simulating import Effect, simulate
from helpdesk.retention.register.export import as_html, as_json, as_text
from helpdesk.retention.register.lint import lint as tensions
from helpdesk.retention.register.load import load, shipped
from helpdesk.retention.register.model import Register
from helpdesk.text.language import N_, translator
from helpdesk.unit import unit_of_work

_PROCESSINGS = sorted(shipped())
_FORMATS = {"text": as_text, "html": as_html, "json": as_json}
_version = click.argument("version")
_json = click.option("--json", "as_json", is_flag=True, help="As JSON.")
_source = click.argument("source", metavar="[NUMBER|FILE]", required=False)


@click.group()
def register() -> None:
    """The registers of processing (AVG art. 30)."""


@register.command()
@_source
@click.option("--format", "form", type=click.Choice(list(_FORMATS)), default="text", show_default=True)
def export(source: str | None, form: str) -> None:
    """A register in the layout of its public entry: that of a NUMBER, or a FILE of yours; without either, all."""
    for one in _registers(source).values():
        click.echo(_FORMATS[form](one), nl=False)


@register.command()
@_source
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@click.option("--json", "as_list", is_flag=True, help="As JSON.")
def lint(source: str | None, language: str, *, as_list: bool) -> None:
    """The tensions in a register, that of a NUMBER or a FILE of yours, with the row each is about."""
    found = [
        {
            "processing": key,
            "code": finding.code,
            "row": finding.row,
            "sentence": translator(language).gettext(finding.sentence).format(**finding.said()),
        }
        for key, one in _registers(source).items()
        for finding in tensions(one)
    ]
    if as_list:
        show(found, as_json=True)
        return
    for row in found:
        say("{processing} {code} {row}: {sentence}".format(**row))


@register.command()
@click.argument("source", metavar="NUMBER|FILE")
@as_account
@pass_console
def propose(console: Console, source: str, email: str) -> None:
    """Propose a text: that of a register that comes with the software, or a FILE. Prints register, version and hash."""
    actor, text = acting(console, email), _text(source)
    with unit_of_work(console.ports, actor) as unit:
        version = policies.propose(unit, text)
        (found,) = [one for one in policies.versions(unit) if one.version == version]
    say(f"{found.processing} {found.version} {found.sha256}")
    say(console.words(N_("Proposed. Somebody else has to put it in force.")))


def _registers(source: str | None) -> dict[str, Register]:
    if source is None:
        return shipped()
    one = load(_text(source))
    return {one.id: one}


def _text(source: str) -> bytes:
    if source in _PROCESSINGS:
        return policies.shipped_text(source)
    path = Path(source)
    if not path.is_file():
        raise NotFound("There is no such register.")
    return path.read_bytes()


@register.command()
@_version
@click.option("--sha256", required=True, help="The hash of the text that you looked at.")
@as_account
@pass_console
def approve(console: Console, version: str, sha256: str, email: str) -> None:
    """Put VERSION in force, as the second person. Every ticket is reckoned anew."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        policies.approve(unit, version, sha256)
    say(console.words(N_("In force. Every question is reckoned anew.")))


@register.command()
@_version
@as_account
@pass_console
def withdraw(console: Console, version: str, email: str) -> None:
    """Take the proposal VERSION back."""
    with unit_of_work(console.ports, acting(console, email)) as unit:
        policies.withdraw(unit, version)
    say(console.words(N_("The proposal is withdrawn.")))


@register.command("versions")
@as_account
@_json
@pass_console
def list_versions(console: Console, email: str, as_json: bool) -> None:
    """Every version anybody proposed, the newest first: register, version, state, who, and the hash of its text."""
    with unit_of_work(console.ports, acting(console, email), write=False) as unit:
        rows = policies.versions(unit)
    if as_json:
        show([{key: str(value) for key, value in asdict(one).items() if value} for one in rows], as_json=True)
        return
    for one in rows:
        people = " + ".join(name for name in (one.proposed_by, one.approved_by) if name)
        say(f"{one.processing:5} {one.version} {one.state:9} {people}  {one.sha256}")


@register.command("simulate")
@_version
@as_account
@_json
@pass_console
def simulate_version(console: Console, version: str, email: str, as_json: bool) -> None:
    """What VERSION would do to the tickets that are there, before it is approved: per rule, and nothing changes."""
    found = simulate(console.ports, acting(console, email), version)
    if as_json:
        effects = [asdict(one) | {"first_due_on": one.first_due_on and str(one.first_due_on)} for one in found.effects]
        show({"version": found.version, "processing": found.processing, "effects": effects}, as_json=True)
        return
    for effect in found.effects:
        say(_effect(console, effect))


def _effect(console: Console, one: Effect) -> str:
    return console.words(
        N_(
            "{rule}: {tickets} tickets; {earlier} due earlier, {later} later, {never} never, {dated} get a date; "
            "{due} would be due today; first day {first}"
        ),
        first=one.first_due_on or "-",
        **{name: getattr(one, name) for name in ("rule", "tickets", "earlier", "later", "never", "dated", "due")},
    )
