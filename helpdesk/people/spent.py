"""What may be used once: noted as used by its keyed digest, so that it opens nothing a second time; says no more."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete
from sqlalchemy.dialects import postgresql, sqlite

from helpdesk.models import SpentToken
from helpdesk.unit import Unit


def spend(unit: Unit, purpose: str, word: str, until: dt.datetime) -> bool:
    """Use this word up; of any number who try at once one succeeds. From `until` on nobody may take it any more."""
    dialect = postgresql if unit.session.connection().dialect.name == "postgresql" else sqlite
    row = {"digest": unit.ports.keys.session_digest(f"{purpose}:{word}"), "expires_at": until}
    used = dialect.insert(SpentToken).values(row).on_conflict_do_nothing().returning(SpentToken.digest)
    return unit.session.scalar(used) is not None


def forget_spent(unit: Unit) -> None:
    """Delete what is too old to be taken, used or not."""
    over = delete(SpentToken).where(SpentToken.expires_at <= unit.now)
    unit.session.execute(over.execution_options(synchronize_session=False))
