"""A list in each of its orders, page by page: nothing twice and nothing left out."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, update

from helpdesk.errors import NotFound
from helpdesk.models import Ticket
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.lists import ORDERS, list_page
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive

HOURS = {
    "waiting_since": (3, 1, 2, 2, 5, 4, 0),
    "opened_at": (1, 2, 3, 3, 4, 5, 6),
    "changed_at": (6, 5, 4, 4, 3, 2, 1),
}


@pytest.fixture
def marije(ports: Ports) -> Actor:
    receive(ports, *(letter(subject=f"Vraag {n}", message_id=f"<m{n}@x>") for n in range(7)))
    with unit_of_work(ports, SYSTEM) as unit:
        for at, ticket_id in enumerate(unit.session.scalars(select(Ticket.id).order_by(Ticket.id)).all()):
            times = {name: unit.now + dt.timedelta(hours=hours[at]) for name, hours in HOURS.items()}
            unit.session.execute(update(Ticket).where(Ticket.id == ticket_id).values(**times))
        account_id = create_account(unit, "marije@academie.example", "Marije Bos", ["advisor"], None)
    return Actor(account_id, frozenset({"advisor"}))


def pages(ports: Ports, actor: Actor, view: str, order: str) -> list[int]:
    """The last digits of the numbers, over all pages of three."""
    found: list[int] = []
    after: str | None = None
    with unit_of_work(ports, actor, write=False) as unit:
        while True:
            page = list_page(unit, view, after, 3, order)
            assert len(page.rows) <= 3
            found += [int(row.number[-1]) for row in page.rows]
            after = page.next
            if after is None:
                return found


@pytest.mark.parametrize(
    ("view", "order", "expected"),
    [
        ("open", "", [7, 2, 3, 4, 1, 6, 5]),
        ("open", "newest", [7, 6, 5, 4, 3, 2, 1]),
        ("open", "oldest", [1, 2, 3, 4, 5, 6, 7]),
        ("all", "", [1, 2, 4, 3, 5, 6, 7]),
        ("all", "newest", [1, 2, 4, 3, 5, 6, 7]),
        ("all", "oldest", [7, 6, 5, 3, 4, 2, 1]),
    ],
)
def test_every_page_once_in_its_order(ports: Ports, marije: Actor, view: str, order: str, expected: list[int]) -> None:
    assert pages(ports, marije, view, order) == expected


def test_an_order_that_is_none_is_not_found(ports: Ports, marije: Actor) -> None:
    assert set(ORDERS) == {"", "newest", "oldest"}
    with pytest.raises(NotFound):
        pages(ports, marije, "open", "password_hash")
