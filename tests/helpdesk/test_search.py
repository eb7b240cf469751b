"""Full text: hits come newest first and none is missed, wherever they lie; what is forgotten is gone from the files."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select, text

from helpdesk import search
from helpdesk.models import Entry, KnownName, KnownNameWord, SearchText, Ticket
from helpdesk.ports import Ports
from helpdesk.search import a_word_of_each, forget_entry, index_new_entry, newest_hits, still_found
from helpdesk.text.stems import query_stems
from helpdesk.tickets.finding import search_page
from helpdesk.unit import SYSTEM, Unit, unit_of_work
from tests.letters import letter, receive
from tests.services.postgres import Postgres
from tests.services.process import wait_until

SPREAD = 29_989
"""Ids between one entry and the next: 1,000 of them fill windows of every size, and what lies beyond."""
ENTRIES = 1000
WORDS: dict[str, Callable[[int], bool]] = {
    "overal": lambda nth: nth >= 0,
    "vroeger": lambda nth: nth < 230,
    "pas": lambda nth: nth > 980,
    "soms": lambda nth: nth % 37 == 5,
    "tijdelijk": lambda nth: 400 < nth < 500,
    "zelden": lambda nth: nth in (0, 560, 999),
}


def _ticket(unit: Unit) -> int:
    return unit.session.scalar(select(Ticket.id).limit(1)) or 0


def _write(unit: Unit, ticket_id: int, entry_id: int, words: str) -> None:
    values = {"id": entry_id, "ticket_id": ticket_id, "kind": "note", "at": unit.now, "html_state": "none"}
    unit.session.execute(insert(Entry).values(**values, remote_images=0))
    index_new_entry(unit, ticket_id, entry_id, words)


@pytest.fixture
def spread(ports: Ports) -> Iterator[tuple[Unit, dict[int, set[str]]]]:
    """A unit over entries with ids far apart, and the words of each."""
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM) as unit:
        ticket_id = _ticket(unit)
        written = {
            100 + nth * SPREAD: {word for word, stands in WORDS.items() if stands(nth)} for nth in range(ENTRIES)
        }
        for entry_id, words in written.items():
            _write(unit, ticket_id, entry_id, " ".join(words))
        yield unit, written


@pytest.mark.parametrize("batch", [2000, 40])
def test_hits_come_newest_first_and_none_is_missed(
    spread: tuple[Unit, dict[int, set[str]]], batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, written = spread
    monkeypatch.setattr(search, "BATCH", batch)
    pairs = [(), *[(word,) for word in WORDS], ("soms", "tijdelijk"), ("vroeger", "pas"), ("overal", "zelden")]
    for wanted in pairs[1:]:
        found = [entry_id for entry_id, _ticket_id in chain(*newest_hits(unit, " ".join(wanted)))]
        assert found == [entry_id for entry_id in reversed(written) if written[entry_id] >= set(wanted)], wanted
    assert list(newest_hits(unit, "nergens")) == list(newest_hits(unit, "?!")) == []


def test_the_newest_hits_of_a_frequent_word_are_there_after_one_look(
    spread: tuple[Unit, dict[int, set[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    unit, written = spread
    monkeypatch.setattr(search, "BATCH", 40)
    first = next(newest_hits(unit, "overal"))
    assert 0 < len(first) <= 40
    assert [entry_id for entry_id, _ticket_id in first] == list(reversed(written))[: len(first)]


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("De trainingen van Café Zürich", "training cafe zurich"),
        ("workshops about learning", "workshop learn"),
        ("rapport_v2.pdf", "rapport v2"),
        ("日本語 Ελληνικά 𞤀𞤣", "日本語 ελληνικα"),
        ("12e5 3.14 0x1f a1b2c3", "12e5 a1b2c3 0x1f"),
        ("A14 b C0 'quote\\ & | ! :* <->", "a14 quote b"),
    ],
)
def test_words_are_found_however_they_are_written(ports: Ports, said: str, asked: str) -> None:
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM) as unit:
        _write(unit, _ticket(unit), 9000, said)
        assert [entry_id for entry_id, _ in chain(*newest_hits(unit, asked))] == [9000]


def test_random_texts_are_found_by_the_same_words_on_both_databases(ports: Ports) -> None:
    draw = random.Random(20261122)
    letters = [chr(number) for number in range(0x21, 0x17F)] + ["ß", "ı", "ﷺ", "ǅ", "१", "𝟙", "한", "\u0301", "🙂"]
    receive(ports, letter())
    asked = 0
    with unit_of_work(ports, SYSTEM) as unit:
        ticket_id = _ticket(unit)
        for entry_id in range(5000, 5200):
            said = " ".join("".join(draw.choices(letters, k=draw.randint(1, 12))) for _ in range(5))
            _write(unit, ticket_id, entry_id, said)
            if query_stems(said):
                asked += 1
                assert entry_id in [found for found, _ in chain(*newest_hits(unit, said))], said
    assert asked > 150


CANARIES = ("kwartelkoning", "zeggekorfslak", "femkezaad", "grutterij")
"""Words whose beginnings nothing else shares: full text stores a word as what differs from the one before."""


def test_what_is_forgotten_is_gone_from_the_index_and_its_files(ports: Ports, request: pytest.FixtureRequest) -> None:
    sender = f"{CANARIES[2]} de Vries <{CANARIES[3]}@minbz.example>"
    receive(ports, letter(), letter(CANARIES[0], subject=CANARIES[1], sender=sender, message_id="<m2@minbz.example>"))
    with unit_of_work(ports, SYSTEM) as unit:
        assert all(search_page(unit, word).total == 1 for word in CANARIES)
        ticket_id = unit.session.scalar(select(Ticket.id).order_by(Ticket.id.desc()).limit(1)) or 0
    assert set(CANARIES) == _in_files(ports, request)
    with unit_of_work(ports, SYSTEM) as unit:
        for entry_id in unit.session.scalars(select(Entry.id).where(Entry.ticket_id == ticket_id)).all():
            forget_entry(unit, ticket_id, entry_id)
        unit.session.execute(text("UPDATE person SET display_name = NULL, folded = NULL"))
        unit.session.execute(text("UPDATE address SET value = 'weg' || id"))
        unit.session.execute(delete(Ticket).where(Ticket.id == ticket_id))
    with unit_of_work(ports, SYSTEM) as unit:
        assert not any(search_page(unit, word).total for word in CANARIES)
        assert search_page(unit, "femke").total == 1
        assert unit.session.scalars(select(SearchText.ticket_id)).all() == [_ticket(unit)]
        assert len(unit.session.scalars(select(KnownName.id)).all()) == 1
        assert not set(unit.session.scalars(select(KnownNameWord.word))) & set(CANARIES)
    assert _in_files(ports, request) == set()


def test_what_the_index_still_holds_is_found_by_a_word_of_each_entry(ports: Ports) -> None:
    """On SQLite, whose index has tokens of its own: rows that are gone say nothing about it."""
    receive(ports, letter())
    with unit_of_work(ports, SYSTEM) as unit:
        ticket_id = _ticket(unit)
        asked = unit.session.scalars(select(Entry.id)).one()
        for entry_id, words in ((1001, "Overal vroeger"), (1002, ""), (1003, "pas")):
            _write(unit, ticket_id, entry_id, words)
        unit.rows.write()
        words_of = a_word_of_each(unit, [ticket_id])
        expected = [asked, 1001, 1003] if ports.engine.dialect.name == "sqlite" else []
        assert sorted(words_of) == expected
        assert sorted(still_found(unit, words_of)) == expected
        forget_entry(unit, ticket_id, 1001)
        unit.session.execute(delete(SearchText).where(SearchText.entry_id == 1003))
        assert sorted(still_found(unit, words_of)) == [one for one in expected if one != 1001]


_LOOKING = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()"""


def _in_files(ports: Ports, request: pytest.FixtureRequest) -> set[str]:
    """The canaries in the bytes of the database's tables and indexes, once both are written out and tidied."""
    if ports.engine.dialect.name == "sqlite":
        with ports.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.exec_driver_sql("INSERT INTO search_index(search_index) VALUES ('optimize')")
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        files = [Path(ports.engine.url.database or "")]
    else:
        server: Postgres = request.getfixturevalue("postgres_server")
        with ports.engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            # Whoever looks with an older snapshot, as autovacuum may, has VACUUM keep what he could still see.
            wait_until(lambda: connection.exec_driver_sql(_LOOKING).scalar() == 0, 30, 0.1)
            connection.exec_driver_sql("VACUUM FULL")
            connection.exec_driver_sql("CHECKPOINT")
            folder = connection.exec_driver_sql("SELECT oid FROM pg_database WHERE datname = current_database()")
            files = sorted((server.data / "base" / str(folder.scalar())).iterdir())
    held = b"".join(file.read_bytes() for file in files).lower()
    return {word for word in CANARIES if word.encode() in held}
