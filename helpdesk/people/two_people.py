"""Four eyes: who proposes never decides, and who decides is nobody's stand-in (retention 4.4, RD-40)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from helpdesk.errors import NotAllowed
from helpdesk.models import AccountRole
from helpdesk.people.access import VERBS, require
from helpdesk.unit import Unit

_SETTLED_IN = dt.timedelta(days=1)
_NEVER_SECOND = frozenset({"functional_admin", "technical_admin"})


def require_second(unit: Unit, verb: str, first_id: int | None) -> None:
    """Let only a true second person pass: another account, with a role that may, held for a day, none that proposes.

    Raises NotFound without the verb, NotAllowed with a sentence otherwise. The database refuses the same account, too.
    """
    require(unit.actor, verb)
    fault = second_refused(unit, verb, first_id)
    if fault is not None:
        raise fault


def second_refused(unit: Unit, verb: str, first_id: int | None) -> NotAllowed | None:
    """Why somebody who has the verb can't be the second person here, so that a page can say it; none when they can."""
    if unit.actor.is_system:
        return NotAllowed("A person has to decide this.", code="second_person")
    if unit.actor.account_id == first_id:
        return NotAllowed("Somebody else has to decide this: it is your own proposal.", code="second_person")
    if unit.actor.roles & _NEVER_SECOND:
        return NotAllowed("Who administers the system can't decide this as well.", code="second_person")
    granted = unit.session.scalars(
        select(AccountRole.granted_at).where(
            AccountRole.account_id == unit.actor.account_id, AccountRole.role.in_(VERBS[verb])
        )
    ).all()
    if not any(at is None or unit.now - at >= _SETTLED_IN for at in granted):
        return NotAllowed("Your role for this is younger than a day. Ask somebody else.", code="second_person")
    return None
