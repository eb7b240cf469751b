"""How many tickets, or pages, go into one transaction: as many as fit into a moment, on this machine as it is now."""

from __future__ import annotations

import time

from helpdesk.ports import Ports

MOMENT, _BREATH = 0.12, 0.005
"""Seconds for which SQLite's one lock is held at a time, and for which it is let go: who waits for it gets it then."""
_FIRST = 50


class Stride:
    """A number that follows what a transaction took. PostgreSQL has no lock for all: there it is always the most."""

    def __init__(self, ports: Ports, most: int) -> None:
        self._most = most
        self._fixed = ports.engine.dialect.name != "sqlite"
        self.size = most if self._fixed else min(_FIRST, most)

    def of(self, left: int) -> int:
        """How many of those that are left: all of them, rather than leave a few for a transaction of their own."""
        return left if left <= self.size + self.size // 4 else self.size

    def took(self, count: int, seconds: float) -> None:
        """So many took so long. It grows to twice itself at most, since one quick transaction says little."""
        if not self._fixed and count:
            fitting = int(count * MOMENT / max(seconds, 0.001))
            self.size = max(1, min(fitting, 2 * self.size, self._most))

    def rest(self) -> None:
        """Let others write."""
        time.sleep(0 if self._fixed else _BREATH)
