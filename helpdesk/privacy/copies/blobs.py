"""The bytes of a ticket on the disk: raw mails, files, files of drafts. Knows keys, reads no bytes."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import CompoundSelect, select, union_all

from helpdesk.errors import Unavailable
from helpdesk.models import InboundMail
from helpdesk.ports import Ports
from helpdesk.privacy.copies.plan import blob_columns
from helpdesk.row_sets import among_ids, ids_given
from helpdesk.unit import Unit


def keys_of(unit: Unit, ids: Collection[int]) -> frozenset[str]:
    """The keys of all bytes that belong to these tickets."""
    connection = unit.session.connection()
    dialect = connection.dialect.name
    return frozenset(key for key in connection.execute(_keys(dialect), ids_given(dialect, ids)).scalars() if key)


@cache
def _keys(dialect: str) -> CompoundSelect[Any]:
    own = (select(step.table.c[name]).where(step.here(dialect)) for step, name in blob_columns())
    # A second sighting of a mail has no bytes of its own; one that got some all the same is no exception.
    first = select(InboundMail.id).where(among_ids(dialect, InboundMail.ticket_id))
    return union_all(*own, select(InboundMail.blob).where(InboundMail.duplicate_of_id.in_(first)))


def destroy(ports: Ports, keys: Collection[str]) -> None:
    """Unlink them, sync the folders, and look that they are gone. May be repeated. Raises Unavailable."""
    try:
        ports.blobs.destroy(sorted(keys))
    except OSError as fault:
        raise Unavailable("Files can't be destroyed now.", code="blobs") from fault
    left = [key for key in keys if any(path.exists() for path in ports.blobs.places(key))]
    if left:
        raise Unavailable("{count} destroyed files are still there.", code="blobs_left", count=len(left))
