"""Signs of life in the database: RQ's own registry is empty after a flush. Knows nothing of the work itself."""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Sequence

from sqlalchemy import select

from helpdesk.errors import Unavailable
from helpdesk.leases import beat
from helpdesk.models import Heartbeat, Mailbox
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work

log = logging.getLogger(__name__)
BEAT_SECONDS = 10.0


def beat_forever(ports: Ports, name: str, stop: threading.Event) -> None:
    """Write a heartbeat row now and every ten seconds until `stop`."""
    while True:
        try:
            beat(ports, name)
        except Unavailable as fault:
            log.warning("no heartbeat", extra={"code": fault.code})
        if stop.wait(BEAT_SECONDS):
            return


def missing(ports: Ports, names: Sequence[str], since: dt.datetime) -> list[str]:
    """Those of `names` without a heartbeat since then, and the mailboxes without a good round since then."""
    try:
        with unit_of_work(ports, SYSTEM, write=False) as unit:
            beating = set(unit.session.scalars(select(Heartbeat.name).where(Heartbeat.at >= since)))
            polled = set(unit.session.scalars(select(Mailbox.name).where(Mailbox.polled_at >= since)))
    except Unavailable:
        return ["the database"]
    late = [name for name in names if name not in beating]
    return late + [f"mailbox {box.name}" for box in ports.settings.mailboxes if box.name not in polled]
