"""Looks for words in every file of whole folders, in every encoding, inside what is packed as well."""

from __future__ import annotations

import base64
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.canary import lz4
from tests.canary.words import END, LENGTH, LETTERS, Word, forms

_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]|PK\x03\x04")
_DRAWN = re.compile(f"[{LETTERS}]{{{LENGTH}}}{END}".encode(), re.IGNORECASE)
_WIDE = re.compile(f"(?:[{LETTERS}]\0){{{LENGTH}}}(?:{END[0]}\0){{{len(END)}}}".encode(), re.IGNORECASE)
_BASE64 = re.compile(rb"[A-Za-z0-9+/\r\n]{20,}")
_FIRST, _MOST = 64, 20_000_000
_SHORTEST = 6
"""A packed form shorter than this is found by chance."""


class Scan:
    """What was found of which words: `hits` by word, place on disk and encoding."""

    def __init__(self, words: Iterable[Word]) -> None:
        self.hits: Counter[tuple[Word, str, str]] = Counter()
        everything = list(words)
        self._drawn = {one.word.encode(): one for one in everything if _DRAWN.fullmatch(one.word.encode())}
        own = [word for word in everything if word.word.encode() not in self._drawn]
        self._forms = [(word, name, form) for word in own for name, form in forms(word.word) if len(form) >= 3]

    def look(self, folders: Mapping[str, Path]) -> Scan:
        """Look through every file below these folders, each under its name; a file that goes meanwhile is gone."""
        for place, folder in folders.items():
            for path in sorted(folder.rglob("*")):
                for kind, content in _contents(path):
                    self._in(f"{place}:{_part(place, path)}", kind, content)
        return self

    def _in(self, place: str, kind: str, content: bytes) -> None:
        for name, found in _drawn(content):
            if word := self._drawn.get(found):
                self.hits[word, place, f"{kind}{name}"] += 1
        folded = content.lower() if self._forms else b""
        for word, name, form in self._forms:
            if form in content or (name == "folded" and form in folded):
                self.hits[word, place, f"{kind}{name}"] += 1

    def words(self) -> set[Word]:
        """The words that stand anywhere."""
        return {word for word, _place, _form in self.hits}

    def where_planted(self) -> str:
        """How many words were found of each place they were planted in."""
        counted = Counter(word.place for word in self.words())
        return ",".join(f"{place}:{count}" for place, count in sorted(counted.items())) or "-"

    def told(self, what: int) -> str:
        """How many words there are by place on disk (1) or by encoding (2)."""
        found = {(one[0], one[what]) for one in self.hits}
        counted = Counter(name for _word, name in found)
        return ",".join(f"{name}:{count}" for name, count in sorted(counted.items())) or "-"


def _drawn(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Everything that looks like a word drawn by us, in any encoding: it has letters and digits only."""
    yield from (("raw", one.group().lower()) for one in _DRAWN.finditer(content))
    yield from (("utf16", one.group().replace(b"\0", b"").lower()) for one in _WIDE.finditer(content))
    for run in _BASE64.finditer(content):
        text = run.group().translate(None, b"\r\n")
        for start in range(4):
            part = text[start : start + (len(text) - start) // 4 * 4]
            yield from (("base64", one.group().lower()) for one in _DRAWN.finditer(base64.b64decode(part)))


def _part(place: str, path: Path) -> str:
    known = {
        "blobs": "blobs",
        "ledger": "ledger",
        "pg_wal": "wal",
        "base": "tables",
        "texts": "texts",
        "exports": "exports",
    }
    part = next((known[name] for name in path.parts if name in known), "")
    if part:
        return part
    if place == "profile":
        return path.name
    if path.name.startswith("helpdesk.sqlite3"):
        return {"-wal": "wal", "-shm": "wal"}.get(path.name[-4:], "database")
    return "log" if path.name in ("log",) or path.suffix == ".log" else "rest"


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        if not path.is_file() or path.is_symlink():
            return
        content = path.read_bytes()
    except FileNotFoundError:
        return
    yield "", content
    for found in _PACKED.finditer(content):
        unpacked = _unpacked(content, found.start())
        if len(unpacked) >= _SHORTEST:
            yield "packed_", unpacked
    if "base" in path.parts or "pg_wal" in path.parts:
        yield from (("lz4_", text) for text in lz4.unpacked(content))


def _unpacked(content: bytes, at: int) -> bytes:
    """What was packed there by gzip, zlib or zip; nothing where it only looks so."""
    head = content[at : at + 30]
    if head[:2] == b"PK":
        if len(head) < 30 or head[8:10] != b"\x08\x00":
            return b""
        at += 30 + int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        unpacker = zlib.decompressobj(-15)
    else:
        unpacker = zlib.decompressobj(31 if head[:2] == b"\x1f\x8b" else 15)
    whole = memoryview(content)
    try:
        # What only looks packed fails at its first bytes.
        first = unpacker.decompress(whole[at : at + _FIRST])
        return first + unpacker.decompress(whole[at + _FIRST :], _MOST)
    except zlib.error:
        return b""
