"""The one place that chooses adapters."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from helpdesk.adapters.clamd_scanner import ClamdScanner
from helpdesk.adapters.database import connect_database
from helpdesk.adapters.disk_blobs import DiskBlobs
from helpdesk.adapters.disk_ledger import DiskLedger
from helpdesk.adapters.redis_bus import RedisBus
from helpdesk.adapters.rq_jobs import RqJobs
from helpdesk.adapters.smtp_mailer import SmtpMailer
from helpdesk.holders import this_process
from helpdesk.keys import load_keys
from helpdesk.ports import Ports, WorkAccounts
from helpdesk.settings import Settings


class SystemClock:
    """The machine's clock, moved by the offset of a trial."""

    def __init__(self, offset: dt.timedelta) -> None:
        self._offset = offset

    def __call__(self) -> dt.datetime:
        """The time, aware, in UTC."""
        return dt.datetime.now(dt.UTC) + self._offset


def keys_path(settings: Settings) -> Path:
    """Where the deployment's keys lie."""
    return settings.data / "secrets" / "keys.json"


def work_accounts(settings: Settings) -> WorkAccounts | None:
    """The provider, if there is one; only then are its libraries loaded, for they take memory in every process."""
    if not settings.oidc_issuer:
        return None
    from helpdesk.adapters.oidc_provider import OidcProvider

    return OidcProvider(settings)


def connect(settings: Settings, *, awaited: bool = False) -> Ports:
    """All ports on their real adapters; `awaited` where people wait for what is written.

    Raises Misconfigured when the keys are missing.
    """
    return Ports(
        settings=settings,
        keys=load_keys(keys_path(settings)),
        engine=connect_database(settings.database_url, awaited=awaited),
        blobs=DiskBlobs(settings.data / "blobs"),
        bus=RedisBus(settings.redis_url),
        jobs=RqJobs(settings.redis_url),
        mailer=SmtpMailer(settings),
        now=SystemClock(settings.clock_offset),
        ledger=DiskLedger(settings.data / "ledger"),
        holder=this_process(),
        scanner=ClamdScanner(settings.scan_socket) if settings.scan_socket else None,
        work_accounts=work_accounts(settings),
    )
