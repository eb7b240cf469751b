"""The job that lists what is due and destroys what was decided on."""

from __future__ import annotations

from helpdesk.ports import DISPOSAL_WAITING, Ports
from helpdesk.privacy import destruction, listing

_SECONDS = 20


def disposal_waiting(ports: Ports) -> None:
    """Once a day list what fell due; then run lists for a while. Mail comes in between."""
    listing.propose_daily(ports)
    if destruction.run_quietly(ports, _SECONDS).left:
        ports.jobs.nudge(DISPOSAL_WAITING)
