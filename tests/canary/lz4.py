"""Unpacks what PostgreSQL packed with LZ4, where it stands in a page: a word that repeats itself is in no file as such.

The layout of a packed value is that of `varatt.h`: its length, its length when unpacked with the method, the block
(https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_VALUE = re.compile(rb"(?s)..\x00\x00...\x40")
"""A length below 64 kB, and one below 16 MB with the method LZ4."""
_SHORTEST, _LONGEST = 16, 8192


def unpacked(content: bytes) -> Iterator[bytes]:
    """Whatever looks like a packed value, unpacked as far as it goes."""
    at = 0
    while found := _VALUE.search(content, at):
        start = found.start()
        at = start + 1
        length, whole = int.from_bytes(content[start : start + 2], "little"), content[start + 4 : start + 7]
        # The two lowest bits say whether it lies in its row (10) or is a piece of one that lies apart (00).
        if length & 1 or not _SHORTEST <= length >> 2 <= _LONGEST:
            continue
        if int.from_bytes(whole, "little") > (length >> 2) - 8:
            text = block(content[start + 8 : start + (length >> 2)])
            if len(text) > _SHORTEST:
                yield text


def block(packed: bytes) -> bytes:
    """The bytes of a block; of one that is cut off or is none, those before the fault."""
    out, at = bytearray(), 0
    try:
        while at < len(packed):
            token = packed[at]
            literals, at = _length(packed, at + 1, token >> 4)
            out += packed[at : at + literals]
            at += literals
            if at + 2 > len(packed):
                break
            back = packed[at] | packed[at + 1] << 8
            copied, at = _length(packed, at + 2, token & 15)
            if not 0 < back <= len(out):
                break
            piece = bytes(out[-back:])
            out += (piece * ((copied + 4) // back + 1))[: copied + 4]
    except IndexError:
        pass
    return bytes(out)


def _length(packed: bytes, at: int, said: int) -> tuple[int, int]:
    if said < 15:
        return said, at
    while True:
        said += packed[at]
        at += 1
        if packed[at - 1] < 255:
            return said, at
