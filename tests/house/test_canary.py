"""An odd word in every corner of a mail and its answer: found only in columns that say so, in no log, hint or nudge."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import cast

import pytest
from sqlalchemy import inspect, text

from helpdesk.adapters.memory import MemoryBus, MemoryJobs
from helpdesk.logs import AllowListFormatter
from helpdesk.mail.outbox_delivery import deliver_waiting
from helpdesk.models import Base
from helpdesk.people.accounts import create_account
from helpdesk.ports import Ports
from helpdesk.tickets.cleaning import drain as clean
from helpdesk.tickets.finding import search_page
from helpdesk.tickets.replying import Answer, add_note, reply
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.letters import letter, receive

CANARY = "kwetterzwaluw"
ASKER = f"{CANARY}-afzender@minbz.example"
NUMBER = "2026-00001"


def _planted() -> bytes:
    return letter(
        f"{CANARY}-tekst: kan het anders?",
        subject=f"{CANARY}-onderwerp",
        sender=f"{CANARY}-naam <{ASKER}>",
        message_id=f"<{CANARY}-id@minbz.example>",
        html=f"<p title='{CANARY}'>{CANARY}-html</p>",
        files=((f"{CANARY}-bestand.txt", f"{CANARY}-inhoud".encode()),),
        Cc=f"{CANARY}-cc <{CANARY}-cc@minbz.example>",
        References=f"<{CANARY}-ref@minbz.example>",
        X_Planted=f"{CANARY}-kop",
        Organization=f"{CANARY}-organisatie",
    )


def _lived_through(ports: Ports) -> None:
    """The mail comes in, is searched for, noted on, answered, and the answer leaves."""
    receive(ports, _planted())
    clean(ports)
    with unit_of_work(ports, SYSTEM) as unit:
        account = create_account(unit, "sanne@academie.example", "Sanne", ["advisor"], "een lang wachtwoord 12")
    actor = Actor(account, frozenset({"advisor"}))
    with unit_of_work(ports, actor) as unit:
        assert search_page(unit, f"{CANARY}-tekst").rows
        add_note(unit, NUMBER, f"{CANARY}-notitie", "n1")
    with unit_of_work(ports, actor) as unit:
        version = thread_of(unit, NUMBER).ticket.version
        reply(unit, NUMBER, Answer(f"{CANARY}-antwoord", (ASKER,), "done", version, "c1"))
    deliver_waiting(ports)


def _found(ports: Ports) -> Iterator[tuple[str, str]]:
    """Every table and column of the database, also those no model knows, that holds the word."""
    with ports.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            rows = connection.execute(text(f'SELECT * FROM "{table}"')).mappings()  # noqa: S608 - a name of our own schema
            seen = {column for row in rows for column, value in row.items() if CANARY in _plain(value)}
            yield from ((table, column) for column in seen)


def _plain(value: object) -> str:
    return value.decode("utf-8", "replace").lower() if isinstance(value, bytes) else str(value).lower()


def _declared(table: str, column: str) -> bool:
    """Whether the column is personal; full text of the engine and partitions belong to their table."""
    base = "search_text" if table.startswith("search_index") else re.sub(r"_\d\d$", "", table)
    known = Base.metadata.tables.get(table, Base.metadata.tables.get(base))
    if known is None:
        return False
    if column not in known.columns:
        return base == "search_text"
    return "personal" in known.columns[column].info


def test_the_word_is_found_only_in_columns_that_say_personal(ports: Ports) -> None:
    _lived_through(ports)
    found = set(_found(ports))
    assert {column for _table, column in found} >= {"text", "stems", "address"}, f"the scan sees too little: {found}"
    leaks = sorted(f"{table}.{column}" for table, column in found if not _declared(table, column))
    assert not leaks, f"personal data in columns that say plain(): {leaks}"


def test_no_log_hint_or_nudge_holds_the_word(ports: Ports, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    _lived_through(ports)
    written = [AllowListFormatter("test").format(record) for record in caplog.records]
    hints, nudges = cast("MemoryBus", ports.bus).hints, cast("MemoryJobs", ports.jobs).nudges
    assert hints
    assert nudges
    assert not [line for line in (*written, str(hints), str(nudges)) if CANARY in line.lower()]
