"""Fills a migrated database with a corpus in bulk, indexes after rows; the schema is afterwards what it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from typing import Any

import psycopg

from tests.bench.inbox_corpus import Corpus, Rows

COLUMNS = {
    "account": "id email name active created_at version",
    "account_role": "id account_id role",
    "person": "id kind display_name created_at version",
    "address": "id person_id value shared source created_at",
    "known_name": "id person_id folded",
    "known_name_word": "known_name_id word",
    "ticket": "id number desk_key channel status assignee_id language opened_at waiting_since changed_at done_at spam "
    "destroy_id retention_state art9 restricted version",
    "ticket_person": "id ticket_id person_id role name address known_name_id",
    "inbound_mail": "id source mailbox desk_key uidvalidity uid arrived_at received_at filed_at removed_at size "
    "blob digest message_id_digest envelope_null state skip_rules ticket_id same_message_id attempts",
    "entry": "id ticket_id kind account_id person_id at message_id_digest inbound_id html_state remote_images",
    "content": "id ticket_id entry_id attachment_id kind text",
    "search_text": "entry_id ticket_id stems",
    "attachment": "id ticket_id entry_id blob content_type size inline",
    "event": "ticket_id entry_id account_id kind at after",
    "outgoing_mail": "id ticket_id entry_id kind state message_id token date seed template language send_after "
    "next_try_at give_up_at attempts sent_at version",
    "outgoing_recipient": "outgoing_id role name address state",
    "counter": "name value",
}
"""What the corpus says of each table, parents before children."""
_LATER_ENTRIES = 20_000
"""So many entries at the end go into SQLite's full text as the helpdesk writes them, 50 at a commit."""


def fill(url: str, corpus: Corpus, say: Callable[[str], None] = lambda _line: None) -> None:
    """Fill the database at this URL with all rows of the corpus; `say` hears how far it is."""
    if url.startswith("sqlite"):
        _fill_sqlite(url.removeprefix("sqlite:///"), corpus, say)
    else:
        _fill_postgresql(url, corpus, say)


def _fill_sqlite(path: str, corpus: Corpus, say: Callable[[str], None]) -> None:
    """Full text with the rows, all other indexes at the end."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-400000", "threads=2"):
        connection.execute(f"PRAGMA {pragma}")
    indexes = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
    dropped = indexes.fetchall()
    connection.execute("BEGIN")
    for name, _sql in dropped:
        connection.execute(f'DROP INDEX "{name}"')
    _full_text(connection, hashsize=64 << 20, automerge=0, crisismerge=1999)
    held: list[tuple[Any, ...]] = []
    for number, rows in enumerate(corpus.batches()):
        for table, names in COLUMNS.items():
            if rows[table]:
                marks = ",".join("?" * len(names.split()))
                said = f"INSERT INTO {table} ({_quoted(names)}) VALUES ({marks})"  # noqa: S608 - constants
                connection.executemany(said, rows[table])
        held += rows["search_text"]
        _index_stems(connection, held[:-_LATER_ENTRIES])
        del held[:-_LATER_ENTRIES]
        _tell(say, "sqlite", number, corpus)
    for name, sql in dropped:
        connection.execute(sql)
        say(f"  sqlite: {name}")
    connection.execute("COMMIT")
    _later_entries(connection, held)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()


def _index_stems(connection: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    words = ((entry_id, stems) for entry_id, _ticket_id, stems in rows)
    connection.executemany("INSERT INTO search_index(rowid, stems) VALUES (?, ?)", words)


def _later_entries(connection: sqlite3.Connection, held: list[tuple[Any, ...]]) -> None:
    """One segment of all entries so far; the last come on top in many small ones, merged as in daily work."""
    connection.execute("INSERT INTO search_index(search_index) VALUES ('optimize')")
    _full_text(connection, **_FTS5_DEFAULTS)
    connection.execute("DELETE FROM search_index_config WHERE k <> 'version'")
    for start in range(0, len(held), 50):
        connection.execute("BEGIN")
        _index_stems(connection, held[start : start + 50])
        connection.execute("COMMIT")


_FTS5_DEFAULTS = {"hashsize": 1 << 20, "automerge": 4, "crisismerge": 16}


def _full_text(connection: sqlite3.Connection, **settings: int) -> None:
    for name, value in settings.items():
        connection.execute("INSERT INTO search_index(search_index, rank) VALUES (?, ?)", (name, value))


def _tell(say: Callable[[str], None], kind: str, number: int, corpus: Corpus) -> None:
    if number % 50 == 49:
        say(f"  {kind}: {min(number * 2000 + 2000, corpus.tickets)} tickets")


def _fill_postgresql(url: str, corpus: Corpus, say: Callable[[str], None]) -> None:
    """By COPY into tables emptied in the same transaction, which needs no log; indexes that are no constraint after it.

    The full text of the partitions is indexed by two processes of the server at once.
    """
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for setting in ("session_replication_role = replica", "synchronous_commit = off", "timezone = 'UTC'"):
            connection.execute(f"SET {setting}".encode())
        connection.execute(b"SET maintenance_work_mem = '512MB'")
        dropped = connection.execute(_PLAIN_INDEXES).fetchall()
        parts = connection.execute(_PARTITIONS_INDEXES).fetchall()
        with connection.transaction():
            for name, _definition in dropped:
                connection.execute(f'DROP INDEX "{name}"'.encode())
            connection.execute(f"TRUNCATE {', '.join(COLUMNS)} CASCADE".encode())
            for number, rows in enumerate(corpus.batches()):
                _copy(connection, rows)
                _tell(say, "postgresql", number, corpus)
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(partial(_index, url, say), (definition for _name, definition in parts)))
        for name, definition in dropped:
            connection.execute(definition.replace(" ON ONLY ", " ON ").encode())
            say(f"  postgresql: {name}")
        for table, column in connection.execute(_SERIALS).fetchall():
            connection.execute(_NEXT.format(table=table, column=column).encode())
        connection.execute(b"VACUUM (ANALYZE)")
        connection.execute(b"CHECKPOINT")


def _index(url: str, say: Callable[[str], None], definition: str) -> None:
    """Make an index of one partition; the index of the whole table, made later, finds and takes it."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(b"SET maintenance_work_mem = '1GB'")
        connection.execute(definition.encode())
        say(f"  postgresql: {definition.split()[2]}")


_INDEXES = """
SELECT c.relname, pg_get_indexdef(c.oid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
WHERE {} c.relispartition AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid) ORDER BY 1
"""
_PLAIN_INDEXES, _PARTITIONS_INDEXES = _INDEXES.format("NOT").encode(), _INDEXES.format("").encode()
_SERIALS = b"""
SELECT table_name, column_name FROM information_schema.columns
WHERE table_schema = 'public' AND column_default LIKE 'nextval%' AND table_name !~ '_[0-9][0-9]$'
"""
_NEXT = """
SELECT setval(coalesce(pg_get_serial_sequence('{table}', '{column}'), '{table}_id_seq'),
(SELECT coalesce(max("{column}"), 1) FROM "{table}"))
"""


def _quoted(names: str) -> str:
    return ", ".join(f'"{name}"' for name in names.split())


def _copy(connection: psycopg.Connection[Any], rows: Rows) -> None:
    for table, names in COLUMNS.items():
        if rows[table]:
            said = f"COPY {table} ({_quoted(names)}) FROM STDIN (NULL 'None')"
            with connection.cursor() as cursor, cursor.copy(said.encode()) as copy:
                copy.write(lines_of(rows[table]).encode())


def lines_of(rows: list[tuple[Any, ...]]) -> str:
    """Rows as COPY reads them, None for nothing; the corpus holds nothing that would have to be escaped."""
    line = "\t".join(["%s"] * len(rows[0])) + "\n"
    lines = "".join(map(line.__mod__, rows))
    if "\\" in lines or lines.count("\t") != (len(rows[0]) - 1) * len(rows) or lines.count("\n") != len(rows):
        raise ValueError("a value of the corpus would have to be escaped")
    return lines


def schema_of(url: str) -> list[str]:
    """Every table, column, index, constraint and trigger of a database, to compare two."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            found = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY 1, 2").fetchall()
            return [str(row) for row in found]
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return [str(row) for statement in _CATALOGUE for row in connection.execute(statement).fetchall()]


_CATALOGUE = (
    b"SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
    b"""SELECT table_name, column_name, data_type, is_nullable, column_default, collation_name
    FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2""",
    b"""SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2""",
    b"""SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger
    WHERE NOT tgisinternal ORDER BY 1, 2""",
)
