"""A disk that is really full: a small one is mounted, filled to the brim, and a run comes to the end of it."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.destroying.killing import Trial
from tests.destroying.place import QuickPostgres

_DISK = 64
_LEFT = (0, 16, 64, 256, 700)
"""Kilobytes that are left free, so that it is full at the beginning or in the middle of a run."""
_BALLAST = "ballast"


class NoMountError(RuntimeError):
    """Why nothing can be mounted here."""


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int = _DISK) -> Iterator[Path]:
    """A disk of this size on a folder, in memory. Raises NoMountError with the reason where that is not allowed."""
    folder.mkdir(exist_ok=True, parents=True)
    mode = folder.stat().st_mode & 0o777
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode={mode:o}", "tmpfs", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as fault:
        raise NoMountError(str(fault)) from fault
    if done.returncode:
        raise NoMountError(done.stderr.strip() or f"mount ended with {done.returncode}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=False)


def fill_to_the_brim(folder: Path, left: int) -> None:
    """Write until nothing more goes on it but so many kilobytes."""
    with (folder / _BALLAST).open("wb", buffering=0) as out, contextlib.suppress(OSError):
        while True:
            out.write(b"\1" * 4096)
    os.truncate(folder / _BALLAST, max(0, (folder / _BALLAST).stat().st_size - left * 1024))


def make_room(folder: Path) -> None:
    """Take the ballast away."""
    (folder / _BALLAST).unlink()


def on_full_disks(trial: Trial) -> None:
    """The ledger, the files, and all data (with SQLite's database) on a full disk in turn; then with room again."""
    for part in ("ledger", "blobs", ""):
        with small_disk(trial.place.data / part) as disk:
            for left in _LEFT:
                trial.place.fresh()
                _once(trial, disk, part or "data", left)


def _once(trial: Trial, disk: Path, part: str, left: int) -> None:
    where = f"{part} on a disk with {left} kB left"
    fill_to_the_brim(disk, left)
    ended = trial.runner.run(trial.place)
    make_room(disk)
    trial.counts[f"full_{part}"] += 1
    if not ended.code:
        trial.look_at_end(ended, where)
        return
    trial.counts[f"full_{part}_stopped"] += 1
    trial.clear_words(ended, where)
    trial.look_between(where)
    trial.finish(where)


class SmallPostgres(QuickPostgres):
    """One whose folder is a disk of its own."""

    def at_rest(self) -> None:
        """Down and up again, whatever the full disk did to it."""
        self.kill()
        self.start()


def on_a_full_server(trial: Trial, server: SmallPostgres) -> None:
    """PostgreSQL's own disk is full: a run stops; with room again, and the server started anew, it finishes."""
    for left in _LEFT:
        trial.place.fresh()
        # What the making of the copy left to be written is written before the disk is full.
        server.ask("CHECKPOINT")
        where = f"the server on a disk with {left} kB left"
        fill_to_the_brim(server.folder, left)
        ended = trial.runner.run(trial.place)
        make_room(server.folder)
        server.at_rest()
        trial.counts["full_server"] += 1
        if not ended.code:
            trial.look_at_end(ended, where)
            continue
        trial.counts["full_server_stopped"] += 1
        trial.clear_words(ended, where)
        trial.look_between(where)
        trial.finish(where)
