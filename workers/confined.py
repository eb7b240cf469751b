"""The one pool of confined processes of a worker: reading mail and cleaning HTML share it."""

from __future__ import annotations

from functools import cache

from helpdesk.confined import Confined


@cache
def own_confined(processes: int) -> Confined:
    """The pool; its processes start with the first work that is worth one."""
    return Confined(processes)
