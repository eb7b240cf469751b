"""Job of the imports."""

from __future__ import annotations

from helpdesk.facts import imports, looking
from helpdesk.ports import IMPORT_WAITING, Ports

_SECONDS = 20


def import_waiting(ports: Ports) -> None:
    """Let go of what is ended or undecided, look at what came, and bring in what waits; mail comes in between."""
    imports.tidy(ports)
    looking.work(ports)
    for run_id in imports.running(ports)[:1]:
        if not imports.carry_on(ports, run_id, _SECONDS):
            ports.jobs.nudge(IMPORT_WAITING)
