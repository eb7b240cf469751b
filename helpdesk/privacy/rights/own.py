"""Requests that people record themselves, signed in by an address of theirs; they arrive in the officers' worklist."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.errors import Conflict, Invalid, Unavailable
from helpdesk.models import Account, AccountRole, Person, RightsRequest
from helpdesk.people.access import requester_of
from helpdesk.privacy.rights.answering import checked_text, take_measures
from helpdesk.privacy.rights.codes import KIND
from helpdesk.privacy.rights.deadlines import answer_by
from helpdesk.retention.terms import day_of
from helpdesk.security_log import note
from helpdesk.text.language import N_
from helpdesk.unit import Unit

KINDS = ("access", "rectification", "objection")
"""What somebody can ask for in the portal; for other rights they write."""
PORTAL = "portal"
_NO_WORDS = "–"


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request of one's own; `decision` is a fixed code once it is answered."""

    kind: str
    received_on: dt.date
    due_on: dt.date
    decision: str | None


def open_own(unit: Unit, kind: str, words: str) -> int:
    """Record a request about oneself; returns its id. What it does by itself it does at once: keep, or restrict.

    Words are needed for all but access. Raises Invalid for those that lack; Conflict while one of the kind is not
    answered, and for an address that several people use, which is nobody's; Unavailable where nobody handles requests.
    """
    who = requester_of(unit)
    if who.shared:
        raise Conflict("Several people use this address. Write to us which data it is about.", code="shared_address")
    if kind not in KINDS:
        raise Invalid("Choose one of the kinds: {kinds}.", field="kind", kinds=", ".join(KIND[one] for one in KINDS))
    said = checked_text(words or (_NO_WORDS if kind == "access" else ""), "wish", N_("Write down what you ask."))
    unit.session.execute(select(Person.id).where(Person.id == who.person_id).with_for_update())
    mine = (RightsRequest.person_id == who.person_id) & (RightsRequest.kind == kind)
    if unit.session.scalar(select(RightsRequest.id).where(mine, RightsRequest.state != "closed").limit(1)) is not None:
        raise Conflict("You asked this before, and we are working on it.", code="asked_before")
    today = day_of(unit.now)
    found = RightsRequest(
        kind=kind,
        person_id=who.person_id,
        received_on=today,
        due_on=answer_by(today),
        wish=said,
        channel=PORTAL,
        opened_by_id=_officer(unit),
        opened_at=unit.now,
    )
    unit.session.add(found)
    unit.session.flush()
    note(unit, "request.open", "request", found.id)
    take_measures(unit, found)
    return found.id


def _officer(unit: Unit) -> int:
    """The privacy officer to whom it falls until somebody takes it: the one who is here longest."""
    officers = (
        select(Account.id)
        .join(AccountRole, AccountRole.account_id == Account.id)
        .where(AccountRole.role == "privacy_officer", Account.active.is_(True))
    )
    found = unit.session.scalar(officers.order_by(Account.id).limit(1))
    if found is None:
        raise Unavailable("Nobody can take your request here now. Send it by e-mail.", code="no_officer")
    return found


def own_requests(unit: Unit) -> list[OwnRequest]:
    """One's own requests, the newest first; none for an address that several people use."""
    who = requester_of(unit)
    if who.shared:
        return []
    rows = select(RightsRequest).where(RightsRequest.person_id == who.person_id).order_by(RightsRequest.id.desc())
    return [
        OwnRequest(row.kind, row.received_on, row.due_on, row.decision if row.state == "closed" else None)
        for row in unit.session.scalars(rows)
    ]
