"""Sets of rows into a table and of values into a condition, as each database takes them cheapest. Knows no model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    TableClause,
    any_,
    bindparam,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import QueryableAttribute, Session


@cache
def _binders(table: TableClause, dialect: Dialect) -> dict[str, Callable[[Any], Any] | None]:
    """How each column's type hands a value to the driver; none where the driver takes it as it is."""
    return {column.key: column.type.dialect_impl(dialect).bind_processor(dialect) for column in table.columns}


def copy(connection: Connection, table: TableClause, rows: list[dict[str, Any]]) -> None:
    """Hand rows to PostgreSQL by COPY: the same rows, checks and triggers as by INSERT, at a quarter of its cost.

    The driver's faults come out as SQLAlchemy's, as those of any other statement.
    """
    columns = ", ".join(f'"{name}"' for name in rows[0])
    statement = f'COPY "{table.name}" ({columns}) FROM STDIN'
    binders = _binders(table, connection.dialect)
    cells = [(name, binders[name]) for name in rows[0]]
    driver: Any = connection.dialect.loaded_dbapi
    cursor = connection.connection.cursor()
    try:
        with cursor.copy(statement) as out:
            for row in rows:
                out.write_row([row[name] if bind is None else bind(row[name]) for name, bind in cells])
    except driver.Error as fault:
        gone = connection.dialect.is_disconnect(fault, None, None)
        raise DBAPIError.instance(
            statement, None, fault, driver.Error, connection_invalidated=gone, dialect=connection.dialect
        ) from fault
    finally:
        cursor.close()


def insert_once(connection: Connection, table: TableClause, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns, leaving out those that clash with one that is there.

    PostgreSQL takes a column as one array: a statement a row costs five times as much on both sides.
    """
    if connection.dialect.name != "postgresql":
        connection.execute(sqlite.insert(table).on_conflict_do_nothing(), rows)
        return
    names = list(rows[0])
    arrays = [literal([row[name] for row in rows], ARRAY(table.c[name].type)) for name in names]
    given = func.unnest(*arrays).table_valued(*names).render_derived(name="given")
    whole = postgresql.insert(table).from_select(names, select(*(given.c[name] for name in names)))
    connection.execute(whole.on_conflict_do_nothing())


def among(session: Session, column: QueryableAttribute[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of these values; for sets whose number differs from one time to the next.

    PostgreSQL takes them as one array: the text of the statement stays the same, so that it is written and read once.
    """
    wanted = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(wanted, ARRAY(column.type)))
    return column.in_(wanted)


def among_said(dialect: str, column: QueryableAttribute[Any], name: str) -> ColumnElement[bool]:
    """The same for a statement that is written once: the values are a list that is given under this name."""
    if dialect == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(column.type)))
    return column.in_(bindparam(name, expanding=True))


def among_ids(dialect: str, column: ColumnElement[Any] | QueryableAttribute[Any]) -> ColumnElement[bool]:
    """Whether a column holds one of the ids that `ids_given` gives: one statement for any number of them."""
    if dialect == "postgresql":
        return column == any_(bindparam("ids", type_=ARRAY(BigInteger)))
    said = func.json_each(bindparam("ids", type_=String)).table_valued("value")
    return column.in_(select(said.c.value))


def ids_joined(column: ColumnElement[Any]) -> Select[Any]:
    """Rows of which a column is one of the ids that `ids_given` gives, for PostgreSQL, where there seldom are any.

    Each id is asked for by the index, and in its own partition; the limit keeps it from being joined another way. For a
    list of ids a table is read whole until the first is found, and every partition is planned.
    """
    given = func.unnest(bindparam("ids", type_=ARRAY(BigInteger))).table_valued("id").render_derived(name="given")
    one = select(column).where(column == given.c.id).limit(1).lateral("one")
    return select(one.c[0]).select_from(given).join(one, true())


def ids_given(dialect: str, ids: Iterable[int]) -> dict[str, Any]:
    """The ids for a statement with `among_ids`, as this database takes them."""
    return {"ids": list(ids) if dialect == "postgresql" else json.dumps(list(ids))}
