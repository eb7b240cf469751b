"""One unit of work per intention: a session, an actor, the time; commits once, then tells the world."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from sqlalchemy import ARRAY, BigInteger, Integer, column, func, literal, select, update
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import NamedFromClause

from helpdesk.database_faults import unreachable
from helpdesk.errors import Conflict
from helpdesk.ports import Ports
from helpdesk.rows import Rows

log = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class Requester:
    """Somebody who asks, by the address they proved to be theirs; a shared one stands for itself alone.

    A guest proved nothing, and has an address of ours.
    """

    person_id: int
    address: str
    shared: bool = False
    guest: bool = False


@dataclass(frozen=True)
class Actor:
    """Who acts: an account with its roles, somebody who asks, or the system (neither)."""

    account_id: int | None = None
    roles: frozenset[str] = frozenset()
    desks: frozenset[str] | None = None
    language: str = "nl"
    requester: Requester | None = None

    @property
    def is_system(self) -> bool:
        """Whether no person acts."""
        return self.account_id is None and self.requester is None


_READING: dict[str, dict[str, Any]] = {"sqlite": {"reading": True}, "postgresql": {"isolation_level": "AUTOCOMMIT"}}
"""How a connection is told that it only reads. PostgreSQL shows each statement what is committed by then, within a
transaction as without, so there are two round trips to save.
"""
SYSTEM = Actor(roles=frozenset({"system"}))
NOBODY = Actor(roles=frozenset())


@dataclass
class Unit:
    """What every verb gets first. Verbs never commit; what must wait for the commit goes to `after_commit`."""

    session: Session
    actor: Actor
    ports: Ports
    now: dt.datetime
    reads_only: bool = False
    _after: list[Callable[[], None]] = field(default_factory=list)
    _hints: dict[str, dict[str, int | str]] = field(default_factory=dict)
    _nudges: set[str] = field(default_factory=set)
    _before: dict[Callable[[Unit, set[int]], None], set[int]] = field(default_factory=dict)
    _asked: dict[object, object] = field(default_factory=dict)
    _behind: list[Callable[[Unit], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = Rows(self.session)

    def hint(self, topic: str, hint: dict[str, int | str]) -> None:
        """Publish once the unit is durable; of several hints on one topic the last."""
        self._hints[topic] = hint

    def nudge(self, job: str) -> None:
        """Nudge the workers, once, when the unit is durable."""
        if job not in self._nudges:
            self._nudges.add(job)
            self.after_commit(lambda: self.ports.jobs.nudge(job))

    def before_commit(self, fn: Callable[[Unit, set[int]], None], row_id: int) -> None:
        """Have `fn` see this row at the end of the unit, in the same transaction, in one set with all others."""
        self._before.setdefault(fn, set()).add(row_id)

    def settle(self) -> None:
        """Run what waited for the end of the unit."""
        while self._before:
            fn, ids = self._before.popitem()
            fn(self, ids)

    def behind(self, fn: Callable[[Unit], None]) -> None:
        """Have `fn` write what goes with a read: at once, or right behind a unit that only reads, in one of its own.

        When that fails the reading fails with it, so nothing is given out that was not written down.
        """
        if self.reads_only:
            self._behind.append(fn)
        else:
            fn(self)

    def after_commit(self, fn: Callable[[], None]) -> None:
        """Run `fn` once the unit is durable; its failure is logged and hurts nobody."""
        self._after.append(fn)

    def given(self, ids: Iterable[int]) -> NamedFromClause:
        """Ids as a table with the column `id`, to be joined: the statement is the same for any number of them.

        A parameter for each takes longer to write, read and plan than finding the rows; and where a table is
        partitioned, a join asks for each id in its own partition, a list of ids for all of them in every partition.
        """
        wanted = list(ids)
        if self.session.connection().dialect.name == "postgresql":
            return func.unnest(literal(wanted, ARRAY(BigInteger))).table_valued("id").render_derived(name="given")
        rows = func.json_each(json.dumps(wanted)).table_valued(column("value", Integer), name="given")
        return select(rows.c.value.label("id")).subquery("given")

    def once(self, what: object, ask: Callable[[], T]) -> T:
        """What `ask` gives; a unit that only reads asks once, for a page asks the same from many places."""
        if not self.reads_only:
            return ask()
        if what not in self._asked:
            self._asked[what] = ask()
        return cast("T", self._asked[what])

    def claim(self, model: type[Any], row_id: int, version: int) -> None:
        """Lock a row by a versioned UPDATE: the row lock on PostgreSQL, the write lock on SQLite. Raises Conflict."""
        statement = (
            update(model)
            .where(model.id == row_id, model.version == version)
            .values(version=version + 1)
            .returning(model.id)
        )
        if self.session.execute(statement).scalar() is None:
            raise Conflict("Somebody changed this meanwhile. Look again and repeat.")

    def stale(self, row: Any) -> None:
        """Count a change of a versioned row without claiming it: forms made before it are refused from now on."""
        self.rows.write()
        self.session.flush()
        model = type(row)
        self.session.execute(update(model).where(model.id == row.id).values(version=model.version + 1))
        self.session.refresh(row)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that can fail alone: its rows and what it wanted told are undone, the rest of the unit goes on."""
        told, hints = len(self._after), dict(self._hints)
        try:
            with self.rows.undone_on_error(), self.session.begin_nested():
                yield
                self.rows.write()
        except BaseException:
            del self._after[told:]
            self._hints = hints
            self._nudges.clear()
            raise

    def publish(self) -> None:
        """Tell who listens; before anything else, for somebody looks at a page and waits."""
        if self._hints:
            self.ports.bus.publish(self._hints)
            self._hints.clear()

    def told(self) -> None:
        """Publish, and run what waited for the commit."""
        self.publish()
        for fn in self._after:
            try:
                fn()
            except Exception as fault:
                log.warning("after_commit", extra={"fault": type(fault).__name__})
        self._after.clear()
        self._nudges.clear()


def database_gone(fault: DBAPIError) -> bool:
    """Whether a fault means that the database can't be reached or is locked, not that the statement is wrong."""
    return isinstance(fault, OperationalError) or fault.connection_invalidated


@contextmanager
def unit_of_work(ports: Ports, actor: Actor, *, write: bool = True) -> Iterator[Unit]:
    """One unit: commits at the end, rolls back on any error; with write=False nothing can be changed.

    Raises Unavailable when the database can't be reached.
    """
    engine = ports.engine if write else ports.engine.execution_options(**_READING.get(ports.engine.dialect.name, {}))
    session = Session(engine, expire_on_commit=False, autoflush=True)
    unit = Unit(session, actor, ports, ports.now(), reads_only=not write)
    try:
        with session:
            yield unit
            if write:
                unit.settle()
                unit.rows.write()
                session.commit()
                unit.publish()
            else:
                # There is nothing to commit; but at a ROLLBACK the driver forgets every statement that PostgreSQL has
                # planned for this connection, and planning takes longer there than running.
                session.expunge_all()
                session.commit()
    except DBAPIError as fault:
        if database_gone(fault):
            raise unreachable(fault) from fault
        raise
    if unit._behind:
        with unit_of_work(ports, actor) as writing:
            for fn in unit._behind:
                fn(writing)
    unit.told()
