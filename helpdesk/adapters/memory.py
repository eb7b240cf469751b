"""Ports in memory, for tests that need no real server behind them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from helpdesk.ports import Delivery


@dataclass
class MemoryBus:
    """Remembers every hint."""

    hints: list[tuple[str, dict[str, int | str]]] = field(default_factory=list)

    def publish(self, hints: Mapping[str, dict[str, int | str]]) -> None:
        """Keep the hints."""
        self.hints += hints.items()


@dataclass
class MemoryJobs:
    """Remembers every nudge."""

    nudges: list[str] = field(default_factory=list)

    def nudge(self, name: str) -> None:
        """Keep the name."""
        self.nudges.append(name)

    def ping(self) -> None:
        """Always there."""

    def keeps_on_disk(self) -> bool:
        """Never."""
        return False

    def strangers(self) -> list[str]:
        """None."""
        return []


@dataclass
class MemoryMailer:
    """Keeps what is sent; `refuse` may raise what a relay would say, before anything is kept."""

    sent: list[tuple[str, tuple[str, ...], bytes]] = field(default_factory=list)
    refuse: Callable[[Sequence[str]], Delivery | None] | None = None

    def send(self, sender: str, recipients: Sequence[str], message: bytes) -> Delivery:
        """Keep the mail, unless `refuse` raises."""
        said = self.refuse(recipients) if self.refuse else None
        self.sent.append((sender, tuple(recipients), message))
        return said or Delivery()

    def ping(self) -> None:
        """Always there."""


@dataclass
class SetClock:
    """A clock that stands still until it is moved."""

    at: dt.datetime

    def __call__(self) -> dt.datetime:
        """The time it was set to."""
        return self.at

    def move(self, span: dt.timedelta) -> None:
        """Let time pass."""
        self.at += span
