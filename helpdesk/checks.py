"""`helpdesk check`: tries everything we stand on and says what to do about what is wrong. Changes nothing."""

from __future__ import annotations

import datetime as dt
import json
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from helpdesk import migrating
from helpdesk.errors import HelpdeskError, Misconfigured
from helpdesk.mail.texts import text_problems
from helpdesk.ports import Ports

_SKEW = dt.timedelta(seconds=5)
_MAILBOX_SECONDS = 60


@dataclass(frozen=True)
class CheckResult:
    """One check: its name, whether it is well, and one sentence what was found or what to do."""

    name: str
    ok: bool
    sentence: str


def run_checks(ports: Ports) -> list[CheckResult]:
    """All checks, each whatever the others found."""
    results = [_one(name, check, ports) for name, check in _CHECKS]
    return results + _mailboxes(ports)


def _one(name: str, check: Callable[[Ports], str], ports: Ports) -> CheckResult:
    try:
        return CheckResult(name, True, check(ports))
    except HelpdeskError as fault:
        return CheckResult(name, False, fault.message.format(**fault.values))
    except (OSError, SQLAlchemyError) as fault:
        return CheckResult(name, False, f"It can't be used: {type(fault).__name__}.")


def _settings(ports: Ports) -> str:
    said = ports.settings
    if not said.desks:
        raise Misconfigured("There is no desk: write a [[desk]] into helpdesk.toml.")
    if not said.mailboxes and not said.listen_smtp_port and not said.listen_lmtp_port:
        raise Misconfigured("No mail can come in: write a [[mailbox]], or set receiver.smtp_port.")
    return f"{len(said.desks)} desks, {len(said.mailboxes)} mailboxes."


def _folders(ports: Ports) -> str:
    data = ports.settings.data
    for path in (data, data / "secrets", data / "blobs", data / "secrets" / "keys.json"):
        _only_ours(path)
    return "Only we can read the data folder."


def _only_ours(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misconfigured("Others can read {path}: run 'chmod go= {path}'.", path=str(path))


def _disk(ports: Ports) -> str:
    free = ports.blobs.free()
    if free < ports.settings.min_free:
        raise Misconfigured(
            "{free} MB are free, mail is taken in from {least} MB: make room on the disk.",
            free=free // 1_000_000,
            least=ports.settings.min_free // 1_000_000,
        )
    return f"{free // 1_000_000} MB are free."


def _database(ports: Ports) -> str:
    migrating.require_head(ports.engine)
    return f"{ports.engine.dialect.name}, schema {migrating.head()}."


def _clock(ports: Ports) -> str:
    with ports.engine.execution_options(reading=True).connect() as connection:
        said = connection.scalar(select(func.now()))
        ours = ports.now() - ports.settings.clock_offset
    theirs = said if isinstance(said, dt.datetime) else dt.datetime.fromisoformat(str(said))
    theirs = theirs if theirs.tzinfo else theirs.replace(tzinfo=dt.UTC)
    if abs(theirs - ours) > _SKEW:
        raise Misconfigured(
            "The database's clock differs by {seconds} s from ours: set both by NTP.",
            seconds=round(abs(theirs - ours).total_seconds()),
        )
    if ports.settings.clock_offset:
        raise Misconfigured("The clock is moved by HELPDESK_CLOCK_OFFSET: that is for trials only.")
    return "The database's clock agrees with ours."


def _redis(ports: Ports) -> str:
    ports.jobs.ping()
    if ports.jobs.keeps_on_disk():
        raise Misconfigured('Redis writes to disk: set save "" and appendonly no; nothing in it need survive.')
    return "It answers, and keeps nothing on disk."


def _relay(ports: Ports) -> str:
    ports.mailer.ping()
    return f"{ports.settings.smtp_host}:{ports.settings.smtp_port} greets."


def _texts(ports: Ports) -> str:
    problems = text_problems(ports.settings)
    if problems:
        raise Misconfigured("{problem} Ours is sent in its place.", problem=" ".join(problems))
    return "Every mail text can be used."


def _mailboxes(ports: Ports) -> list[CheckResult]:
    """Asked of the package that knows IMAP, in a process of its own: nothing here may import it."""
    if not ports.settings.mailboxes:
        return []
    command = [sys.executable, "-m", "mail_ingest", "check", "--json"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, text=True, timeout=_MAILBOX_SECONDS, check=False
        )
        said = json.loads(done.stdout)
        return [CheckResult(f"mailbox {row['name']}", row["ok"], _mailbox_sentence(row)) for row in said]
    except subprocess.TimeoutExpired:
        return [CheckResult("mailboxes", False, f"No answer in {_MAILBOX_SECONDS} s: is the IMAP server reachable?")]
    except (ValueError, KeyError, TypeError):
        return [CheckResult("mailboxes", False, "The check failed; run 'python -m mail_ingest check'.")]


def _mailbox_sentence(row: dict[str, Any]) -> str:
    if "sentence" in row:
        return str(row["sentence"])
    has = [
        f"{name} {'yes' if value else 'no'}" for name, value in row.items() if isinstance(value, bool) and name != "ok"
    ]
    return f"{row['on_server']} mails lie there; {', '.join(has) or 'it can be used'}."


_CHECKS: tuple[tuple[str, Callable[[Ports], str]], ...] = (
    ("settings", _settings),
    ("folders", _folders),
    ("disk", _disk),
    ("database", _database),
    ("clock", _clock),
    ("redis", _redis),
    ("relay", _relay),
    ("mail texts", _texts),
)
