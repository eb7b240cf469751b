"""Who must know that an answer did not arrive: who wrote it, and who has the ticket now."""

from __future__ import annotations

from helpdesk import notices
from helpdesk.models import Entry, OutgoingMail, Ticket
from helpdesk.unit import Unit


def tell_author(unit: Unit, mail: OutgoingMail, ticket_id: int, kind: str) -> None:
    """Write a notice for author and assignee; only for what people wrote, so that no notice is about a notice."""
    if mail.kind not in ("answer", "chat"):
        return
    entry = unit.session.get(Entry, mail.entry_id) if mail.entry_id is not None else None
    ticket = unit.session.get(Ticket, ticket_id)
    told = {entry.account_id if entry else None, ticket.assignee_id if ticket else None}
    for account_id in told:
        notices.tell(unit, account_id, ticket_id, kind)
