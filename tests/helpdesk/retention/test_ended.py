"""Terms that only time has ended: called due without asking who asked what, and never where anything keeps a ticket."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, select, update

from helpdesk.models import InboundMail, Person, Ticket
from helpdesk.ports import Ports
from helpdesk.privacy.policies import shipped_text
from helpdesk.retention import clock
from helpdesk.retention.policy import in_force
from helpdesk.retention.terms import day_of
from helpdesk.unit import SYSTEM, unit_of_work
from tests.holds import place, states
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force, staff

KINDS = ("plain", "held", "lies", "open", "restricted", "merged", "later", "plain")
"""What is with each of the tickets when its day comes; `later` is a question of yesterday."""


@contextmanager
def _tables_asked(ports: Ports) -> Iterator[set[str]]:
    found = set[str]()

    def asked(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.update(re.findall(r"(?:FROM|JOIN|UPDATE) (\w+)", statement))

    event.listen(ports.engine, "before_cursor_execute", asked)
    try:
        yield found
    finally:
        event.remove(ports.engine, "before_cursor_execute", asked)


def _dated(ports: Ports, *kinds: str) -> list[str]:
    """A ticket of each kind, done and gone from the mailbox, whose day has come but for those of `later`."""
    policy_in_force(ports)
    mails = (letter(kind, sender=f"{n}@x.example", message_id=f"<{n}@x>") for n, kind in enumerate(kinds))
    receive(ports, *mails)
    numbers = [f"2026-{n:05}" for n, _kind in enumerate(kinds, 1)]
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Person).values(kind="external"))
        unit.session.execute(update(InboundMail).values(removed_at=unit.now))
        unit.session.execute(update(Ticket).values(status="done", done_at=unit.now))
        for ticket_id in unit.session.scalars(select(Ticket.id)).all():
            clock.touch(unit, ticket_id)
    assert set(states(ports)) == {"dated"}
    return numbers


def _change(ports: Ports, number: str, kind: str) -> None:
    """Without a word to the clock, as a transaction may that ends beside it."""
    here = select(Ticket.id).where(Ticket.number == number).scalar_subquery()
    with unit_of_work(ports, SYSTEM) as unit:
        run = unit.session.execute
        if kind == "lies":
            run(update(InboundMail).where(InboundMail.ticket_id == here).values(source="imap", removed_at=None))
        if kind == "open":
            run(update(Ticket).where(Ticket.number == number).values(status="open"))
        if kind == "restricted":
            run(update(Ticket).where(Ticket.number == number).values(restricted=True))
        if kind == "merged":
            first = select(Ticket.id).where(Ticket.number == "2026-00001").scalar_subquery()
            run(update(Ticket).where(Ticket.number == number).values(merged_into_id=first))
        if kind == "later":
            later = day_of(unit.now) + dt.timedelta(days=500)
            run(update(Ticket).where(Ticket.number == number).values(due_on=later))


def test_a_day_that_comes_asks_neither_people_nor_messages(ports: Ports) -> None:
    _dated(ports, "plain", "plain")
    wait(ports, dt.timedelta(days=400))
    with _tables_asked(ports) as asked:
        assert clock.tick(ports) == 2
    assert states(ports) == ["due", "due"]
    assert "ticket" in asked
    assert not asked & {"person", "address", "fact", "entry", "content"}


def test_what_keeps_a_ticket_is_seen_on_its_day_as_a_full_reckoning_sees_it(ports: Ports) -> None:
    numbers = _dated(ports, *KINDS)
    place(ports, staff(ports, "piet", "privacy_officer"), numbers=[numbers[KINDS.index("held")]])
    for number, kind in zip(numbers, KINDS, strict=True):
        _change(ports, number, kind)
    wait(ports, dt.timedelta(days=400))
    clock.tick(ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(
            select(Ticket.id, Ticket.number, Ticket.retention_state, Ticket.due_on, Ticket.recheck_on, Ticket.rule)
        ).all()
        full = {row.id: clock.reckoned(unit.session, row.id, in_force(unit.session), day_of(unit.now)) for row in rows}
    for row in rows:
        one = full[row.id]
        assert tuple(row[2:]) == (one.state, one.due_on, one.recheck_on, one.rule), row.number
    found = dict(zip(KINDS, states(ports), strict=True))
    assert found["plain"] == "due"
    assert len(set(found.values())) == len(set(KINDS)) - 1, "all kinds but `later` and `plain` differ"


def test_a_day_under_a_register_that_is_no_longer_in_force_is_reckoned_anew(ports: Ports) -> None:
    _dated(ports, "plain")
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(update(Ticket).values(policy_version="000000000000"))
    wait(ports, dt.timedelta(days=400))
    with _tables_asked(ports) as asked:
        clock.tick(ports)
    assert "person" in asked
    assert states(ports) == ["due"]
    version = policy_in_force(ports, shipped_text("551") + b"\n# the same once more\n")
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Ticket.policy_version)).all() == [version]
