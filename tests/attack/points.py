"""The points at which a process is killed, by name: where in the product each lies. Changes nothing by being imported.

A point is reached inside a process started by `stopper`, which puts a look at the gate around one function of the
product, from outside; the product itself has no switch for it.
"""

from __future__ import annotations

import functools
import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Gate = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Point:
    """Where a SIGKILL is to land. `roles` are the processes that come by there; `module` is the one they run."""

    name: str
    roles: tuple[str, ...]
    install: Callable[[Gate], None]
    says: str


def _before(module: str, owner: str, function: str, name: str) -> Callable[[Gate], None]:
    """A look at the gate each time before the function runs."""

    def install(gate: Gate) -> None:
        _wrap(module, owner, function, lambda: gate(name), lambda: None)

    return install


def _after(module: str, owner: str, function: str, name: str) -> Callable[[Gate], None]:
    """A look at the gate each time after the function returned; not when it raised."""

    def install(gate: Gate) -> None:
        _wrap(module, owner, function, lambda: None, lambda: gate(name))

    return install


def _wrap(module: str, owner: str, function: str, before: Callable[[], None], after: Callable[[], None]) -> None:
    holder: Any = importlib.import_module(module)
    holder = getattr(holder, owner) if owner else holder
    original = getattr(holder, function)

    @functools.wraps(original)
    def watched(*arguments: Any, **named: Any) -> Any:
        before()
        result = original(*arguments, **named)
        after()
        return result

    setattr(holder, function, watched)


def _filing_after_commit(gate: Gate) -> None:
    """The commit of a unit in which a mail was filed; other units of the worker commit too and do not count."""
    filed = threading.local()

    def note() -> None:
        filed.yes = True

    def look() -> None:
        if getattr(filed, "yes", False):
            filed.yes = False
            gate("filing_after_commit")

    _wrap("mail_ingest.filing", "", "receive_mails", lambda: None, note)
    _wrap("helpdesk.unit", "Unit", "told", look, lambda: None)


_DOORS = ("poller", "receiver")
_WORKERS = ("worker-1", "worker-2")
_BLOBS = ("helpdesk.adapters.disk_blobs", "DiskBlobs")
_MAILER = ("helpdesk.adapters.smtp_mailer", "SmtpMailer", "send")


def _nothing(_gate: Gate) -> None:
    """The proxy before the mailbox finds this point, not the process."""


POINTS = (
    Point("fetch_literal", ("poller",), _nothing, "half of a FETCH literal has gone through the proxy"),
    Point("blob_written", _DOORS, _after(*_BLOBS, "stage", "blob_written"), "bytes synced, no row yet"),
    Point("before_commit", _DOORS, _after("mail_ingest.accept", "", "_record", "before_commit"), "rows not committed"),
    Point("after_commit", _DOORS, _before(*_BLOBS, "settle", "after_commit"), "kept; no STORE, no 250 yet"),
    Point("after_store", ("poller",), _before("imapclient", "IMAPClient", "uid_expunge", "after_store"), "flagged"),
    Point(
        "filing_before_commit",
        _WORKERS,
        _after("mail_ingest.filing", "", "receive_mails", "filing_before_commit"),
        "in a batch that is being filed",
    ),
    Point("filing_after_commit", _WORKERS, _filing_after_commit, "tickets committed, nobody told"),
    Point("outbox_claimed", _WORKERS, _before(*_MAILER, "outbox_claimed"), "claimed, relay not called"),
    Point("relay_said_250", _WORKERS, _after(*_MAILER, "relay_said_250"), "sent, not recorded"),
)
BY_NAME = {point.name: point for point in POINTS}
EXPUNGE_POINT = "after_store"
AFTER_250 = "relay_said_250"


def install_for(role: str, gate: Gate) -> None:
    """Put a look at the gate at every point of the role."""
    for point in POINTS:
        if role in point.roles:
            point.install(gate)
