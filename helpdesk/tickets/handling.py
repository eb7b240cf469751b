"""What advisors do with a ticket besides writing: assign, set its state, spam, participants."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk import notices
from helpdesk.errors import Invalid
from helpdesk.models import Account, BlockedSender, Ticket, TicketPerson
from helpdesk.models.ticket import STATUSES
from helpdesk.people.access import ticket_for
from helpdesk.people.addresses import normal, person_for
from helpdesk.retention import clock
from helpdesk.tickets.opening import add_person
from helpdesk.timeline import record
from helpdesk.unit import Unit


def assign(unit: Unit, number: str, account_id: int | None) -> None:
    """Give the ticket to an advisor, or to nobody."""
    ticket = ticket_for(unit, number, "ticket.handle")
    if account_id is not None:
        active = unit.session.scalar(select(Account.active).where(Account.id == account_id))
        if not active:
            raise Invalid("Choose an advisor who can sign in.", field="assignee")
    if ticket.assignee_id == account_id:
        return
    record(unit, ticket.id, "assigned", before=ticket.assignee_id, after=account_id)
    ticket.assignee_id = account_id
    if ticket.status == "new" and account_id is not None:
        _change(unit, ticket, "open")
    notices.tell(unit, account_id, ticket.id, "assigned")
    _changed(unit, ticket)


def set_status(unit: Unit, number: str, status: str) -> None:
    """Set the state of the work."""
    ticket = ticket_for(unit, number, "ticket.handle")
    if status not in STATUSES or status == "snoozed":
        raise Invalid("Choose one of the states.", field="status")
    if ticket.status != status:
        _change(unit, ticket, status)
        _changed(unit, ticket)


def _change(unit: Unit, ticket: Ticket, status: str) -> None:
    record(unit, ticket.id, "status", before=ticket.status, after=status)
    if status in ("open", "new") and ticket.status in ("done", "waiting_for_asker", "snoozed"):
        ticket.waiting_since = unit.now
    ticket.status = status
    ticket.done_at = unit.now if status == "done" else None
    ticket.snoozed_until = None
    clock.touch(unit, ticket.id)


def _changed(unit: Unit, ticket: Ticket) -> None:
    """A change of what a form showed makes forms that are open stale."""
    ticket.changed_at = unit.now
    unit.stale(ticket)


def _requester(unit: Unit, ticket: Ticket) -> str:
    return (
        unit.session.scalar(
            select(TicketPerson.address).where(TicketPerson.ticket_id == ticket.id, TicketPerson.role == "requester")
        )
        or ""
    )


def mark_spam(unit: Unit, number: str, *, block: bool) -> None:
    """Put a ticket away as spam, and park the sender's further mail if `block`; the ticket stays findable."""
    ticket = ticket_for(unit, number, "ticket.handle")
    if not ticket.spam:
        ticket.spam = True
        record(unit, ticket.id, "spam")
        if ticket.status != "done":
            _change(unit, ticket, "done")
        _changed(unit, ticket)
    address = _requester(unit, ticket)
    if block and address:
        dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
        row = dialect.insert(BlockedSender).values(
            address=normal(address), blocked_at=unit.now, account_id=unit.actor.account_id
        )
        unit.session.connection().execute(row.on_conflict_do_nothing())
        record(unit, ticket.id, "sender_blocked")


def not_spam(unit: Unit, number: str) -> None:
    """Take the ticket back and unblock its sender."""
    ticket = ticket_for(unit, number, "ticket.handle")
    freed = delete(BlockedSender).where(BlockedSender.address == normal(_requester(unit, ticket)))
    if unit.session.scalars(freed.returning(BlockedSender.id)).all():
        record(unit, ticket.id, "sender_unblocked")
    if ticket.spam:
        ticket.spam = False
        record(unit, ticket.id, "not_spam")
        _change(unit, ticket, "open")
        _changed(unit, ticket)


def add_participant(unit: Unit, number: str, address: str, name: str = "") -> None:
    """Put somebody on the ticket: their answers join it from now on."""
    ticket = ticket_for(unit, number, "ticket.handle")
    value = normal(address)
    if "@" not in value:
        raise Invalid("'{address}' is not an e-mail address.", field="address", address=address[:100])
    known = select(TicketPerson.id).where(
        TicketPerson.ticket_id == ticket.id,
        TicketPerson.address == value,
        TicketPerson.role.in_(("requester", "participant")),
    )
    if unit.session.scalar(known) is None:
        add_person(unit, ticket.id, person_for(unit, value, name), "participant", value, name)
        record(unit, ticket.id, "participant_added")
        clock.touch(unit, ticket.id)  # a hold of this person keeps it from now on
        _changed(unit, ticket)


def remove_participant(unit: Unit, number: str, address: str) -> None:
    """Take somebody off the ticket again."""
    ticket = ticket_for(unit, number, "ticket.handle")
    gone = delete(TicketPerson).where(
        TicketPerson.ticket_id == ticket.id,
        TicketPerson.address == normal(address),
        TicketPerson.role == "participant",
    )
    if unit.session.scalars(gone.returning(TicketPerson.id)).all():
        record(unit, ticket.id, "participant_removed")
        _changed(unit, ticket)


def blocked_senders(unit: Unit) -> set[str]:
    """Addresses whose mail is parked."""
    return set(unit.session.scalars(select(BlockedSender.address)))
