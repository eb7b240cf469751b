"""Runs pure functions in processes of their own, within CPU time and memory; one may die without harm to its caller.

Knows nothing of mail. Functions and what they take and give must be picklable.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import resource
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as Late
from contextlib import contextmanager
from multiprocessing import forkserver
from types import FrameType, TracebackType
from typing import Self, TypeVar

log = logging.getLogger(__name__)
A = TypeVar("A")
T = TypeVar("T")
MEMORY_BYTES = 360_000_000
"""What one process may ask the kernel for; beyond it Python raises MemoryError."""
STUCK_SECONDS = 20.0
"""After so long a process that heeds no signal (a library in C that loops) is killed."""
_AGAIN_SECONDS = 0.1
_TOGETHER = 8
"""Items that go to a process in one piece, at most: a round trip costs as much as reading a short mail."""


def prepare(modules: Sequence[str]) -> None:
    """Start the process that all confined processes of this one are forked from, with these modules loaded already."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(list(modules))
    forkserver.ensure_running()


class TooCostlyError(BaseException):
    """The CPU time is used up. No Exception, so that nobody who catches all faults goes on with the work."""


class GaveUp:
    """Stands for the result of a call that cost too much, or killed or stalled its process."""


GAVE_UP = GaveUp()


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise TooCostlyError within once so much CPU time is used; repeatedly, should somebody swallow it.

    Only the main thread of a process hears signals; in another one nothing is limited.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise TooCostlyError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def limited(seconds: float, function: Callable[[A], T], item: A) -> T | GaveUp:
    """The result, or GAVE_UP when it takes more CPU time or memory than there is."""
    try:
        with cpu_limit(seconds):
            return function(item)
    except (TooCostlyError, MemoryError):
        return GAVE_UP


def limited_each(seconds: float, function: Callable[[A], T], items: Sequence[A]) -> list[T | GaveUp]:
    """The same for each of some items, in one round trip between processes."""
    return [limited(seconds, function, item) for item in items]


def _be_confined(memory: int) -> None:
    """In each new process: a caller that is killed must not leave it behind; and it can't take all the memory."""
    caller = multiprocessing.parent_process()

    def end() -> None:
        if caller is not None:
            caller.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))


_Begun = list[Future[list[T | GaveUp]]] | None
"""What was handed to the processes, piece by piece."""


class Confined:
    """A pool of such processes, started when first needed. For one thread.

    Where the machine allows none (no writable /dev/shm, say), or with `processes` 0, it works in its own process.
    With `bare` they begin with nothing loaded, not even with what `prepare` loaded: it takes longer, and less memory.
    """

    def __init__(
        self, processes: int, *, memory: int = MEMORY_BYTES, stuck_seconds: float = STUCK_SECONDS, bare: bool = False
    ) -> None:
        self._processes, self._memory, self._stuck_seconds = processes, memory, stuck_seconds
        self._method = "spawn" if bare else "forkserver"
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def running(self) -> bool:
        """Whether its processes have been started: starting one costs half a second."""
        return self._pool is not None

    def each(self, function: Callable[[A], T], items: Sequence[A], seconds: float) -> list[T | GaveUp]:
        """`function` of every item, in order, each within so many seconds of CPU time. Raises what `function` raises.

        An item on which a process dies is tried once more by itself, so that its neighbours are not hurt.
        """
        return self._finish(function, items, seconds, self._begin(function, items, seconds))

    def ahead(
        self, function: Callable[[A], T], sets: Iterable[Sequence[A]], seconds: float
    ) -> Iterator[list[T | GaveUp]]:
        """`each` of one set after the other; while one is in its caller's hands, the next is worked on already."""
        before: tuple[Sequence[A], _Begun[T]] | None = None
        for items in sets:
            begun = self._begin(function, items, seconds)
            if before is not None:
                yield self._finish(function, before[0], seconds, before[1])
            before = items, begun
        if before is not None:
            yield self._finish(function, before[0], seconds, before[1])

    def _begin(self, function: Callable[[A], T], items: Sequence[A], seconds: float) -> _Begun[T]:
        """Hand the items to the processes; none when there are no processes, or they are lost already."""
        if self._processes < 1:
            return None
        count = max(1, min(_TOGETHER, len(items) // (2 * self._processes)))
        pieces = [items[start : start + count] for start in range(0, len(items), count)]
        try:
            return [self._submit(function, piece, seconds) for piece in pieces]
        except BrokenExecutor:
            self.close()
            return None
        except OSError as fault:
            log.warning("no processes", extra={"fault": type(fault).__name__})
            self._processes = 0
            return None

    def _finish(
        self, function: Callable[[A], T], items: Sequence[A], seconds: float, begun: _Begun[T]
    ) -> list[T | GaveUp]:
        if begun is None and self._processes < 1:
            return limited_each(seconds, function, items)
        try:
            if begun is not None:
                return [result for future in begun for result in future.result(timeout=self._stuck_seconds)]
        except (BrokenExecutor, CancelledError, Late):
            self.close()
        return [self._alone(function, item, seconds) for item in items]

    def _submit(self, function: Callable[[A], T], items: Sequence[A], seconds: float) -> Future[list[T | GaveUp]]:
        if self._pool is None:
            context = multiprocessing.get_context(self._method)
            self._pool = ProcessPoolExecutor(
                self._processes, mp_context=context, initializer=_be_confined, initargs=(self._memory,)
            )
        return self._pool.submit(limited_each, seconds, function, items)

    def _alone(self, function: Callable[[A], T], item: A, seconds: float) -> T | GaveUp:
        try:
            return self._submit(function, [item], seconds).result(timeout=self._stuck_seconds)[0]
        except (BrokenExecutor, Late) as fault:
            log.warning("a process was lost", extra={"fault": type(fault).__name__})
            self.close()
            return GAVE_UP

    def close(self) -> None:
        """End the processes, a stuck one by force."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)
