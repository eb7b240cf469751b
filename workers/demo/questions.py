"""Delivers the first questions through the mailbox, once, and waits until they are tickets. Writes no row itself."""

from __future__ import annotations

import datetime as dt
import time

from sqlalchemy import func, select

from helpdesk.errors import Unavailable
from helpdesk.models import InboundMail
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from workers.demo.configuration import password
from workers.demo.delivery import deliver
from workers.demo.texts import first_mails

_PATIENCE = 45


def deliver_once(ports: Ports) -> None:
    """At the first start only: deliver them and wait until all are filed. Raises Unavailable when they are not."""
    flag = ports.settings.data / "run" / "demo-delivered"
    if flag.exists():
        return
    box = ports.settings.mailboxes[0]
    mails = first_mails(dt.datetime.now(dt.UTC))
    before = _filed(ports)
    deliver(box, password(ports.settings.data, "mailbox"), mails)
    flag.touch()
    until = time.monotonic() + _PATIENCE
    while (filed := _filed(ports) - before) < len(mails):
        if time.monotonic() > until:
            raise Unavailable("Of {all} demo mails {filed} became tickets in time.", all=len(mails), filed=filed)
        time.sleep(0.2)


def _filed(ports: Ports) -> int:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.scalar(select(func.count()).where(InboundMail.state.in_(("filed", "machine")))) or 0
