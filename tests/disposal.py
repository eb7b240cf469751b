"""Lists for tests: tickets whose term has ended, listed, decided on by people, and run; and what is left of them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import delete, inspect, select, text

from helpdesk.models import DisposalList, Flag, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy import destruction, listing, lists
from helpdesk.privacy.destruction import Ran
from helpdesk.retention.ledger import Entry, read
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.holds import let_terms_end
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force

WINDOW = dt.timedelta(days=8)


def due(ports: Ports, count: int = 3, **more: Any) -> list[str]:
    """Tickets of people from outside whose term has ended; returns their numbers."""
    policy_in_force(ports)
    mails = (
        letter(
            f"Vraag {n} over woord{n}.",
            subject=f"Onderwerp {n}",
            sender=f"a{n}@x.example",
            message_id=f"<{n}@x>",
            **more,
        )
        for n in range(1, count + 1)
    )
    receive(ports, *mails)
    let_terms_end(ports)
    return [f"2026-{n:05}" for n in range(1, count + 1)]


def listed(ports: Ports, proposer: Actor, second: Actor | None = None) -> int:
    """All that is due on a list, proposed, and approved if there is a second person; returns the list's id."""
    (list_id,) = listing.propose(ports)
    with unit_of_work(ports, proposer) as unit:
        lists.propose(unit, list_id)
    if second is not None:
        with unit_of_work(ports, second) as unit:
            lists.approve(unit, list_id)
    return list_id


def pass_window(ports: Ports) -> None:
    """Let the window for objections pass, and the clock be as if somebody had looked every day."""
    wait(ports, WINDOW)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Flag).where(Flag.name == destruction.LOOKED_AT))


def destroyed(ports: Ports, proposer: Actor, second: Actor) -> Ran:
    """Everything that is due, destroyed as people do it."""
    listed(ports, proposer, second)
    pass_window(ports)
    return destruction.run(ports)


def list_state(ports: Ports, list_id: int) -> str:
    """Where a list stands."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return unit.session.get_one(DisposalList, list_id).state


def ledger(ports: Ports, op: str) -> list[Entry]:
    """The lines of one kind in the ledger."""
    return [entry for entry in read(ports.ledger.lines()) if entry.op == op]


def destroy_ids(ports: Ports, numbers: Iterable[str]) -> set[str]:
    """The random names of these tickets."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return set(unit.session.scalars(select(Ticket.destroy_id).where(Ticket.number.in_(list(numbers)))))


def dump(ports: Ports, but: Iterable[str] = ()) -> dict[str, list[str]]:
    """Every row of every table, sorted, but for these tables and the engine's own."""
    found = {}
    with ports.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            if table in but or table.startswith("search_index_"):
                continue
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings()  # noqa: S608 - names of our own schema
            found[table] = sorted(json.dumps(dict(row), default=str, sort_keys=True) for row in rows)
    return found


def files(root: Path) -> set[str]:
    """The names of all blobs below a folder."""
    return {path.name for path in root.rglob("*") if path.is_file()}
