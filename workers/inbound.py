"""Jobs of the intake: each drains what waits; running one twice does no harm."""

from __future__ import annotations

from helpdesk.ports import Ports
from mail_ingest.filing import drain
from mail_ingest.reading import Readers
from workers.confined import own_confined


def file_waiting(ports: Ports) -> None:
    """File the mail that waits."""
    drain(ports, Readers(confined=own_confined(ports.settings.parsers)))
