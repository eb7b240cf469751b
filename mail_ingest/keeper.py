"""Hands one received mail to the door in a thread and says what its sender is to be told. Knows no SMTP commands."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from helpdesk.errors import HelpdeskError
from mail_ingest.envelope import Envelope, Raw, Receipt, Source
from mail_ingest.receiver_terms import FAULT, KEPT, TRY_LATER
from mail_ingest.spool import discard

log = logging.getLogger(__name__)

Accept = Callable[[Sequence[tuple[Raw, Envelope]]], Sequence[Receipt]]


class Keeper:
    """One per door; `keeping` counts the mails on their way into `accept`."""

    def __init__(
        self, source: Source, accept: Accept, now: Callable[[], dt.datetime], pool: ThreadPoolExecutor
    ) -> None:
        self.keeping = 0
        self._source, self._accept, self._now, self._pool = source, accept, now, pool

    async def keep(self, desk: str, sender: str, recipients: tuple[str, ...], raw: Raw, size: int) -> str:
        """The answer for the sender: 250 only when `accept` returned. An empty sender is the null return path."""
        envelope = Envelope(
            source=self._source,
            mailbox=desk,
            desk=desk,
            arrived_at=self._now(),
            size=size,
            sender=sender,
            recipients=recipients,
        )
        self.keeping += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._keep, raw, envelope)
        finally:
            self.keeping -= 1

    def _keep(self, raw: Raw, envelope: Envelope) -> str:
        """Runs to its end even when the peer hangs up meanwhile; what is sent again then is a duplicate."""
        try:
            self._accept([(raw, envelope)])
        except HelpdeskError as error:
            log.warning("receiver", extra={"mailbox": self._source, "code": error.code})
            return TRY_LATER
        except Exception as error:
            log.error("receiver", extra={"mailbox": self._source, "fault": type(error).__name__})
            return FAULT
        finally:
            discard(raw)
        return KEPT
