"""Bytes between the rows of SQLite's pages: there after rows moved, gone afterwards, and no row is touched."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from helpdesk.adapters.database import connect_database
from helpdesk.adapters.sqlite_gaps import gaps

MARK = b"qzjwq"


def _words(count: int) -> list[str]:
    rnd = random.Random(11)
    return ["".join(rnd.choices("bcdfghjklmnp", k=14)) + MARK.decode() for _ in range(count)]


@pytest.fixture
def path(tmp_path: Path, sqlite_template: Path) -> Path:
    """A database in which words came in any order, and half of them were deleted, with secure_delete on."""
    place = tmp_path / "x.sqlite3"
    place.write_bytes(sqlite_template.read_bytes())
    engine = connect_database(f"sqlite:///{place}", durable=False)
    words = _words(6000)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE word (text TEXT PRIMARY KEY, more TEXT)")
    for start in range(0, len(words), 500):
        with engine.begin() as connection:
            rows = [(word, "x" * (start % 7)) for word in words[start : start + 500]]
            connection.exec_driver_sql("INSERT INTO word VALUES (?, ?)", rows)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM word WHERE rowid % 2")
    engine.dispose()
    return place


def _left(place: Path) -> set[str]:
    """Words that stand in the file, and in no row."""
    with sqlite3.connect(place) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        rows = {text for (text,) in database.execute("SELECT text FROM word")}
    content, at, found = place.read_bytes(), -1, set()
    while (at := content.find(MARK, at + 1)) >= 0:
        found.add(content[at - 14 : at + len(MARK)].decode("latin-1"))
    assert rows <= found
    return (found & set(_words(6000))) - rows


def test_no_deleted_word_is_left_and_no_row_is_touched(path: Path) -> None:
    with sqlite3.connect(path) as database:
        before = database.execute("SELECT * FROM word ORDER BY text").fetchall()
    assert _left(path), "secure_delete does not reach them"
    program = [sys.executable, "-m", "helpdesk.adapters.sqlite_gaps", str(path)]
    assert subprocess.run(program, check=False).returncode == 0
    assert _left(path) == set()
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("SELECT * FROM word ORDER BY text").fetchall() == before


def test_a_connection_that_held_the_page_in_memory_does_not_bring_it_back(path: Path) -> None:
    engine = connect_database(f"sqlite:///{path}", durable=False)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT count(*), max(more) FROM word").all()
        connection.rollback()
        program = [sys.executable, "-m", "helpdesk.adapters.sqlite_gaps", str(path)]
        assert subprocess.run(program, check=False).returncode == 0
        connection.exec_driver_sql("UPDATE word SET more = 'y'")
        connection.commit()
    engine.dispose()
    assert _left(path) == set()


def test_a_file_that_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    wrong = tmp_path / "x"
    wrong.write_bytes(b"no database at all" * 1000)
    program = [sys.executable, "-m", "helpdesk.adapters.sqlite_gaps", str(wrong)]
    assert subprocess.run(program, check=False, capture_output=True).returncode == 1
    assert wrong.read_bytes() == b"no database at all" * 1000


@pytest.mark.parametrize("first", [0, 1, 3, 255])
def test_pages_of_other_kinds_have_no_gaps(first: int) -> None:
    assert list(gaps(bytes([first]) + bytes(4095), 0)) == []
