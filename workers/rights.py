"""The job of requests under the AVG."""

from __future__ import annotations

from helpdesk.ports import Ports
from helpdesk.privacy.rights import exporting, keeping, redacting


def rights_waiting(ports: Ports) -> None:
    """Make and destroy exports, finish redactions, and let go of what answered requests leave behind."""
    exporting.work(ports)
    redacting.finish_quietly(ports)
    keeping.tidy(ports)
