"""A process that destroys and is killed at one step, for tests of crashes: nothing of it is cleaned up."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from helpdesk.adapters.database import connect_database
from helpdesk.holders import this_process
from helpdesk.ports import Ports
from helpdesk.privacy import destruction


class _Steps:
    """Counts what becomes durable, and ends this process before or after the last one wished for."""

    def __init__(self, last: int) -> None:
        self._last, self.count = last, 0

    def pass_by(self) -> None:
        self.count += 1
        if self.count == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


class _Around:
    """A port whose named verb is a step before it begins, and one when it has ended."""

    def __init__(self, port: Any, verb: str, steps: _Steps) -> None:
        self._port, self._verb, self._steps = port, verb, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name != self._verb:
            return found

        def stepping(*said: Any) -> Any:
            self._steps.pass_by()
            done = found(*said)
            self._steps.pass_by()
            return done

        return stepping


@contextmanager
def _counted_commits(steps: _Steps) -> Iterator[None]:
    """Every unit that writes is a step when it is durable; what it does before that is undone by the engine."""

    def committed(session: Session) -> None:
        steps.pass_by()

    event.listen(Session, "after_commit", committed)
    try:
        yield
    finally:
        event.remove(Session, "after_commit", committed)


def run_killed_at(ports: Ports, step: int) -> bool:
    """Run the lists in a process of its own that is killed at this step; False when it ended before."""
    return killed_at(ports, step, destruction.run)


def killed_at(ports: Ports, step: int, work: Callable[[Ports], object]) -> bool:
    """Do this in a process of its own that is killed at this step; False when it ended before."""
    child = os.fork()
    if child == 0:
        _end(lambda: _run(ports, step, work))
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0, "the process that destroys failed by itself"
    return False


def _run(ports: Ports, step: int, work: Callable[[Ports], object]) -> None:
    steps = _Steps(step)
    engine = connect_database(ports.settings.database_url, durable=False)
    ledger, blobs = _Around(ports.ledger, "append", steps), _Around(ports.blobs, "destroy", steps)
    own = replace(ports, engine=engine, ledger=ledger, blobs=blobs, holder=this_process())
    with _counted_commits(steps):
        work(own)


def _end(work: Callable[[], None]) -> None:
    """Do this and leave without a trace of the test's own process: no handler of it runs."""
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)
