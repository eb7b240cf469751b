"""The job that finds what a new hold keeps."""

from __future__ import annotations

from helpdesk.ports import Ports
from helpdesk.privacy.hold_finding import find_waiting


def hold_waiting(ports: Ports) -> None:
    """Find and reckon the tickets of holds that were just placed or released."""
    find_waiting(ports)
