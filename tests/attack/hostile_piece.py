"""What a bomb is made of: header fields and MIME parts, so that two bombs fit into one mail. Sends nothing."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole header lines, and whole parts (header, empty line, body); line ends are set right later."""

    fields: bytes = b""
    parts: tuple[bytes, ...] = ()


Maker = Callable[[int, random.Random, bytes], Piece]
"""Size, randomness and the sentence that a reader must find, to one bomb."""


def plain(body: bytes, more: bytes = b"; charset=utf-8") -> bytes:
    """A text part."""
    return b"Content-Type: text/plain" + more + b"\r\n\r\n" + body


def html(body: bytes) -> bytes:
    """An HTML part."""
    return b"Content-Type: text/html; charset=utf-8\r\n\r\n" + body


def file(kind: bytes, name: bytes, content: bytes) -> bytes:
    """An attachment in base64."""
    return b"".join(
        (
            b'Content-Type: %s; name="%s"\r\nContent-Disposition: attachment; filename="%s"\r\n' % (kind, name, name),
            b"Content-Transfer-Encoding: base64\r\n\r\n",
            base64.encodebytes(content),
        )
    )


def multipart(boundary: bytes, parts: list[bytes]) -> bytes:
    """A multipart/mixed part of whole parts."""
    lines = [b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n" % boundary]
    for part in parts:
        lines += [b"--%s\r\n" % boundary, part, b"\r\n"]
    return b"".join([*lines, b"--%s--\r\n" % boundary])
