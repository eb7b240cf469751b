"""Reads the lines of a chat that a mail carries: by ids alone, so that it is the same mail at every try. Reads only."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.mail.compose import ChatLine
from helpdesk.models import Account, Content, Entry, OutgoingMail, OutgoingRecipient, Ticket, TicketPerson
from helpdesk.people.addresses import normal
from helpdesk.unit import Unit

_BEFORE = 5


def lines_of(unit: Unit, mail: OutgoingMail, ticket: Ticket) -> tuple[ChatLine, ...]:
    """The lines from the first entry of the mail to its last, and the five before; destroyed words are left out.

    Nothing from before goes to an address that was only given: what a guest wrote must not reach somebody else by us.
    """
    first, last = mail.first_entry_id or mail.entry_id or 0, mail.entry_id or 0
    said = select(Entry).where(Entry.ticket_id == ticket.id, Entry.kind == "chat")
    carried = said.where(Entry.id >= first, Entry.id <= last).order_by(Entry.id)
    rows = list(unit.session.scalars(carried))
    if mail.kind == "chat":
        rows = [row for row in rows if row.account_id is not None]
        if not only_given(unit, mail, ticket):
            earlier = said.where(Entry.id < first).order_by(Entry.id.desc()).limit(_BEFORE)
            rows = [*reversed(unit.session.scalars(earlier).all()), *rows]
    texts, names = _texts(unit, ticket.id, [row.id for row in rows]), _names(unit, rows)
    asker = _asker(unit, ticket.id)
    return tuple(
        ChatLine(names.get(row.account_id or 0, asker), row.at, texts.get(row.id, "–"), row.id < first) for row in rows
    )


def only_given(unit: Unit, mail: OutgoingMail, ticket: Ticket) -> bool:
    """Whether the lines go to an address that a guest gave and nobody proved: another one than that of who asks."""
    to = select(OutgoingRecipient.address).where(OutgoingRecipient.outgoing_id == mail.id)
    asker = select(TicketPerson.address).where(TicketPerson.ticket_id == ticket.id, TicketPerson.role == "requester")
    return mail.kind == "chat" and normal(unit.session.scalar(asker) or "") != unit.session.scalar(to)


def said_before(unit: Unit, mail: OutgoingMail) -> list[str]:
    """Message-IDs of earlier mails of ours to the person about this ticket, so that programs show them together."""
    earlier = select(OutgoingMail.message_id).where(
        OutgoingMail.ticket_id == mail.ticket_id,
        OutgoingMail.kind.in_(("receipt", "answer", "chat", "transcript")),
        OutgoingMail.state != "cancelled",
        OutgoingMail.id < mail.id,
    )
    return list(unit.session.scalars(earlier.order_by(OutgoingMail.id)))


def _texts(unit: Unit, ticket_id: int, ids: list[int]) -> dict[int, str]:
    """What was said, and the names of the files with it: a file itself is fetched where the chat is."""
    rows = unit.session.execute(
        select(Content.entry_id, Content.text, Content.kind)
        .where(Content.ticket_id == ticket_id, Content.entry_id.in_(ids), Content.kind.in_(("body", "filename")))
        .order_by(Content.kind, Content.id)
    )
    found: dict[int, str] = {}
    for row in rows:
        text = row.text if row.kind == "body" else f"[{row.text}]"
        found[row.entry_id] = f"{found[row.entry_id]}\n{text}" if row.entry_id in found else text
    return found


def _names(unit: Unit, rows: list[Entry]) -> dict[int, str]:
    ids = {row.account_id for row in rows if row.account_id is not None}
    return dict(unit.session.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all())


def _asker(unit: Unit, ticket_id: int) -> str:
    found = select(TicketPerson.name, TicketPerson.address).where(
        TicketPerson.ticket_id == ticket_id, TicketPerson.role == "requester"
    )
    row = unit.session.execute(found).first()
    return (row.name or row.address) if row is not None else ""
