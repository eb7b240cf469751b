"""What the virus scanner says of files, and whether one may be given out then.

A file is scanned while it comes where that is possible, else by a worker; one that could not be scanned is tried again
until it could. Without a scanner every file is `none`, and pages of staff say so.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import BinaryIO

from sqlalchemy import select, update

from helpdesk.errors import Invalid, NotFound, Unavailable
from helpdesk.leases import hold, release
from helpdesk.models import Attachment
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from helpdesk.unit import SYSTEM, unit_of_work

LEASE, LEASE_SECONDS = "scanning", 120
_BATCH = 20
_OPEN = ("waiting", "failed")


def state_of(ports: Ports, content: bytes) -> str:
    """What the scanner says of these bytes: none, clean, quarantined, too_large, or failed when it can't be asked."""
    return _look(ports, io.BytesIO(content), len(content))


def at_first(ports: Ports) -> str:
    """The state of a file that nobody has looked at."""
    return "none" if ports.scanner is None else "waiting"


def held_back(settings: Settings, state: str) -> bool:
    """Whether nobody gets a file in this state: found, not looked at yet, or not clean where that is demanded."""
    return state in ("waiting", "quarantined") or (settings.scan_required and state != "clean")


def require_open(settings: Settings, state: str) -> None:
    """Raise Invalid, with the reason, for a file that is given to nobody now."""
    if state == "quarantined":
        raise Invalid("The virus scanner found something in this file, so nobody gets it.", code="quarantined")
    if held_back(settings, state):
        raise Invalid("This file was not checked for viruses yet. Try again in a minute.", code="not_scanned")


def _look(ports: Ports, stream: BinaryIO, size: int) -> str:
    if ports.scanner is None:
        return "none"
    if size > ports.settings.scan_limit:
        return "too_large"
    try:
        return "quarantined" if ports.scanner.finds(stream) else "clean"
    except Unavailable:
        return "failed"


def drain(ports: Ports) -> int:
    """Scan what waits, then what could not be scanned before; returns how many have a verdict now.

    When the scanner can't be asked, all that waits is `failed` at once, and the next turn tries again.
    """
    if ports.scanner is None or not hold(ports, LEASE, LEASE_SECONDS):
        return 0
    try:
        done, after = 0, 0
        while batch := _next(ports, "waiting", 0):
            done += _scanned(ports, batch)
            if not _answers(ports):
                with unit_of_work(ports, SYSTEM) as unit:
                    unit.session.execute(update(Attachment).where(Attachment.scan == "waiting").values(scan="failed"))
                return done
            hold(ports, LEASE, LEASE_SECONDS)
        while _answers(ports) and (batch := _next(ports, "failed", after)):
            done, after = done + _scanned(ports, batch), batch[-1][0]
            hold(ports, LEASE, LEASE_SECONDS)
        return done
    finally:
        release(ports, LEASE)


def _answers(ports: Ports) -> bool:
    try:
        if ports.scanner is not None:
            ports.scanner.ping()
    except Unavailable:
        return False
    return True


def _next(ports: Ports, state: str, after: int) -> Sequence[tuple[int, str, int]]:
    waiting = select(Attachment.id, Attachment.blob, Attachment.size).where(
        Attachment.scan == state, Attachment.id > after
    )
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(waiting.order_by(Attachment.id).limit(_BATCH)).all()
        return [(row.id, row.blob, row.size) for row in rows]


def _scanned(ports: Ports, batch: Sequence[tuple[int, str, int]]) -> int:
    """Scan these; how many have a verdict. What failed is passed over once the scanner does not answer."""
    found = dict[int, str]()
    for attachment_id, blob, size in batch:
        found[attachment_id] = _of_blob(ports, blob, size)
        if found[attachment_id] == "failed" and not _answers(ports):
            break
    _store(ports, found)
    return sum(state != "failed" for state in found.values())


def _of_blob(ports: Ports, blob: str, size: int) -> str:
    try:
        with ports.blobs.open(blob) as stream:
            return _look(ports, stream, size)
    except NotFound:
        return "failed"


def _store(ports: Ports, found: dict[int, str]) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        for state in set(found.values()):
            ids = [attachment_id for attachment_id, its in found.items() if its == state]
            changed = update(Attachment).where(Attachment.id.in_(ids), Attachment.scan.in_(_OPEN)).values(scan=state)
            unit.session.execute(changed.execution_options(synchronize_session=False))
