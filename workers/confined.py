"""The one pool of confined processes of a worker: reading mail and cleaning HTML share it."""

from __future__ import annotations

from functools import cache

from helpdesk.confined import Confined, prepare

_LOADED = ("mail_ingest.reading", "helpdesk.tickets.cleaning")
"""What the confined processes work with: loaded once, before there is work, and shared by all of them."""


def start_ahead(processes: int) -> None:
    """Have the processes at hand in milliseconds when there is work."""
    if processes:
        prepare(_LOADED)


@cache
def own_confined(processes: int) -> Confined:
    """The pool; its processes start with the first work that is worth one."""
    return Confined(processes)
