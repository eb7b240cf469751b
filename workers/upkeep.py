"""Jobs that keep the house tidy and look for trouble."""

from __future__ import annotations

from helpdesk import status
from helpdesk.mail import outbox
from helpdesk.ports import CLEAN_WAITING, DELIVER_WAITING, FILE_WAITING, Ports
from helpdesk.privacy import gate
from helpdesk.privacy.backups import drill
from helpdesk.privacy.backups.expiry import remove_expired
from helpdesk.retention import clock
from helpdesk.tickets import drafts, notices
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest import upkeep


def sweep(ports: Ports) -> None:
    """Complete what a crash interrupted, reckon what time changed, write the ledger, and nudge whatever may wait."""
    upkeep.settle_blobs(ports)
    upkeep.forget(ports)
    clock.tick(ports)
    gate.keep_level(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        drafts.unlink_dropped(unit)
        notices.queue_mails(unit)
        notices.forget(unit)
    for name in (FILE_WAITING, DELIVER_WAITING, CLEAN_WAITING):
        ports.jobs.nudge(name)


def check_alarms(ports: Ports) -> None:
    """Open and close alarms, and mail the open ones to whoever should know."""
    status.check_alarms(ports)
    if ports.settings.alarm_to:
        with unit_of_work(ports, SYSTEM) as unit:
            outbox.queue_alarm(unit, ports.settings.alarm_to)


def check_ages(ports: Ports) -> None:
    """Open and close the alarms about tickets that stand in one state for too long."""
    status.check_ages(ports)


def expire_backups(ports: Ports) -> None:
    """Remove the backups whose time is over, and what a drill that was killed left."""
    remove_expired(ports)
    drill.tidy(ports)
