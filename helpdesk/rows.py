"""New rows of one unit of work, written in sets: a statement per table, however many verbs put rows there.

A row that was put is in the database at latest before the unit reads again, flushes or commits, so whoever reads finds
it. Ids are drawn ahead, in blocks, so that rows can point at each other before any of them is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, FromClause, Insert, Select, Table, TableClause, event, func, insert, select
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import manager_of_class

from helpdesk.models import Base
from helpdesk.row_sets import copy, insert_once

M = TypeVar("M", bound=Base)
_Fill = tuple[str, Any, bool]
_FAR = 1_000_000_000
_MANY = 5
"""Rows of one table from which on COPY is worth its three messages."""


@cache
def _order() -> dict[str, int]:
    """Tables by name, those pointed at first."""
    return {table.name: place for place, table in enumerate(Base.metadata.sorted_tables)}


def _default(column: ColumnElement[Any]) -> tuple[Any, bool]:
    """What a column holds when nobody says, and whether that is to be called."""
    said = getattr(column, "default", None)
    return (None, False) if said is None or said.is_sequence else (said.arg, said.is_callable)


@cache
def _columns(table: FromClause) -> tuple[_Fill, ...]:
    """Name, default, and whether the default is called; without a key that the database draws."""
    own_key = getattr(table, "autoincrement_column", None)
    return tuple((column.key, *_default(column)) for column in table.columns if column is not own_key)


@cache
def _insert(table: TableClause) -> Insert:
    return insert(table)


@cache
def _last(table: Table) -> Select[int]:
    return select(func.coalesce(func.max(table.c.id), 0))


def _whole(table: FromClause, said: dict[str, Any]) -> dict[str, Any]:
    return {
        name: said[name] if name in said else (default(None) if called else default)
        for name, default, called in _columns(table)
    }


def table_of(model: type[Any]) -> Table:
    """The table of a model."""
    table: Table = model.__table__
    return table


class Rows:
    """The unwritten rows of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._waiting: dict[TableClause, list[dict[str, Any]]] = {}
        self._once: set[FromClause] = set()
        self._objects: list[Base] = []
        self._written: list[Base] = []
        self._drawn: dict[str, Iterator[int]] = {}
        self._block = 1
        self._listening = False

    def expect(self, count: int) -> None:
        """Draw ids in blocks of so many from now on; those left over are gaps."""
        self._block = max(1, count)

    def draw(self, model: type[Any]) -> int:
        """The next id of a table whose key is called `id`."""
        name = model.__tablename__
        drawn = next(self._drawn.get(name, iter(())), None)
        if drawn is None:
            self._drawn[name] = self._next_ids(model)
            drawn = next(self._drawn[name])
        return drawn

    def _next_ids(self, model: type[Any]) -> Iterator[int]:
        connection = self._session.connection()
        if connection.dialect.name == "postgresql":
            one = func.nextval(f"{model.__tablename__}_id_seq").label("id")
            block = select(one).select_from(func.generate_series(1, self._block))
            return iter([int(value) for value in connection.execute(block).scalars()])
        # SQLite has one writer, which is us: the next free ids stay free until these rows are written.
        last = connection.execute(_last(table_of(model))).scalar_one()
        return iter(range(last + 1, _FAR))

    def put(self, where: type[Base] | TableClause, said: dict[str, Any]) -> None:
        """Have a row of a model, or of a table that no model knows, written; what is not said holds its default."""
        self._listen()
        table = where if isinstance(where, TableClause) else table_of(where)
        self._waiting.setdefault(table, []).append(_whole(table, said))

    def put_once(self, model: type[Base], said: dict[str, Any]) -> None:
        """Have a row written unless one with its key is there. All rows of such a model are put this way."""
        self._once.add(table_of(model))
        self.put(model, said)

    def add(self, model: type[M], said: dict[str, Any]) -> M:
        """A new object that will be written, with an id; it may be changed before and after that.

        It is filled without the model's constructor, whose watching of every attribute costs more than the row itself.
        """
        self._listen()
        row: M = manager_of_class(model).new_instance()
        row.__dict__.update(_whole(table_of(model), said), id=self.draw(model))
        self._objects.append(row)
        return row

    def write(self) -> None:
        """Write all that waits, in the order of foreign keys."""
        if not self._objects and not self._waiting:
            return
        objects, self._objects = self._objects, []
        waiting, self._waiting = self._waiting, {}
        for row in objects:
            table = table_of(type(row))
            said = {name: row.__dict__[name] for name, *_rest in _columns(table)}
            waiting.setdefault(table, []).append(said | {"id": row.__dict__["id"]})
        connection = self._session.connection()
        order = _order()
        for place in sorted(waiting, key=lambda table: order.get(table.name, len(order))):
            rows = waiting[place]
            if place in self._once:
                insert_once(connection, place, rows)
            elif len(rows) >= _MANY and connection.dialect.name == "postgresql":
                copy(connection, place, rows)
            else:
                connection.execute(_insert(place), rows)
        for row in objects:
            make_transient_to_detached(row)
            self._session.add(row)
        self._written += objects
        if connection.dialect.name == "sqlite":
            self._drawn.clear()

    @contextmanager
    def undone_on_error(self) -> Iterator[None]:
        """Within a savepoint: when it fails, what was put is dropped, and what was written is the session's no more."""
        self.write()
        written = len(self._written)
        try:
            yield
        except BaseException:
            for row in self._written[written:]:
                self._session.expunge(row)
            del self._written[written:]
            self._objects.clear()
            self._waiting.clear()
            self._drawn.clear()
            raise

    def _listen(self) -> None:
        if not self._listening:
            self._listening = True
            event.listen(self._session, "do_orm_execute", lambda _state: self.write())
            event.listen(self._session, "before_flush", lambda *_: self.write())
