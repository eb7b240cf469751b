"""What an operator can set, and what each setting means; `settings_reader` reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from helpdesk.durations import Offset

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = re.compile(rf"({'|'.join(WEEKDAYS)})(?:-({'|'.join(WEEKDAYS)}))? (\d\d:\d\d)-(\d\d:\d\d)")
CLOSURE = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?( .{1,200})?")
ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d+)?|http://(localhost|127\.0\.0\.1)(:\d+)?")
"""A site as browsers name it: HTTPS, but for this machine, and no path behind it."""
RUN_LOCK, MOVED_CLOCK = Path("run/lock"), Path("run/clock")
"""In the data folder: what a `make run` holds, and by how many seconds it moves the clock."""


def _said(help_text: str, toml: str, default: Any) -> Any:
    return field(default=default, metadata={"help": help_text, "toml": toml})


@dataclass(frozen=True)
class MailboxSettings:
    """One `[[mailbox]]`: an IMAP mailbox that is emptied into tickets of one desk."""

    name: str
    host: str
    user: str
    desk: str = "academy"
    port: int = 993
    security: str = "tls"
    folder: str = "INBOX"
    auth: str = "password"
    password_file: str = ""
    password_env: str = ""
    token_command: str = ""
    ca_file: str = ""
    idle: bool = True
    poll_seconds: int = 30


@dataclass(frozen=True)
class DeskSettings:
    """One `[[desk]]`: a team with its address, names, signature and receipt."""

    key: str
    address: str
    name_nl: str
    name_en: str
    aliases: tuple[str, ...] = ()
    signature_nl: str = ""
    signature_en: str = ""
    receipt: bool = True
    answer_within_nl: str = "twee werkdagen"
    answer_within_en: str = "two working days"


@dataclass(frozen=True)
class SiteSettings:
    """One `[[site]]`: a web site of the organisation whose pages may show the chat, and may say who looks at them."""

    origin: str
    secret_file: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything an operator can set; each field is HELPDESK_<NAME> in the environment or its key in helpdesk.toml."""

    data: Path = _said("Folder that holds everything: database, blobs, keys, logs.", "data", Path("data"))
    database: str = _said("Database URL; empty means SQLite in the data folder.", "database", "")
    redis: str = _said("Redis or Valkey URL; empty means the embedded one's socket.", "redis", "")
    language: str = _said("Language of pages and mails where nobody chose: nl or en.", "language", "nl")
    timezone: str = _said("Time zone in which dates are shown and reckoned.", "timezone", "Europe/Amsterdam")
    host: str = _said("Address the web listens on.", "web.host", "127.0.0.1")
    port: int = _said("Port the web listens on; 0 takes a free one.", "web.port", 0)
    live_port: int = _said("Port of the event stream; 0 takes a free one.", "web.live_port", 0)
    public_url: str = _said("Address under which people reach the web.", "web.public_url", "")
    live_url: str = _said(
        "Address under which browsers reach the event stream; empty means web.live_port on the web's host.",
        "web.live_url",
        "",
    )
    secure_cookies: bool = _said("Send cookies over HTTPS only.", "web.secure_cookies", True)
    web_threads: int = _said("Threads of the web process.", "web.threads", 16)
    session_hours: int = _said("Hours after which an idle session ends.", "web.session_hours", 10)
    smtp_host: str = _said("Relay for outgoing mail.", "smtp.host", "127.0.0.1")
    smtp_port: int = _said("Port of the relay.", "smtp.port", 25)
    smtp_security: str = _said("plain, starttls or tls.", "smtp.security", "starttls")
    smtp_user: str = _said("User at the relay; empty means no sign-in.", "smtp.user", "")
    smtp_password_file: str = _said("File with the relay's password.", "smtp.password_file", "")
    smtp_ca_file: str = _said("Certificate authority of the relay; empty means the system's.", "smtp.ca_file", "")
    listen_host: str = _said("Address of the SMTP and LMTP receiver.", "receiver.host", "127.0.0.1")
    listen_smtp_port: int = _said("Port of the SMTP receiver; 0 switches it off.", "receiver.smtp_port", 0)
    listen_lmtp_port: int = _said("Port of the LMTP receiver; 0 switches it off.", "receiver.lmtp_port", 0)
    listen_certificate: str = _said("Certificate (PEM) for STARTTLS at the receiver.", "receiver.certificate", "")
    listen_key: str = _said("Key (PEM) for STARTTLS at the receiver.", "receiver.key", "")
    raw_limit: int = _said("Bytes above which a mail is kept whole but not parsed.", "intake.raw_limit", 50_000_000)
    batch_bytes: int = _said("Bytes the poller holds in memory for one batch.", "intake.batch_bytes", 32_000_000)
    batch_mails: int = _said("Mails in one batch, intake and filing.", "intake.batch_mails", 200)
    trace_headers: tuple[str, ...] = _said(
        "Prefixes of further headers that differ from delivery to delivery.", "intake.trace_headers", ()
    )
    min_free: int = _said(
        "Bytes that must stay free on the data disk; below it no mail is taken in.", "intake.min_free", 200_000_000
    )
    authserv_id: str = _said(
        "Name under which our own mail server writes Authentication-Results (RFC 8601).", "intake.authserv_id", ""
    )
    dwell_alarm: timedelta = _said(
        "Time a mail may lie in the mailbox before an alarm.", "intake.dwell_alarm", timedelta(minutes=15)
    )
    silence_alarm: timedelta = _said(
        "Time without any mail before an alarm; P0D switches it off.", "intake.silence_alarm", timedelta(hours=24)
    )
    parked_alarm: timedelta = _said("Age of a parked mail that raises an alarm.", "intake.parked_alarm", timedelta(14))
    parsers: int = _said("Processes that parse mail beside the filing worker.", "intake.parsers", 2)
    reply_address: str = _said(
        "plus: answers come back to reply+TOKEN@; plain: the desk's address.", "mail.reply_address", "plain"
    )
    number_in_subject: bool = _said("Put the number in the subject of answers.", "mail.number_in_subject", False)
    undo_seconds: int = _said("Seconds in which a sent answer can be taken back.", "mail.undo_seconds", 10)
    retry_for: timedelta = _said(
        "How long the relay is tried before a mail fails.", "mail.retry_for", timedelta(days=4)
    )
    receipts_per_day: int = _said("Automatic answers to one address in a day, at most.", "mail.receipts_per_day", 5)
    reopen_within: timedelta = _said(
        "How long after being done a ticket is reopened by an answer.", "tickets.reopen_within", timedelta(days=60)
    )
    portal_domains: tuple[str, ...] = _said(
        "Domains whose addresses may sign in without having asked before; without any, only known addresses may.",
        "portal.domains",
        (),
    )
    portal_hours: int = _said("Hours after which the session of somebody who asks ends, if idle.", "portal.hours", 8)
    oidc_issuer: str = _said(
        "Issuer of the work accounts (OpenID Connect); empty means that nobody signs in with one.", "oidc.issuer", ""
    )
    oidc_client_id: str = _said("Name of the helpdesk at the issuer.", "oidc.client_id", "")
    oidc_client_secret_file: str = _said(
        "File with the secret that the issuer gave; empty means a public client.", "oidc.client_secret_file", ""
    )
    oidc_scopes: tuple[str, ...] = _said("What the issuer is asked for.", "oidc.scopes", ("openid", "email"))
    oidc_address_claim: str = _said(
        "Claim that holds an address the issuer vouches for; empty means email, and only with email_verified.",
        "oidc.address_claim",
        "",
    )
    oidc_ca_file: str = _said("Certificate authority of the issuer; empty means those of certifi.", "oidc.ca_file", "")
    organisation_domains: tuple[str, ...] = _said(
        "Domains of the organisation; recipients elsewhere get a warning.", "mail.organisation_domains", ()
    )
    chat_hours: tuple[str, ...] = _said(
        "Hours of the chat until they are changed on their page, as mon-fri 09:00-17:00; none means that nobody chats.",
        "chat.hours",
        ("mon-fri 09:00-17:00",),
    )
    chat_closures: tuple[str, ...] = _said(
        "Days without chat until then, with the reason: 2026-11-27 Studiedag, or 2026-12-24/2027-01-01 Winter.",
        "chat.closures",
        (),
    )
    chat_capacity: int = _said("Chats one advisor has at once, where no other number was set.", "chat.capacity", 3)
    chat_guests: bool = _said("Let people chat without saying who they are.", "chat.guests", False)
    scan_socket: str = _said(
        "Unix socket of ClamAV's clamd, which scans files; empty means that none is scanned.", "scan.socket", ""
    )
    scan_required: bool = _said("Give out no file that the scanner did not find clean.", "scan.required", False)
    scan_limit: int = _said(
        "Bytes above which no file is scanned; not above clamd's StreamMaxLength.", "scan.limit", 25_000_000
    )
    backup_folder: str = _said(
        "Folder for backups, best on another disk; empty means backups/ in the data folder.", "backup.folder", ""
    )
    postgres_programs: str = _said(
        "Folder of pg_dump, pg_restore and psql of the server's version; empty means those on PATH.",
        "backup.postgres_programs",
        "",
    )
    alarm_to: str = _said("Address that gets alarms by mail, at most hourly.", "alarm_to", "")
    clock_offset: Offset = _said(
        "Moves the clock of all that `make run` starts, and of commands on its folder; P7Y1D as the calendar has it.",
        "clock_offset",
        timedelta(0),
    )
    demo: bool = _said("Start the demonstration's mailbox, relay and page.", "demo", False)
    mailboxes: tuple[MailboxSettings, ...] = _said("IMAP mailboxes to empty.", "mailbox", ())
    desks: tuple[DeskSettings, ...] = _said("Teams and their addresses.", "desk", ())
    sites: tuple[SiteSettings, ...] = _said("Sites whose pages may show the chat.", "site", ())

    @property
    def database_url(self) -> str:
        """The SQLAlchemy URL: `database`, or SQLite under `data`; a bare postgresql:// gets the psycopg driver."""
        if not self.database:
            return f"sqlite:///{self.data.absolute() / 'helpdesk.sqlite3'}"
        return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", self.database)

    @property
    def redis_url(self) -> str:
        """The Redis URL: `redis`, or the embedded server's socket under `data`."""
        return self.redis or f"unix://{self.data.absolute() / 'run' / 'valkey.sock'}?db=0"

    @property
    def mail_domain(self) -> str:
        """Domain of our Message-IDs and envelope senders: that of the first desk."""
        return self.desks[0].address.rpartition("@")[2] if self.desks else "localhost"
