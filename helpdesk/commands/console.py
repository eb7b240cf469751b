"""What every command gets: settings and ports, opened when asked for; and how it speaks. Chooses no adapter."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from helpdesk.errors import HelpdeskError
from helpdesk.ports import Ports
from helpdesk.retention.restored import require_replayed
from helpdesk.settings import Settings
from helpdesk.settings_reader import from_env
from helpdesk.text.language import N_, Words, fault_text, terminal_language, translator, words_of


@dataclass
class Console:
    """One run of the command. `connect` and `keys_path` are the composition root's, handed in by `__main__`."""

    environ: Mapping[str, str]
    connect: Callable[[Settings], Ports]
    keys_path: Callable[[Settings], Path]

    @cached_property
    def settings(self) -> Settings:
        """The settings. Raises Misconfigured."""
        return from_env(self.environ)

    @cached_property
    def all_ports(self) -> Ports:
        """All ports, whatever the database may be. Raises Misconfigured when there are no keys yet."""
        return self.connect(self.settings)

    @cached_property
    def ports(self) -> Ports:
        """All ports, on a database that holds nothing the ledger calls destroyed. Raises Conflict or Invalid else."""
        require_replayed(self.all_ports)
        return self.all_ports

    @property
    def language(self) -> str:
        """The language of the terminal; with settings that can't be read errors need one too."""
        return terminal_language(self.environ)

    @property
    def words(self) -> Words:
        """Says a message in that language."""
        return words_of(self.language)

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        """The message for a number; {count} is filled."""
        return translator(self.language).ngettext(singular, plural, count).format(count=count)


pass_console = click.make_pass_decorator(Console)


def error_line(fault: HelpdeskError, environ: Mapping[str, str]) -> str:
    """What a command says when the domain refuses, in the language of the terminal."""
    language = terminal_language(environ)
    return words_of(language)(N_("error: {sentence}"), sentence=fault_text(fault, language))


def say(text: str) -> None:
    """A line to standard output."""
    click.echo(text)


def show(value: Any, as_json: bool) -> None:
    """A value as JSON, or as indented `name: value` lines; the names are those of the JSON in every language."""
    if as_json:
        click.echo(json.dumps(value, ensure_ascii=False, indent=1))
    else:
        for line in _lines(value, 0):
            click.echo(line)


def _lines(value: Any, depth: int) -> list[str]:
    indent = "  " * depth
    found = []
    items = value.items() if isinstance(value, dict) else ((str(n), item) for n, item in enumerate(value, 1))
    for name, item in items:
        if isinstance(item, dict | list) and item:
            found += [f"{indent}{name}:", *_lines(item, depth + 1)]
        else:
            found.append(f"{indent}{name}: {'-' if item in (None, [], {}) else item}")
    return found
