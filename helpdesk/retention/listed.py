"""Lists for destruction as the clock meets them: what takes a ticket off its list, and for how long people did.

Making lists and deciding on them stands in `helpdesk.privacy`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from helpdesk.models import DisposalItem, Ticket
from helpdesk.retention.terms import Period, due_on
from helpdesk.row_sets import among

EXCEPTED_FOR = Period(months=3)
"""How long a ticket that a person took off a list stays off; what must be kept longer needs a hold."""
FACTS, POLICY, LIST = "facts", "policy", "list"
"""Why a ticket is off its list, besides what blocks it: other dates or people, another register, the list withdrawn."""


def reason(state: str, *, other_text: bool) -> str:
    """The fixed code for a ticket that is in this state now; `other_text` when another register counts since."""
    before, colon, why = state.partition(":")
    if colon and (before == "blocked" or why == "merged"):
        return why
    return POLICY if other_text else FACTS


def take_off(session: Session, reasons: Mapping[int, str]) -> None:
    """Take these tickets off their list, but for those that are still on it after all (RD-42)."""
    for code in set(reasons.values()):
        ids = [ticket_id for ticket_id, why in reasons.items() if why == code]
        on = among(session, DisposalItem.ticket_id, ids)
        stays = select(Ticket.id).where(
            among(session, Ticket.id, ids), Ticket.retention_state.in_(("listed", "destroying"))
        )
        gone = update(DisposalItem).where(on, DisposalItem.state == "listed", DisposalItem.ticket_id.not_in(stays))
        session.execute(gone.values(state="withdrawn", reason=code).execution_options(synchronize_session=False))


def excepted_until(session: Session, ids: Collection[int]) -> dict[int, dt.date]:
    """From when on those of these tickets may be listed again that a person took off a list."""
    if not ids:
        return {}
    newest = (
        select(DisposalItem.ticket_id, func.max(DisposalItem.excepted_from))
        .where(among(session, DisposalItem.ticket_id, ids), DisposalItem.state == "excepted")
        .group_by(DisposalItem.ticket_id)
    )
    return {ticket_id: due_on(day, EXCEPTED_FOR) for ticket_id, day in session.execute(newest) if day is not None}
