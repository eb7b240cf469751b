"""The job that reckons what proposed registers would do."""

from __future__ import annotations

from helpdesk.ports import POLICY_WAITING, Ports
from helpdesk.privacy.effects import reckon_waiting


def policy_waiting(ports: Ports) -> None:
    """Go on for a while; mail comes in between."""
    if reckon_waiting(ports):
        ports.jobs.nudge(POLICY_WAITING)
