"""Blobs as files: random keys, written under incoming/ and synced, renamed to their place after the commit."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import shutil
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from helpdesk.errors import NotFound, Unavailable

_SYNCS = 8
"""Files that are synced at the same time: fifty then take half as long, more threads gain nothing."""
_KEY = re.compile(r"^[0-9a-f]{32}$")
_FOLDER = re.compile(r"^(?:incoming|[0-9a-f]{2})$")


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class DiskBlobs:
    """`incoming/<key>` until the commit, then `<kk>/<key>`; readable in both places."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = root / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def _place(self, key: str) -> Path:
        if not _KEY.match(key):
            raise NotFound("There is no such file.")
        return self._root / key[:2] / key

    def places(self, key: str) -> tuple[Path, ...]:
        """Settled, staged, or settled while one looked."""
        place = self._place(key)
        return place, self._incoming / key, place

    def _found(self, key: str) -> Path:
        for path in self.places(key):
            if path.exists():
                return path
        raise NotFound("The bytes of this file are not there.", code="blob_missing")

    def stage(self, items: Sequence[bytes | Path | BinaryIO]) -> list[str]:
        """Write every item, then sync every file and the folder once; on a fault all of them are removed."""
        keys = [secrets.token_hex(16) for _ in items]
        paths = [self._incoming / key for key in keys]
        open_files: list[int] = []
        try:
            for path, item in zip(paths, items, strict=True):
                open_files.append(self._write(path, item))
            self._sync(open_files)
        except OSError as fault:
            for path in paths:
                path.unlink(missing_ok=True)
            raise Unavailable("The disk can't take the mail now.", code="disk") from fault
        finally:
            for descriptor in open_files:
                os.close(descriptor)
        return keys

    def hatch(self) -> Path:
        """Where staged bytes lie too: what nobody adopts is swept from there."""
        return self._incoming

    def adopt(self, keys: Sequence[str]) -> None:
        """Sync every file and the folder once."""
        open_files: list[int] = []
        try:
            open_files.extend(os.open(self._incoming / self._place(key).name, os.O_RDONLY) for key in keys)
            self._sync(open_files)
        except OSError as fault:
            raise Unavailable("The disk can't take the mail now.", code="disk") from fault
        finally:
            for descriptor in open_files:
                os.close(descriptor)

    def _sync(self, open_files: Sequence[int]) -> None:
        """Sync files and folder. Several at once, so that the file system's journal commits them together."""
        if len(open_files) > 2:
            with ThreadPoolExecutor(_SYNCS) as pool:
                list(pool.map(os.fsync, open_files))
        else:
            for descriptor in open_files:
                os.fsync(descriptor)
        if open_files:
            _sync_folder(self._incoming)

    def _write(self, path: Path, item: bytes | Path | BinaryIO) -> int:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(os.dup(descriptor), "wb") as out:
            if isinstance(item, bytes):
                out.write(item)
            elif isinstance(item, Path):
                with item.open("rb") as source:
                    shutil.copyfileobj(source, out, 1 << 20)
            else:
                item.seek(0)
                shutil.copyfileobj(item, out, 1 << 20)
        return descriptor

    def settle(self, keys: Iterable[str]) -> None:
        """Rename to the place; folders are synced by the file system's own journal, the bytes already are."""
        for key in keys:
            place = self._place(key)
            place.parent.mkdir(exist_ok=True)
            try:
                (self._incoming / key).rename(place)
            except FileNotFoundError:
                continue

    def read(self, key: str, limit: int | None = None) -> bytes:
        """The bytes, at most `limit`."""
        with self.open(key) as source:
            return source.read(-1 if limit is None else limit)

    def open(self, key: str) -> BinaryIO:
        """A stream of the bytes, wherever they lie at this moment."""
        try:
            return self._found(key).open("rb")
        except FileNotFoundError:
            return self._found(key).open("rb")

    def size(self, key: str) -> int:
        """Number of bytes."""
        return self._found(key).stat().st_size

    def destroy(self, keys: Iterable[str]) -> None:
        """Unlink, folder by folder, then sync each folder that may have held one (RD-52)."""
        folders = set[Path]()
        for key in sorted(keys):
            place = self._place(key)
            for path in (place, self._incoming / key):
                path.unlink(missing_ok=True)
            folders |= {place.parent, self._incoming}
        there = [folder for folder in folders if folder.exists()]
        if there:
            with ThreadPoolExecutor(_SYNCS) as pool:
                list(pool.map(_sync_folder, there))

    def staged(self) -> Iterator[tuple[str, dt.datetime]]:
        """Keys under incoming/ with the time of the file."""
        for path in self._incoming.iterdir():
            try:
                yield path.name, dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
            except FileNotFoundError:
                continue

    def keys(self, start: str = "") -> Iterator[str]:
        """All settled keys, or those that begin with these two digits."""
        for folder in [self._root / start] if start else self._root.iterdir():
            if folder.name != "incoming" and folder.is_dir():
                for path in folder.iterdir():
                    yield path.name

    def strangers(self) -> list[str]:
        """Whatever lies in the folder besides `incoming` and the folders named by two digits."""
        return sorted(path.name for path in self._root.iterdir() if not (path.is_dir() and _FOLDER.match(path.name)))

    def free(self) -> int:
        """Bytes free for us."""
        return shutil.disk_usage(self._root).free
