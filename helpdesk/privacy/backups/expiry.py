"""Removes backups whose time is over, from the disk and not from a list only; the ledger has a line of each (RD-74)."""

from __future__ import annotations

import logging
import shutil

from helpdesk.errors import Unavailable
from helpdesk.ports import Ports
from helpdesk.privacy.backups import catalogue
from helpdesk.privacy.backups.catalogue import LOCK, SIGN, Kept
from helpdesk.process_locks import one_at_a_time
from helpdesk.retention.ledger import read
from helpdesk.retention.ledger_writing import flush, write_down
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, unit_of_work

log = logging.getLogger(__name__)


def remove_expired(ports: Ports) -> int:
    """Remove every backup whose day has come. Returns how many; one on a disk that is away waits for the next time."""
    today = day_of(ports.now())
    if not catalogue.overdue(ports.settings, today):
        return 0
    gone = []
    with one_at_a_time(catalogue.home(ports.settings) / LOCK):
        for one in catalogue.overdue(ports.settings, today):
            if _removed(one):
                _tell(ports, one.backup.id)
                gone.append(one.backup.id)
        left = [one for one in catalogue.kept(ports.settings) if one.backup.id not in gone]
        catalogue.remember(ports.settings, left)
    return len(gone)


def _removed(one: Kept) -> bool:
    """Whether it is gone. Where no sign of backups is, a disk may be away, and only an empty mount point there."""
    if not (one.folder.parent / SIGN).exists():
        log.warning("an expired backup can't be reached")
        return False
    try:
        shutil.rmtree(one.folder)
    except FileNotFoundError:
        return True
    except OSError as fault:
        raise Unavailable("An expired backup can't be removed now.", code="backup_left") from fault
    return not one.folder.exists()


def _tell(ports: Ports, backup_id: str) -> None:
    """Once, whatever was killed in between."""
    if any(entry.op == "backup_expired" and entry.id == backup_id for entry in read(ports.ledger.lines())):
        return
    with unit_of_work(ports, SYSTEM) as unit:
        write_down(unit, "backup_expired", backup_id)
        note(unit, "backup.expire")
    flush(ports)
