"""What a person decides about the parts of an export: tickets that were found, messages left out, words blacked out."""

from __future__ import annotations

from sqlalchemy import delete, select

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Entry, RequestEntry, RequestTicket, RightsRequest, Ticket
from helpdesk.privacy.rights.answering import claimed
from helpdesk.privacy.rights.codes import WITHHELD
from helpdesk.unit import Unit

_WORDS_LIMIT = 5000
_JUDGED = ("accepted", "rejected", "withheld")


def judge(unit: Unit, request_id: int, number: str, state: str, reason: str | None = None) -> None:
    """Decide about a ticket: accepted (it is theirs), rejected (it is not), or withheld with a reason (art. 15(4))."""
    claimed(unit, request_id, "collecting")
    if state not in _JUDGED:
        raise Invalid("Choose what becomes of this ticket.", field="state")
    if (state == "withheld") != (reason in WITHHELD):
        raise Invalid("Say why it is left out.", field="reason")
    row = _row(unit, request_id, number)
    row.state, row.reason = state, reason


def _row(unit: Unit, request_id: int, number: str) -> RequestTicket:
    row = unit.session.scalar(
        select(RequestTicket)
        .join(Ticket, Ticket.id == RequestTicket.ticket_id)
        .where(RequestTicket.request_id == request_id, Ticket.number == number)
    )
    if row is None:
        raise NotFound("There is no such ticket in this request.")
    return row


def leave_out(unit: Unit, request_id: int, entry_id: int, reason: str) -> None:
    """Leave one message, with its files, out of the export; the export says that and why."""
    claimed(unit, request_id, "collecting")
    if reason not in WITHHELD:
        raise Invalid("Say why it is left out.", field="reason")
    ticket_id = _ticket_of(unit, request_id, entry_id)
    _forget(unit, request_id, entry_id)
    unit.session.add(RequestEntry(request_id=request_id, ticket_id=ticket_id, entry_id=entry_id, reason=reason))


def give(unit: Unit, request_id: int, entry_id: int) -> None:
    """Give a message along after all."""
    claimed(unit, request_id, "collecting")
    _ticket_of(unit, request_id, entry_id)
    _forget(unit, request_id, entry_id)


def _forget(unit: Unit, request_id: int, entry_id: int) -> None:
    here = (RequestEntry.request_id == request_id) & (RequestEntry.entry_id == entry_id)
    unit.session.execute(delete(RequestEntry).where(here))


def _ticket_of(unit: Unit, request_id: int, entry_id: int) -> int:
    """The ticket of an entry, if it is one of this request. Raises NotFound."""
    found = unit.session.scalar(
        select(Entry.ticket_id)
        .join(RequestTicket, RequestTicket.ticket_id == Entry.ticket_id)
        .where(Entry.id == entry_id, RequestTicket.request_id == request_id)
    )
    if found is None:
        raise NotFound("There is no such message in this request.")
    return found


def black_out(unit: Unit, request_id: int, words: str) -> None:
    """Have these words, a line each, blacked out wherever they stand, beside what is found by itself."""
    found: RightsRequest = claimed(unit, request_id, "collecting")
    if len(words) > _WORDS_LIMIT:
        raise Invalid("Write at most {count} characters.", field="words", count=_WORDS_LIMIT)
    lines = (line.strip() for line in words.splitlines())
    found.mask_words = "\n".join(dict.fromkeys(line for line in lines if line)) or None
