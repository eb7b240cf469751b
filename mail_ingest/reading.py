"""Raw bytes to IncomingMail beside the filer, each mail within what reading one may cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from helpdesk.confined import Confined, GaveUp
from helpdesk.mail.incoming import IncomingMail
from mail_ingest.parse import headers_of, parse

CPU_SECONDS = 1.2
"""Ten times what a mail of 25 MB takes."""
BEGINNING = 128 * 1024
"""Bytes that are read of a mail of which reading all is too costly."""
_BEGINNING_SECONDS = 0.4
_ALONE = 256_000


def unread(defect: str) -> IncomingMail:
    """The mail of which nothing could be read: a ticket with the raw .eml all the same."""
    return IncomingMail(defects=(defect,))


def beginning_of(raw: bytes) -> IncomingMail:
    """What stands in the first 128 KB, without files: they would be cut."""
    mail = parse(raw[:BEGINNING])
    return replace(mail, attachments=(), defects=("too_costly", *mail.defects))


def _header_of(raw: bytes) -> IncomingMail:
    return headers_of(raw, "too_costly")


class Readers:
    """Parses batches in a pool. A mail that costs too much, or kills its process, is read as far as that goes."""

    def __init__(self, processes: int = 0, *, confined: Confined | None = None) -> None:
        self._confined = confined or Confined(processes)

    def read(self, raws: Sequence[bytes]) -> list[IncomingMail]:
        """One mail per raw, in order. Never raises for what a mail holds."""
        small = len(raws) == 1 and len(raws[0]) < _ALONE and not self._confined.running
        confined = Confined(0) if small else self._confined
        found = confined.each(parse, raws, CPU_SECONDS)
        return [
            self._as_far_as_it_goes(raw) if isinstance(mail, GaveUp) else mail
            for raw, mail in zip(raws, found, strict=True)
        ]

    def _as_far_as_it_goes(self, raw: bytes) -> IncomingMail:
        for read in (beginning_of, _header_of):
            mail = self._confined.each(read, [raw[: 2 * BEGINNING]], _BEGINNING_SECONDS)[0]
            if not isinstance(mail, GaveUp):
                return mail
        return unread("too_costly")

    def close(self) -> None:
        """End the processes."""
        self._confined.close()
