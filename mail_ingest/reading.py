"""Kept bytes to IncomingMail beside the filer, each mail within what reading one may cost."""

from __future__ import annotations

import itertools
import os
import secrets
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from helpdesk.confined import Confined, GaveUp
from helpdesk.mail.incoming import IncomingMail, Laid, Part
from mail_ingest.parse import headers_of, parse

Read = IncomingMail | GaveUp
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
    """The bytes of a mail on disk: where they lie, in the order to look, their number, and how many to read at most.

    `hatch` is the folder in which its files are laid; without one they come back with the mail.
    """

    places: tuple[Path, ...]
    size: int
    most: int | None = None
    hatch: Path | None = None


def _bytes_of(kept: Kept, most: int | None) -> bytes | None:
    """The bytes, read in the process that parses them; none when they are nowhere."""
    for place in kept.places:
        with suppress(FileNotFoundError), place.open("rb") as source:
            return source.read(-1 if most is None else most)
    return None


def read_whole(kept: Kept) -> IncomingMail:
    """The mail; without its bytes one that says so."""
    raw = _bytes_of(kept, kept.most)
    if raw is None or (kept.size and not raw):
        return unread("bytes_missing")
    mail = parse(raw)
    return mail if kept.hatch is None or not mail.attachments else _with_files_laid(mail, kept.hatch)


def _with_files_laid(mail: IncomingMail, hatch: Path) -> IncomingMail:
    """The mail with its files written beside the blobs, by the process that decoded them: a pipe would copy them twice.

    On a full disk they stay with the mail, so that whoever files it meets the fault and says so.
    """
    laid: list[Part] = []
    try:
        for part in mail.attachments:
            place = Laid(secrets.token_hex(16), part.size)
            laid.append(replace(part, content=b"", laid=place))
            with open(hatch / place.key, "xb", opener=_private) as out:
                out.write(part.content)
    except BaseException as fault:
        unlay([replace(mail, attachments=tuple(laid))], hatch)
        if isinstance(fault, OSError):
            return mail
        raise
    return replace(mail, attachments=tuple(laid))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def unlay(mails: Iterable[IncomingMail], hatch: Path) -> None:
    """Unlink the files that were laid for mails which nobody will file as they were read."""
    for mail in mails:
        for part in mail.attachments:
            if part.laid is not None:
                (hatch / part.laid.key).unlink(missing_ok=True)


def beginning_of(kept: Kept) -> IncomingMail:
    """What stands in the first 128 KB, without files: they would be cut."""
    mail = parse(_bytes_of(kept, BEGINNING) or b"")
    return replace(mail, attachments=(), defects=("too_costly", *mail.defects))


def _header_of(kept: Kept) -> IncomingMail:
    return headers_of(_bytes_of(kept, 2 * BEGINNING) or b"", "too_costly")


def _noted(sets: Iterable[Sequence[Kept]], begun: deque[Sequence[Kept]]) -> Iterator[Sequence[Kept]]:
    for kept in sets:
        begun.append(kept)
        yield kept


class Readers:
    """Parses sets of mails in a pool. One that costs too much, or kills its process, is read as far as that goes."""

    def __init__(self, processes: int = 0, *, confined: Confined | None = None) -> None:
        self._confined = confined or Confined(processes)

    def read(self, sets: Iterable[Sequence[Kept]]) -> Iterator[list[IncomingMail]]:
        """Each set, one mail per entry, in order; one set is read ahead. Never raises for what a mail holds.

        The next set is asked for when the one before is read, not yet in its caller's hands.
        """
        begun: deque[Sequence[Kept]] = deque()
        for mails in self._whole(sets, begun):
            yield [
                self._as_far_as_it_goes(one) if isinstance(mail, GaveUp) else mail
                for one, mail in zip(begun.popleft(), mails, strict=True)
            ]

    def _whole(self, sets: Iterable[Sequence[Kept]], begun: deque[Sequence[Kept]]) -> Iterator[list[Read]]:
        """A first set of one small mail is not worth a process that is not there yet."""
        rest = _noted(sets, begun)
        first = next(rest, [])
        if len(first) == 1 and first[0].size < _ALONE and not self._confined.running:
            yield from Confined(0).ahead(read_whole, [first], CPU_SECONDS)
            first = []
        yield from self._confined.ahead(read_whole, itertools.chain([first] if first else [], rest), CPU_SECONDS)

    def _as_far_as_it_goes(self, kept: Kept) -> IncomingMail:
        for read in (beginning_of, _header_of):
            mail = self._confined.each(read, [kept], _BEGINNING_SECONDS)[0]
            if not isinstance(mail, GaveUp):
                return mail
        return unread("too_costly")

    def close(self) -> None:
        """End the processes."""
        self._confined.close()
