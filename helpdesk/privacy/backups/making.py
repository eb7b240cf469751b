"""Makes a backup while the helpdesk works: blobs, the database at one moment, the blobs that came since, its page.

Blobs that no row of the snapshot names do no harm. A blob that a row names and that is gone was destroyed meanwhile,
and the ledger says so: on restore the row goes the same way.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from sqlalchemy.orm import Session

from helpdesk import migrating
from helpdesk.errors import NotFound, Unavailable
from helpdesk.ports import Ports
from helpdesk.privacy.backups import catalogue
from helpdesk.privacy.backups.catalogue import BLOBS, DATABASE, LOCK, SIGN, SUMS, Backup, Kept
from helpdesk.privacy.backups.snapshots import Say, blob_names, copy_database, snapshot, tickets_of
from helpdesk.process_locks import one_at_a_time
from helpdesk.retention.ledger_writing import flush, known, write_down
from helpdesk.security_log import note
from helpdesk.unit import SYSTEM, Unit, unit_of_work

PARTIAL = ".partial-"
_PIECE = 1 << 20
_TELL = 500


def mark_of(ports: Ports, backup_id: str) -> str:
    """What only these keys make of a backup's name: with others its digests and tokens would mean nothing."""
    return ports.keys.word_digest("backup", backup_id)


def make(ports: Ports, to: Path | None, say: Say) -> Kept:
    """Make one backup, in the usual folder or in another. Raises Unavailable, leaving nothing behind.

    It is there as a whole or not at all, and the ledger has a line of it: a copy that is put back by any hand is seen.
    """
    folder = to or catalogue.home(ports.settings)
    try:
        for one in {folder, catalogue.home(ports.settings)}:
            one.mkdir(mode=0o700, parents=True, exist_ok=True)
            (one / SIGN).touch(mode=0o600)
        with one_at_a_time(catalogue.home(ports.settings) / LOCK):
            _sweep(folder)
            partial = folder / f"{PARTIAL}{secrets.token_hex(16)}"
            try:
                return _made(ports, folder, partial, say)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    except OSError as fault:
        raise Unavailable(
            "The backup can't be written to {folder}: {why}.",
            folder=str(folder),
            why=fault.strerror or type(fault).__name__,
            code="backup_disk",
        ) from fault


def _sweep(folder: Path) -> None:
    """What a killed backup left."""
    for left in folder.glob(f"{PARTIAL}*"):
        shutil.rmtree(left, ignore_errors=True)


def _made(ports: Ports, folder: Path, partial: Path, say: Say) -> Kept:
    flush(ports)
    partial.mkdir(mode=0o700)
    with (partial / SUMS).open("w", encoding="utf-8") as sums:
        blobs = _BlobCopy(ports, partial / BLOBS, sums, say)
        blobs.take(ports.blobs.keys())
        blobs.take(key for key, _at in ports.blobs.staged())
        backup_id = partial.name.removeprefix(PARTIAL)
        with snapshot(ports) as session:
            copy_database(ports, session, partial / DATABASE, say)
            blobs.missing = 0
            blobs.take(blob_names(session))
            backup = _page(ports, session, backup_id, blobs)
    backup.sums.update({DATABASE: sum_of(partial / DATABASE), SUMS: sum_of(partial / SUMS)})
    catalogue.write_page(partial, backup)
    os.sync()
    # The line comes after the snapshot: whoever puts this copy back has a database that is older than its ledger.
    with unit_of_work(ports, SYSTEM) as unit:
        write_down(unit, "backup", backup.id)
        note(unit, "backup.make")
    flush(ports)
    lies = folder / backup.folder_name
    partial.rename(lies)
    done = Kept(backup, lies)
    others = [one for one in catalogue.kept(ports.settings) if one.backup.id != backup.id]
    catalogue.remember(ports.settings, [*others, done])
    return done


def _page(ports: Ports, session: Session, backup_id: str, blobs: _BlobCopy) -> Backup:
    unit = Unit(session, SYSTEM, ports, ports.now(), reads_only=True)
    ledger = known(unit)
    size = (blobs.folder.parent / DATABASE).stat().st_size
    return Backup(
        id=backup_id,
        made_at=unit.now,
        expires_on=catalogue.horizon_end(unit),
        engine=ports.engine.dialect.name,
        schema=migrating.head(),
        ledger_seq=ledger.seq,
        ledger_head=ledger.hash,
        ledger_name=ledger.name or "",
        keys_mark=mark_of(ports, backup_id),
        tickets=tickets_of(session),
        files=blobs.count,
        missing=blobs.missing,
        bytes=blobs.size + size,
        sums={},
    )


def sum_of(path: Path) -> str:
    """SHA-256 of a file, read in pieces."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


@dataclass
class _BlobCopy:
    """Copies blobs by key, each once, and writes their sums; what is gone meanwhile is counted."""

    ports: Ports
    folder: Path
    sums: TextIO
    say: Say
    count: int = 0
    size: int = 0
    missing: int = field(default=0)

    def take(self, keys: Iterable[str]) -> None:
        """Copy those that are not there yet."""
        for key in keys:
            place = self.folder / key[:2] / key
            if place.exists():
                continue
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._copy(key, place)
            except (NotFound, FileNotFoundError):
                self.missing += 1
            if self.count % _TELL == 0:
                self.say("files", self.count, 0)

    def _copy(self, key: str, place: Path) -> None:
        found = hashlib.sha256()
        with self.ports.blobs.open(key) as source, place.open("xb") as out:
            while piece := source.read(_PIECE):
                found.update(piece)
                out.write(piece)
                self.size += len(piece)
        self.sums.write(f"{found.hexdigest()}  {key}\n")
        self.count += 1
