"""Job of the outgoing mail; running it twice does no harm."""

from __future__ import annotations

from helpdesk.mail import outbox_delivery
from helpdesk.ports import Ports


def deliver_waiting(ports: Ports) -> None:
    """Hand the relay what is due."""
    outbox_delivery.deliver_waiting(ports)
