"""Raw bytes to IncomingMail beside the filer: parsing in a pool of processes, of which one may die without harm."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as Late

from helpdesk.mail.incoming import IncomingMail
from mail_ingest.parse import parse

log = logging.getLogger(__name__)
SECONDS = 60
_ALONE = 256_000


def _end_with_filer() -> None:
    """Runs in each process of the pool: a filer that is killed must not leave it behind, waiting for ever."""
    filer = multiprocessing.parent_process()

    def end() -> None:
        if filer is not None:
            filer.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()


def unread(defect: str) -> IncomingMail:
    """The mail of which nothing could be read: a ticket with the raw .eml all the same."""
    return IncomingMail(defects=(defect,))


class Readers:
    """Parses batches. A mail that kills or stalls its process comes back as `unread`; its neighbours are not hurt.

    Where the machine allows no pool (no writable /dev/shm, say) it parses in its own process from then on.
    """

    def __init__(self, processes: int) -> None:
        self._processes = processes
        self._pool: ProcessPoolExecutor | None = None

    def _running(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_end_with_filer)
        return self._pool

    def read(self, raws: Sequence[bytes]) -> list[IncomingMail]:
        """One mail per raw, in order. Never raises for what a mail holds."""
        if self._processes < 1 or (len(raws) == 1 and len(raws[0]) < _ALONE and self._pool is None):
            return [parse(raw) for raw in raws]
        try:
            return self._together(raws)
        except (BrokenExecutor, Late):
            self.close()
            return [self._alone(raw) for raw in raws]
        except OSError as fault:
            log.warning("parser", extra={"fault": type(fault).__name__})
            self._processes = 0
            return [parse(raw) for raw in raws]

    def _together(self, raws: Sequence[bytes]) -> list[IncomingMail]:
        futures: list[Future[IncomingMail]] = [self._running().submit(parse, raw) for raw in raws]
        return [future.result(timeout=SECONDS) for future in futures]

    def _alone(self, raw: bytes) -> IncomingMail:
        try:
            return self._running().submit(parse, raw).result(timeout=SECONDS)
        except (BrokenExecutor, Late) as fault:
            log.warning("parser", extra={"fault": type(fault).__name__})
            self.close()
            return unread("parser_died" if isinstance(fault, BrokenExecutor) else "parser_late")

    def close(self) -> None:
        """End the processes, a stuck one by force."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.kill()
        pool.shutdown(wait=False, cancel_futures=True)
