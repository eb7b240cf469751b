"""Jobs of the intake: each drains what waits; running one twice does no harm."""

from __future__ import annotations

from functools import cache

from helpdesk.ports import Ports
from mail_ingest.filing import drain
from mail_ingest.reading import Readers


@cache
def _readers(processes: int) -> Readers:
    return Readers(processes)


def file_waiting(ports: Ports) -> None:
    """File the mail that waits."""
    drain(ports, _readers(ports.settings.parsers))
