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
from helpdesk.privacy.copies.engine import keeps_destroyed
from helpdesk.sign_in.vouched import check_secrets
from helpdesk.text.language import N_, Words, fault_text, words_of

_SKEW = dt.timedelta(seconds=5)
_MAILBOX_SECONDS = 60


@dataclass(frozen=True)
class CheckResult:
    """One check: its name, whether it is well, one sentence what was found or what to do, and its name for people."""

    name: str
    ok: bool
    sentence: str
    title: str


def run_checks(ports: Ports, language: str = "en") -> list[CheckResult]:
    """All checks, each whatever the others found; their sentences in this language."""
    results = [_one(name, check, ports, language) for name, check in _CHECKS]
    return results + _mailboxes(ports, words_of(language))


def _one(name: str, check: Callable[[Ports, Words], str], ports: Ports, language: str) -> CheckResult:
    _ = words_of(language)
    try:
        return CheckResult(name, True, check(ports, _), _(name))
    except HelpdeskError as fault:
        return CheckResult(name, False, fault_text(fault, language), _(name))
    except (OSError, SQLAlchemyError) as fault:
        return CheckResult(name, False, _("It can't be used: {fault}.", fault=type(fault).__name__), _(name))


def _settings(ports: Ports, _: Words) -> str:
    said = ports.settings
    if not said.desks:
        raise Misconfigured("There is no desk: write a [[desk]] into helpdesk.toml.")
    if not said.mailboxes and not said.listen_smtp_port and not said.listen_lmtp_port:
        raise Misconfigured("No mail can come in: write a [[mailbox]], or set receiver.smtp_port.")
    return _("Desks: {desks}, mailboxes: {mailboxes}.", desks=len(said.desks), mailboxes=len(said.mailboxes))


def _folders(ports: Ports, _: Words) -> str:
    data = ports.settings.data
    for path in (data, data / "secrets", data / "blobs", data / "secrets" / "keys.json"):
        _only_ours(path)
    return _("Only we can read the data folder.")


def _only_ours(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Misconfigured("Others can read {path}: run 'chmod go= {path}'.", path=str(path))


def _disk(ports: Ports, _: Words) -> str:
    free = ports.blobs.free()
    if free < ports.settings.min_free:
        raise Misconfigured(
            "{free} MB are free, mail is taken in from {least} MB: make room on the disk.",
            free=free // 1_000_000,
            least=ports.settings.min_free // 1_000_000,
        )
    return _("{free} MB are free.", free=free // 1_000_000)


def _database(ports: Ports, _: Words) -> str:
    migrating.require_head(ports.engine)
    return _("{database}, schema {schema}.", database=ports.engine.dialect.name, schema=migrating.head())


def _destruction(ports: Ports, _: Words) -> str:
    missing = keeps_destroyed(ports)
    if missing:
        raise Misconfigured(
            "PostgreSQL would keep what is destroyed: it needs {missing}.",
            missing=", ".join(missing),
            code="keeps_destroyed",
        )
    return _("The database keeps nothing that is destroyed.")


def _clock(ports: Ports, _: Words) -> str:
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
    return _("The database's clock agrees with ours.")


def _redis(ports: Ports, _: Words) -> str:
    ports.jobs.ping()
    if ports.jobs.keeps_on_disk():
        raise Misconfigured('Redis writes to disk: set save "" and appendonly no; nothing in it need survive.')
    return _("It answers, and keeps nothing on disk.")


def _relay(ports: Ports, _: Words) -> str:
    ports.mailer.ping()
    return _("{host}:{port} greets.", host=ports.settings.smtp_host, port=ports.settings.smtp_port)


def _work_accounts(ports: Ports, _: Words) -> str:
    if ports.work_accounts is None:
        return _("Nobody signs in with one: oidc.issuer is empty.")
    ports.work_accounts.ping(ports.now())
    return _("{issuer} answers.", issuer=ports.settings.oidc_issuer)


def _sites(ports: Ports, _: Words) -> str:
    sites = ports.settings.sites
    return _(
        "{count} sites may show the chat, {vouching} of them say who looks.",
        count=len(sites),
        vouching=check_secrets(sites),
    )


def _texts(ports: Ports, _: Words) -> str:
    problems = text_problems(ports.settings)
    if problems:
        raise Misconfigured("{problem} Ours is sent in its place.", problem=" ".join(problems))
    return _("Every mail text can be used.")


def _scanner(ports: Ports, _: Words) -> str:
    if ports.scanner is None:
        return _("There is none: no file is scanned for viruses. Set scan.socket to use ClamAV's clamd.")
    ports.scanner.ping()
    return _("It answers.")


def _mailboxes(ports: Ports, _: Words) -> list[CheckResult]:
    """Asked of the package that knows IMAP, in a process of its own: nothing here may import it."""
    if not ports.settings.mailboxes:
        return []
    command = [sys.executable, "-m", "mail_ingest", "check", "--json"]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            command, capture_output=True, text=True, timeout=_MAILBOX_SECONDS, check=False
        )
        said = json.loads(done.stdout)
        return [_mailbox(row, _) for row in said]
    except subprocess.TimeoutExpired:
        sentence = _("No answer in {seconds} s: is the IMAP server reachable?", seconds=_MAILBOX_SECONDS)
        return [CheckResult("mailboxes", False, sentence, _("mailboxes"))]
    except (ValueError, KeyError, TypeError):
        sentence = _("The check failed; run '{command}'.", command="python -m mail_ingest check")
        return [CheckResult("mailboxes", False, sentence, _("mailboxes"))]


def _mailbox(row: dict[str, Any], _: Words) -> CheckResult:
    name = str(row["name"])
    return CheckResult(f"mailbox {name}", bool(row["ok"]), _mailbox_sentence(row, _), _("mailbox {name}", name=name))


def _mailbox_sentence(row: dict[str, Any], _: Words) -> str:
    if "sentence" in row:
        return str(row["sentence"])
    able = {name: value for name, value in row.items() if isinstance(value, bool) and name != "ok"}
    has = [_("{name} yes", name=name) if value else _("{name} no", name=name) for name, value in able.items()]
    lying = _("{count} mails lie there", count=row["on_server"])
    return f"{lying}; {', '.join(has)}."


_CHECKS: tuple[tuple[str, Callable[[Ports, Words], str]], ...] = (
    (N_("settings"), _settings),
    (N_("folders"), _folders),
    (N_("disk"), _disk),
    (N_("database"), _database),
    (N_("destruction"), _destruction),
    (N_("clock"), _clock),
    (N_("redis"), _redis),
    (N_("relay"), _relay),
    (N_("work accounts"), _work_accounts),
    (N_("sites"), _sites),
    (N_("mail texts"), _texts),
    (N_("virus scanner"), _scanner),
)
