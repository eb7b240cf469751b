"""Job of the HTML cleaning chain."""

from __future__ import annotations

from helpdesk.ports import Ports
from helpdesk.tickets import cleaning
from workers.confined import own_confined


def clean_waiting(ports: Ports) -> None:
    """Clean the HTML that waits."""
    cleaning.drain(ports, own_confined(ports.settings.parsers))
