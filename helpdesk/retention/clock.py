"""The retention clock: in which state of RD-24 a ticket is, until when it is kept, and why. Destroys nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from helpdesk.models import Ticket

STATES = ("waiting", "dated", "due", "blocked", "listed", "destroying")


@dataclass(frozen=True, slots=True)
class Reckoning:
    """The state (`waiting:<why>`, `dated`, …), the first day of destruction if known, and the rule it follows from."""

    state: str
    due_on: dt.date | None = None
    rule: str | None = None


def reckon(*, original_in_mailbox: bool = False) -> Reckoning:
    """What holds for any ticket now.

    Until an approved register of processing is in force every ticket waits for it, so nothing can fall due (RD-24);
    a ticket whose original still lies in a mailbox is blocked whatever the register says (RD-01).
    """
    if original_in_mailbox:
        return Reckoning("blocked:original")
    return Reckoning("waiting:register")


def apply(ticket: Ticket, reckoning: Reckoning) -> None:
    """Write a reckoning on its ticket."""
    ticket.retention_state = reckoning.state
    ticket.due_on = reckoning.due_on
    ticket.rule = reckoning.rule


def is_state(word: str) -> bool:
    """Whether a word is one of the states of RD-24; waiting and blocked must say why."""
    state, colon, why = word.partition(":")
    return state in STATES and (state in ("waiting", "blocked")) == bool(colon and why)
