"""`helpdesk register …`: the registers of processing as they come with the software. People approve them, not this."""

from __future__ import annotations

import click

from helpdesk.commands.console import say, show
from helpdesk.retention.register.export import as_html, as_json, as_text
from helpdesk.retention.register.lint import lint as tensions
from helpdesk.retention.register.load import shipped
from helpdesk.text.language import translator

_PROCESSINGS = sorted(shipped())
_FORMATS = {"text": as_text, "html": as_html, "json": as_json}
_processing = click.argument("processing", type=click.Choice(_PROCESSINGS), required=False)


@click.group()
def register() -> None:
    """The registers of processing (AVG art. 30)."""


@register.command()
@_processing
@click.option("--format", "form", type=click.Choice(list(_FORMATS)), default="text", show_default=True)
def export(processing: str | None, form: str) -> None:
    """The register PROCESSING in the layout of its public entry; all of them without a number."""
    for key, one in shipped().items():
        if processing in (None, key):
            click.echo(_FORMATS[form](one), nl=False)


@register.command()
@_processing
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@click.option("--json", "as_list", is_flag=True, help="As JSON.")
def lint(processing: str | None, language: str, *, as_list: bool) -> None:
    """The tensions in the register PROCESSING, with the row each is about."""
    found = [
        {
            "processing": key,
            "code": finding.code,
            "row": finding.row,
            "sentence": translator(language).gettext(finding.sentence).format(**finding.said()),
        }
        for key, one in shipped().items()
        if processing in (None, key)
        for finding in tensions(one)
    ]
    if as_list:
        show(found, as_json=True)
        return
    for row in found:
        say("{processing} {code} {row}: {sentence}".format(**row))
