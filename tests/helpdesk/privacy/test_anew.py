"""PostgreSQL's tables written anew beside themselves: nothing is lost, nothing is left, and it goes on after a kill."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, select, text, update

from helpdesk.models import Attachment, Content, Flag, KnownName, KnownNameWord, SearchText, TicketPerson
from helpdesk.ports import Ports
from helpdesk.privacy.copies import anew
from helpdesk.privacy.copies.inventory import require_known
from helpdesk.unit import SYSTEM, unit_of_work
from tests.conftest import PortsMaker
from tests.letters import letter, receive
from tests.services.fresh import FreshDatabases

_KNOWN = TicketPerson.known_name_id
TABLES = [f"{table}_{part:02}" for part in range(32) for table in ("content", "search_text")]
PLAIN = ["access_log", "attachment", "known_name_word", "outgoing_recipient", "search_query", "seen", "ticket_person"]
"""What may be written beside itself: nobody points at it, and it has no triggers."""
SHAPE = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attstattarget,
  pg_get_expr(d.adbin, d.adrelid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
  AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE c.relname = ANY(:names) UNION ALL
SELECT c.relname, i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisvalid, a.attstattarget,
  (SELECT inhparent::regclass::text FROM pg_inherits WHERE inhrelid = i.indexrelid)
  FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
  JOIN pg_attribute a ON a.attrelid = i.indexrelid WHERE c.relname = ANY(:names) UNION ALL
SELECT c.relname, k.conname, pg_get_constraintdef(k.oid), k.convalidated, k.conparentid::int,
  pg_get_partition_constraintdef(c.oid) IS NULL || '' FROM pg_class c JOIN pg_constraint k ON k.conrelid = c.oid
  WHERE c.relname = ANY(:names) UNION ALL
SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgisinternal, 0, t.tgenabled::text
  FROM pg_class c JOIN pg_trigger t ON t.tgrelid = c.oid WHERE c.relname = ANY(:names) AND NOT t.tgisinternal UNION ALL
SELECT c.relname, 'acl', acl::text, c.relispartition, 0, pg_get_expr(c.relpartbound, c.oid)
  FROM pg_class c LEFT JOIN aclexplode(c.relacl) acl ON true WHERE c.relname = ANY(:names)
"""


@pytest.fixture
def ports(make_ports: PortsMaker, fresh_databases: FreshDatabases) -> Iterator[Ports]:
    """Ports on PostgreSQL only: SQLite writes nothing anew."""
    yield make_ports(fresh_databases.take())
    fresh_databases.give_back()


def _mails(first: int, last: int) -> list[bytes]:
    return [
        letter(f"vraag {n}", sender=f"p{n}@x.example", message_id=f"<{n}@x>", files=((f"b{n}.txt", b"inhoud"),))
        for n in range(first, last)
    ]


def _shape(connection: Connection) -> set[tuple[Any, ...]]:
    return set(map(tuple, connection.execute(text(SHAPE), {"names": TABLES + PLAIN})))


def _rows(connection: Connection) -> list[list[tuple[Any, ...]]]:
    tables = (Content, SearchText, TicketPerson, Attachment)
    return [sorted(map(tuple, connection.execute(select(table.__table__))), key=repr) for table in tables]


def test_a_table_written_beside_itself_is_the_same_table(ports: Ports) -> None:
    receive(ports, *_mails(1, 9))
    with ports.engine.begin() as connection:
        connection.execute(text("CREATE ROLE may_read; GRANT SELECT ON ticket_person TO may_read"))
        before, rows = _shape(connection), _rows(connection)
    assert len(before) > 500, "the comparison sees the tables"
    for table in TABLES[:4] + PLAIN:
        anew.write_beside(ports, table)
    with ports.engine.begin() as connection:
        after = _shape(connection)
        assert after == before
        assert _rows(connection) == rows
        connection.execute(text("DROP OWNED BY may_read; DROP ROLE may_read"))
    receive(ports, *_mails(9, 12))
    with ports.engine.connect() as connection:
        assert connection.scalar(select(func.count(TicketPerson.id))) == 11, "its counter went along"


def test_what_others_do_meanwhile_is_in_the_copy(ports: Ports) -> None:
    receive(ports, *_mails(1, 41))
    for nth, step in enumerate(("begin", "copy", "link", "check", "swap")):
        for table in (*TABLES, "ticket_person"):
            _call(ports, step, table)
        if step == "swap":
            break
        receive(ports, *_mails(100 * nth + 41, 100 * nth + 46))
        with ports.engine.begin() as connection:
            connection.execute(update(Content).where(Content.id % 7 == nth).values(text=f"geschreven {nth}"))
            connection.execute(delete(SearchText).where(SearchText.entry_id % 11 == nth))
            gone = connection.scalars(delete(TicketPerson).where(TicketPerson.id % 9 == nth).returning(_KNOWN)).all()
            assert gone, "there is something to take away"
            connection.execute(delete(KnownNameWord).where(KnownNameWord.known_name_id.in_(gone)))
            connection.execute(delete(KnownName).where(KnownName.id.in_(gone)))
            rows = _rows(connection)
    with ports.engine.connect() as connection:
        assert _rows(connection) == rows
        seen = connection.scalars(text("SELECT DISTINCT tableoid::regclass::text FROM content")).all()
    assert set(seen) <= set(TABLES)


def test_which_tables_are_written_beside_themselves(ports: Ports) -> None:
    assert anew.in_place(ports, "content_00", anew.MOST_IN_PLACE)
    beside = [table for table in anew.to_write_anew() if not anew.in_place(ports, table, 0)]
    assert sorted(beside) == sorted(TABLES + PLAIN), "the others grow with people, not with tickets"


def _call(ports: Ports, step: str, table: str) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(select(getattr(func, f"beside_{step}")(table)))


def test_what_a_killed_process_left_is_removed_and_kept_nobody_out(ports: Ports) -> None:
    receive(ports, *_mails(1, 9))
    for table in (*TABLES, "ticket_person"):
        _call(ports, "begin", table)
    _call(ports, "copy", TABLES[0])
    receive(ports, *_mails(9, 12))
    require_known(ports)
    anew.clear_beside(ports)
    receive(ports, *_mails(12, 14))
    with ports.engine.connect() as connection:
        left = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relname ~ '_(anew|moved)$' AND relkind = 'r'")
        )
        assert left.all() == []
        assert connection.scalar(text("SELECT count(*) FROM pg_trigger WHERE tgname = 'beside_moved'")) == 0
        assert connection.scalar(select(func.count(TicketPerson.id))) == 13


def test_a_scrub_goes_on_where_it_came_to(ports: Ports) -> None:
    receive(ports, *_mails(1, 9))
    written: list[str] = []

    def write_all(goes_on: Callable[[], bool]) -> bool:
        return anew.write_all(ports, goes_on, lambda _ports, table: written.append(table))

    tables = list(anew.to_write_anew(0))
    assert not write_all(lambda: False)
    assert not write_all(lambda: len(written) < 3)
    assert write_all(lambda: True)
    assert written == tables, "each once"
    assert write_all(lambda: True)
    assert written == tables * 2, "a scrub that was done begins anew"

    with unit_of_work(ports, SYSTEM) as unit:
        anew.touch(unit, [1])
    assert not write_all(lambda: False)
    with unit_of_work(ports, SYSTEM) as unit:
        anew.touch(unit, [1, 2])
    written.clear()
    assert write_all(lambda: True)
    assert sorted(set(written)) == sorted(written)
    assert set(written) > set(tables), "what was touched meanwhile is written from the first table on"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(Flag.name).where(Flag.name.like("scrub%"))).all() == []


def test_what_is_touched_during_a_scrub_stays_noted(ports: Ports) -> None:
    receive(ports, *_mails(1, 3))

    def redacted(_ports: Ports, table: str) -> None:
        if table == "person":
            with unit_of_work(ports, SYSTEM) as unit:
                anew.touch(unit, [2])

    with unit_of_work(ports, SYSTEM) as unit:
        anew.touch(unit, [1])
    assert anew.write_all(ports, lambda: True, redacted)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.get(Flag, anew.TOUCHED) is not None
