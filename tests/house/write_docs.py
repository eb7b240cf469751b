"""Writes the pages of docs/ that the code itself says: `python -m tests.house.write_docs`. Decides nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import Any

from sqlalchemy import Column

from helpdesk.models import Base
from helpdesk.settings import DeskSettings, MailboxSettings, Settings, SiteSettings
from tests.house.code_tree import ROOT
from tests.house.error_codes import KINDS, codes

COLUMNS, SETTINGS, ERRORS = "docs/columns.md", "docs/settings.md", "docs/errors.md"
_MAILBOX_HELP = {
    "name": "Its name in logs, alarms and on the status page.",
    "host": "IMAP server.",
    "user": "Who signs in.",
    "desk": "Key of the desk whose tickets its mail becomes.",
    "port": "Port of the IMAP server.",
    "security": "`tls`, `starttls` or `plain`; plain is refused for any host but this machine.",
    "folder": "The folder that is emptied.",
    "auth": "`password` or `xoauth2`.",
    "password_file": "File with the password, readable by the helpdesk only.",
    "password_env": "Environment variable with the password.",
    "token_command": "Command that prints a fresh XOAUTH2 token; run at every sign-in.",
    "ca_file": "Certificate authority of the server; empty means the system's.",
    "idle": "Use IDLE (RFC 2177) where the server offers it.",
    "poll_seconds": "Seconds between two looks where there is no IDLE.",
}
_DESK_HELP = {
    "key": "Its name on tickets and in the settings; never changed once used.",
    "address": "The address answers are sent from.",
    "name_nl": "Its Dutch name, also the sender's name.",
    "name_en": "Its English name.",
    "aliases": "Further addresses of the same desk.",
    "signature_nl": "Dutch text under each answer.",
    "signature_en": "English text under each answer.",
    "receipt": "Whether a new question gets an acknowledgement.",
    "answer_within_nl": "The answer time a Dutch receipt names.",
    "answer_within_en": "The answer time an English receipt names.",
}
_SITES = "One table for each web site whose pages may show the chat ([widget](widget.md)). Without any no page may."
_SITE_HELP = {
    "origin": "The site as browsers name it, such as `https://intranet.example.org`: no path.",
    "secret_file": "File with the secret of its tokens, 32 characters or more; without one it vouches for nobody.",
}


def said_of(column: Column[Any]) -> str:
    """What a column declares: its category of personal data, or why it holds none; empty when it declares nothing."""
    if "personal" in column.info:
        return f"personal: {column.info['personal']}"
    return f"plain: {column.info['plain']}" if "plain" in column.info else ""


def columns_page() -> str:
    """docs/columns.md."""
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    held = Counter(column.info.get("personal", "none") for table in tables for column in table.columns)
    counts = ", ".join(f"{category} {count}" for category, count in sorted(held.items()))
    lines = [
        "# Columns",
        "",
        "Every column of every table, and which category of personal data it holds. Written by",
        "`python -m tests.house.write_docs` from `helpdesk/models/`; one that declares nothing fails `make check`.",
        "",
        f"Columns per category: {counts}.",
        "",
    ]
    for table in tables:
        lines += [f"## {table.name}", "", "| column | holds |", "|---|---|"]
        lines += [f"| {column.name} | {_cell(said_of(column))} |" for column in table.columns]
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _shown(value: Any) -> str:
    if value is MISSING:
        return "required"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"`P{seconds // 86400}D`" if seconds % 86400 == 0 else f"`PT{seconds // 60}M`"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    return "empty" if value in ("", ()) else f"`{value}`"


def _main_rows() -> Iterator[str]:
    for one in fields(Settings):
        if one.name in {"mailboxes", "desks", "sites"}:
            continue
        names = f"`HELPDESK_{one.name.upper()}` | `{one.metadata.get('toml', '')}`"
        yield f"| {names} | {_shown(one.default)} | {_cell(one.metadata.get('help', ''))} |"


def _rows(kind: type[Any], helps: dict[str, str]) -> Iterator[str]:
    for one in fields(kind):
        yield f"| `{one.name}` | {_shown(one.default)} | {_cell(helps.get(one.name, ''))} |"


def _table(name: str, about: str, kind: type[Any], helps: dict[str, str]) -> Iterator[str]:
    yield from (f"## `[[{name}]]`", "", about, "", "| name | default | what it does |", "|---|---|---|")
    yield from _rows(kind, helps)
    yield ""


def settings_page() -> str:
    """docs/settings.md."""
    lines = [
        "# Settings",
        "",
        "Read once at start from `helpdesk.toml`, then from the environment, which wins. The file is the one that",
        "`HELPDESK_CONFIG` names, else `helpdesk.toml` in the data folder. An unknown name or an impossible value ends",
        "the start with a sentence that names it. Durations are ISO 8601 (`PT15M`, `P60D`); lists in the environment",
        "are separated by commas. Written by `python -m tests.house.write_docs` from `helpdesk/settings.py`.",
        "",
        "| environment | helpdesk.toml | default | what it does |",
        "|---|---|---|---|",
        *_main_rows(),
        "",
        "A dot in the second column is a TOML table: `web.port` is `port` under `[web]`.",
        "",
        *_table(
            "mailbox", "One table for each IMAP mailbox that is emptied into tickets.", MailboxSettings, _MAILBOX_HELP
        ),
        *_table("desk", "One table for each team. Without any there is one desk, `academy`.", DeskSettings, _DESK_HELP),
        *_table("site", _SITES, SiteSettings, _SITE_HELP),
    ]
    return "\n".join(lines)


def errors_page() -> str:
    """docs/errors.md."""
    lines = [
        "# Errors",
        "",
        "What the helpdesk says no with. The code is stable: it stands in logs, alarms and JSON, and never holds",
        "personal data. The sentence is shown in the language of the reader; words in braces are filled in. The reply",
        "codes of a relay (RFC 5321) come as they are. Written by `python -m tests.house.write_docs` from the code.",
        "",
        "| kind | means |",
        "|---|---|",
        *(f"| {name} | {_cell((kind.__doc__ or '').splitlines()[0])} |" for name, kind in sorted(KINDS.items())),
        "",
        "| code | kind | sentence |",
        "|---|---|---|",
        *(f"| `{said.code}` | {said.kind} | {_cell(said.sentence)} |" for said in codes()),
        "",
    ]
    return "\n".join(lines)


def pages() -> dict[str, str]:
    """Each generated page by its path."""
    return {COLUMNS: columns_page(), SETTINGS: settings_page(), ERRORS: errors_page()}


def main() -> None:
    """Write them."""
    for path, text in pages().items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
