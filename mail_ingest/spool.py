"""Gathers the bytes of one mail: in memory while it is small, in a file once it is not. Knows nothing of mail."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from mail_ingest.envelope import Raw

IN_MEMORY = 4_000_000
"""Bytes above which a mail goes through a file, so that memory stays bounded (intake: mails above 4 MB)."""


class Spool:
    """Write pieces, then `take` the whole once; `drop` when the mail is not wanted after all."""

    def __init__(self, folder: Path, in_memory: int = IN_MEMORY) -> None:
        self.size = 0
        self._folder, self._in_memory = folder, in_memory
        self._pieces: list[bytes] = []
        self._file: BinaryIO | None = None
        self._path: Path | None = None

    def write(self, piece: bytes) -> None:
        """Add bytes; raises OSError when the disk is full."""
        self.size += len(piece)
        if self._file is None:
            self._pieces.append(piece)
            if self.size > self._in_memory:
                self._to_disk()
        else:
            self._file.write(piece)

    def _to_disk(self) -> None:
        number, name = tempfile.mkstemp(prefix="mail-", dir=self._folder)
        self._file, self._path = os.fdopen(number, "wb"), Path(name)
        self._file.writelines(self._pieces)
        self._pieces.clear()

    def take(self) -> Raw:
        """All bytes, or the file that holds them; whoever takes a file unlinks it."""
        if self._file is None or self._path is None:
            return b"".join(self._pieces)
        self._file.close()
        return self._path

    def drop(self) -> None:
        """Forget everything; the file goes."""
        self._pieces.clear()
        if self._file is not None and self._path is not None:
            self._file.close()
            self._path.unlink(missing_ok=True)


def discard(raw: Raw) -> None:
    """Unlink the file of a mail that has been kept elsewhere or refused; bytes need nothing."""
    if isinstance(raw, Path):
        raw.unlink(missing_ok=True)


def sweep(folder: Path) -> int:
    """Unlink what a crash left behind; only for a process that starts, before it spools anything. Returns how many."""
    left = list(folder.glob("mail-*"))
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)
