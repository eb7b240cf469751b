"""Kept bytes to IncomingMail beside the filer, each mail within what reading one may cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

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


@dataclass(frozen=True, slots=True)
class Kept:
    """The bytes of a mail on disk: where they lie, in the order to look, their number, and how many to read at most."""

    places: tuple[Path, ...]
    size: int
    most: int | None = None


def _bytes_of(kept: Kept, most: int | None) -> bytes | None:
    """The bytes, read in the process that parses them; none when they are nowhere."""
    for place in kept.places:
        with suppress(FileNotFoundError), place.open("rb") as source:
            return source.read(-1 if most is None else most)
    return None


def read_whole(kept: Kept) -> IncomingMail:
    """The mail; without its bytes one that says so."""
    raw = _bytes_of(kept, kept.most)
    return unread("bytes_missing") if raw is None or (kept.size and not raw) else parse(raw)


def beginning_of(kept: Kept) -> IncomingMail:
    """What stands in the first 128 KB, without files: they would be cut."""
    mail = parse(_bytes_of(kept, BEGINNING) or b"")
    return replace(mail, attachments=(), defects=("too_costly", *mail.defects))


def _header_of(kept: Kept) -> IncomingMail:
    return headers_of(_bytes_of(kept, 2 * BEGINNING) or b"", "too_costly")


class Readers:
    """Parses sets of mails in a pool. One that costs too much, or kills its process, is read as far as that goes."""

    def __init__(self, processes: int = 0, *, confined: Confined | None = None) -> None:
        self._confined = confined or Confined(processes)

    def read(self, sets: Sequence[Sequence[Kept]]) -> Iterator[list[IncomingMail]]:
        """Each set, one mail per entry, in order; the next one is read ahead. Never raises for what a mail holds."""
        small = len(sets) == 1 and len(sets[0]) == 1 and sets[0][0].size < _ALONE and not self._confined.running
        confined = Confined(0) if small else self._confined
        for kept, mails in zip(sets, confined.ahead(read_whole, sets, CPU_SECONDS), strict=True):
            yield [
                self._as_far_as_it_goes(one) if isinstance(mail, GaveUp) else mail
                for one, mail in zip(kept, mails, strict=True)
            ]

    def _as_far_as_it_goes(self, kept: Kept) -> IncomingMail:
        for read in (beginning_of, _header_of):
            mail = self._confined.each(read, [kept], _BEGINNING_SECONDS)[0]
            if not isinstance(mail, GaveUp):
                return mail
        return unread("too_costly")

    def close(self) -> None:
        """End the processes."""
        self._confined.close()
