"""What PostgreSQL planned for a connection stays planned from one read to the next."""

from __future__ import annotations

from sqlalchemy import select, text

from helpdesk.models import Ticket
from helpdesk.ports import Ports
from helpdesk.unit import NOBODY, unit_of_work
from tests.conftest import PortsMaker
from tests.services.fresh import FreshDatabases

ENOUGH = 8
"""Times that a statement is asked: the driver has PostgreSQL keep its plan after the fifth."""


def _asked(ports: Ports) -> int:
    with unit_of_work(ports, NOBODY, write=False) as unit:
        unit.session.execute(select(Ticket.number).where(Ticket.id == 1)).all()
        kept = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT ticket.number%'"
        return int(unit.session.execute(text(kept)).scalar_one())


def test_a_read_does_not_forget_the_plans_of_the_reads_before(
    make_ports: PortsMaker, fresh_databases: FreshDatabases
) -> None:
    ports = make_ports(fresh_databases.take())
    assert [_asked(ports) for _ in range(ENOUGH)][0::7] == [0, 1]
