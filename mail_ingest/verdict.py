"""What rules may say of a mail: file it, file it as machine mail, or park it for a person. None discards."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """File it, but nobody wrote it and nothing answers it. `reason` is a fixed word."""

    reason: str


@dataclass(frozen=True, slots=True)
class Park:
    """Keep it for a person to decide on. `reason` is a fixed word."""

    reason: str


Verdict = Machine | Park


@dataclass(frozen=True, slots=True)
class World:
    """What rules may know besides the mail: a small frozen answer sheet, so that they stay pure."""

    own_addresses: frozenset[str] = frozenset()
    blocked_senders: frozenset[str] = frozenset()
    mail_domain: str = ""
    envelope_null: bool = False
