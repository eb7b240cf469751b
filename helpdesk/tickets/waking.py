"""What a new message of who asks does to its ticket, whichever way it came: wakes it, or follows one done long ago."""

from __future__ import annotations

import datetime as dt

from helpdesk import notices
from helpdesk.models import Ticket
from helpdesk.timeline import record
from helpdesk.unit import Unit


def too_old(unit: Unit, ticket: Ticket) -> bool:
    """Whether the ticket was done so long ago that a message opens a new one."""
    limit = unit.now - unit.ports.settings.reopen_within
    return ticket.status == "done" and ticket.done_at is not None and ticket.done_at < limit


def follow(ticket: Ticket, previous: Ticket) -> None:
    """Say that a new ticket follows one that was done long ago."""
    ticket.previous_ticket_id = ticket.hint_ticket_id = previous.id
    ticket.hint_reason = "done_long_ago"


def wake(unit: Unit, ticket: Ticket, at: dt.datetime, *, opened: bool) -> None:
    """Forms made before this message came are refused from now on: the version counts. The ticket is new or locked."""
    ticket.changed_at = unit.now
    if opened:
        return
    ticket.version += 1
    notices.tell(unit, ticket.assignee_id, ticket.id, "asker_answered")
    if ticket.status in ("done", "waiting_for_asker", "snoozed"):
        record(unit, ticket.id, "status", before=ticket.status, after="open")
        ticket.status = "open"
        ticket.waiting_since = at
        ticket.done_at = None
        ticket.snoozed_until = None
