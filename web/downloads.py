"""Files of people, sent so that nothing in them can run: by their first bytes, never by what they say they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Response
from werkzeug.http import dump_options_header

from helpdesk.tickets.files import FileBytes
from web.filters import visible

FILE_POLICY = "sandbox; default-src 'none'"
_CHUNK = 1 << 16
_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""First bytes of what may be shown inside a page."""
INLINE = frozenset({*_IMAGES.values(), "image/webp", "application/pdf"})
HEAD = 16
_DOCUMENTS = {b"%PDF-": "application/pdf", b"PK\x03\x04": "application/zip"}


def sniffed(head: bytes) -> str:
    """The type by the first bytes, from a short list; everything else is just bytes."""
    for start, kind in (*_IMAGES.items(), *_DOCUMENTS.items()):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def disposition(how: str, name: str) -> str:
    """Content-Disposition (RFC 6266): the name without control or turning characters, also in plain ASCII."""
    shown = visible(name).replace("/", "_").replace("\\", "_").strip() or "file"
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"%;' else "_" for char in shown)
    header = dump_options_header(how, {"filename": plain[:150]})
    return header if plain == shown else f"{header}; filename*=UTF-8''{quote(shown[:150], safe='')}"


def _chunks(stream: BinaryIO, head: bytes = b"") -> Iterator[bytes]:
    with stream:
        yield head
        while piece := stream.read(_CHUNK):
            yield piece


def served(file: FileBytes, kind: str, how: str, head: bytes = b"") -> Response:
    """A file as an answer; `head` is what was read of it already."""
    answer = Response(_chunks(file.stream, head), mimetype=kind)
    answer.headers["Content-Length"] = str(file.size)
    answer.headers["Content-Disposition"] = disposition(how, file.name)
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.call_on_close(file.stream.close)
    return answer


def as_download(file: FileBytes) -> Response:
    """A file that no browser shows in a page of ours."""
    head = file.stream.read(HEAD)
    return served(file, sniffed(head), "attachment", head)
