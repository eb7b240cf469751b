"""Job of the imports."""

from __future__ import annotations

from helpdesk.facts import imports
from helpdesk.ports import IMPORT_WAITING, Ports

_SECONDS = 20


def import_waiting(ports: Ports) -> None:
    """Bring in what waits, for a while; mail and answers come in between."""
    for run_id in imports.running(ports)[:1]:
        if not imports.carry_on(ports, run_id, _SECONDS):
            ports.jobs.nudge(IMPORT_WAITING)
