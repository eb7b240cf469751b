"""Job of the virus scanner."""

from __future__ import annotations

from helpdesk.ports import Ports
from helpdesk.uploads import scanning


def scan_waiting(ports: Ports) -> None:
    """Scan the files that wait."""
    scanning.drain(ports)
