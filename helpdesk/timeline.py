"""The timeline of a ticket: the only writer of Event."""

from __future__ import annotations

from helpdesk.models import Event
from helpdesk.unit import Unit

_TOLD_TO_ASKER = frozenset(
    {"chat_line", "chat_picked_up", "chat_handed_over", "chat_queued", "chat_missed", "chat_by_mail", "chat_silent"}
    | {"chat_ended", "chat_again", "mail_received", "replied", "undone", "redacted", "file_redacted"}
)
"""What changes a page of the person who asked; all else is not even hinted at there."""


def record(
    unit: Unit,
    ticket_id: int,
    kind: str,
    *,
    entry_id: int | None = None,
    before: str | int | None = None,
    after: str | int | None = None,
) -> None:
    """Write what happened, by whom, now; `before` and `after` are ids or fixed words. Hints after the commit."""
    unit.rows.put(
        Event,
        {
            "ticket_id": ticket_id,
            "entry_id": entry_id,
            "account_id": unit.actor.account_id,
            "kind": kind,
            "at": unit.now,
            "before": None if before is None else str(before),
            "after": None if after is None else str(after),
        },
    )
    unit.hint(f"ticket:{ticket_id}", {"ticket": ticket_id, "kind": kind})
    if kind in _TOLD_TO_ASKER:
        unit.hint(f"room:{ticket_id}", {"ticket": ticket_id, "kind": kind})
