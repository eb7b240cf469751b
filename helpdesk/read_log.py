"""The log of reads: whoever is given the content of a ticket leaves a line; the only writer of AccessLog (RD-110).

Who, which ticket, when and how; never what was read, nor what was searched for. A line goes with its ticket.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal, get_args

from sqlalchemy import BigInteger, String, insert, literal, select

from helpdesk.models import AccessLog, Ticket
from helpdesk.models.base import UtcTime
from helpdesk.unit import Unit

How = Literal[
    "page",  # the page of the ticket
    "part",  # a part of that page, asked for by itself
    "search",  # its first words among the results of a search
    "file",  # an attachment
    "source",  # a mail as it came in
    "html",  # a mail in its own layout
    "print",  # the page to print
    "export",  # the conversation as a file
    "list",  # its subject on a list for destruction
    "shell",  # the command line, where nobody signs in
]
HOWS: tuple[str, ...] = get_args(How)


def note_reads(unit: Unit, ticket_ids: Collection[int], how: How) -> None:
    """Write that the actor reads these tickets: one statement, behind the unit if it only reads.

    What can't be written down is not given out: then the reading raises Unavailable.
    """
    if ticket_ids:
        unit.behind(lambda writing: _write(writing, ticket_ids, how))


def _write(unit: Unit, ticket_ids: Collection[int], how: How) -> None:
    """A ticket that was destroyed in between gets no line; the lock keeps one from going while its line is written."""
    given = unit.given(ticket_ids)
    who = literal(unit.actor.account_id, BigInteger)
    there = select(Ticket.id, who, literal(how, String), literal(unit.now, UtcTime)).join(
        given, given.c.id == Ticket.id
    )
    there = there.with_for_update(key_share=True, read=True, of=Ticket)
    columns = [AccessLog.ticket_id, AccessLog.account_id, AccessLog.verb, AccessLog.at]
    unit.session.execute(insert(AccessLog).from_select(columns, there))
