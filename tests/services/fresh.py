"""A PostgreSQL database for every test that looks as if nobody had ever used it.

Making one from a template copies a thousand files; emptying the one of the test before costs a twentieth of that.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from tests.services.postgres import Postgres

_TIMES = 40
"""After so many tests it is made anew: what they deleted is still in the way of the next."""
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
_SHAPE = """
SELECT md5(string_agg(said, ' ' ORDER BY said)) FROM (
  SELECT format('%s %s %s %s', c.relname, a.attname, a.atttypid, a.attnotnull) AS said FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
    WHERE c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND c.relkind IN ('r', 'p', 'i', 'I', 'v') AND c.relname NOT LIKE 'pg_toast%'
  UNION ALL SELECT format('%s %s %s', tgname, tgrelid::regclass, tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('%s %s', conname, conrelid::regclass) FROM pg_constraint
  UNION ALL SELECT prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
) AS shapes"""
_SEQUENCES = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
_LEAVE = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> %s"


class FreshDatabases:
    """Databases like a template, one at a time."""

    def __init__(self, server: Postgres, template: str) -> None:
        self._server, self._template = server, template
        self._url, self._taken = "", 0
        self._connection: psycopg.Connection | None = None
        with psycopg.connect(_plain(server.url(template))) as connection:
            self._shape = _one(connection, _SHAPE)
            self._tables = [str(name) for (name,) in connection.execute(_TABLES)]
            self._rows = {name: _copied(connection, name) for name in _filled(connection, self._tables)}
            self._sequences: dict[str, int | None] = dict(connection.execute(_SEQUENCES).fetchall())

    def take(self) -> str:
        """The URL of a database like the template."""
        if not self._url:
            self._url, self._taken = self._server.fresh_database(template=self._template), 0
            self._connection = psycopg.connect(_plain(self._url), autocommit=True)
        self._taken += 1
        return self._url

    def give_back(self) -> None:
        """Empty it for the next one; one whose shape was changed is dropped."""
        try:
            reusable = self._taken < _TIMES and self._connection is not None and self._emptied(self._connection)
        except psycopg.Error:
            reusable = False
        if not reusable:
            self.close()
            self._server.drop(self._url)
            self._url = ""

    def close(self) -> None:
        """End the connection; the server would wait for it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _emptied(self, connection: psycopg.Connection) -> bool:
        connection.execute(_LEAVE, [connection.info.backend_pid])
        same = _one(connection, _SHAPE) == self._shape
        if same:
            with connection.transaction():
                self._empty(connection)
        return same

    def _empty(self, connection: psycopg.Connection) -> None:
        # Without triggers: neither foreign keys nor what keeps the application from deleting stand in the way.
        connection.execute("SET LOCAL session_replication_role = replica")
        for name in _filled(connection, self._tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for name, rows in self._rows.items():
            with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as copy:
                copy.write(rows)
        for name, value in connection.execute(_SEQUENCES).fetchall():
            if value != self._sequences[name]:
                first = self._sequences[name]
                connection.execute("SELECT setval(%s, %s, %s)", [name, first or 1, first is not None])


def _plain(url: str) -> str:
    return url.replace("+psycopg", "")


def _one(connection: psycopg.Connection, statement: str) -> object:
    row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _filled(connection: psycopg.Connection, tables: list[str]) -> list[str]:
    """The tables that hold a row."""
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in tables
    )
    return [str(name) for (name,) in connection.execute(asked)]


def _copied(connection: psycopg.Connection, table: str) -> bytes:
    with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as copy:
        return b"".join(copy)
