"""Sends text compressed: our static files made ready once, pages as they go; never what people attached."""

from __future__ import annotations

import gzip
import io
import secrets
from pathlib import Path

from flask import Flask, Response, request

from web.joined import OURS, joined_modules

SMALLEST = 1_000
"""Bytes below which an answer goes as it is: one packet either way."""
_LEVEL = 5
_PADDING = 64
_TEXTS = frozenset({"text/html", "application/json"})
_FILES = frozenset({"files.attachment", "files.inline", "files.raw", "papers.eml", "questions.file"})
_STATIC = frozenset({".css", ".js", ".svg"})


def packed(text: bytes, level: int = _LEVEL) -> bytes:
    """The gzip (RFC 1952) of a text, its header longer by a random number of bytes.

    The length of a page that mixes its secrets with what others wrote must not tell whether the two agree (BREACH).
    """
    into = io.BytesIO()
    name = "-" * (1 + secrets.randbelow(_PADDING))
    with gzip.GzipFile(name, "wb", level, into, mtime=0) as stream:
        stream.write(text)
    return into.getvalue()


def _ready(folder: Path) -> dict[str, bytes]:
    """Our static files and joined modules, compressed as well as can be, by their names."""
    files = (path for path in folder.rglob("*") if path.suffix in _STATIC)
    texts = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    texts |= {name: joined.text for name, joined in joined_modules(folder).items()}
    return {name: gzip.compress(text, 9, mtime=0) for name, text in texts.items()}


def install(app: Flask) -> None:
    """Compress every answer that gains by it, for browsers that say they can read it."""
    ready = _ready(Path(str(app.static_folder)))

    def static(answer: Response) -> bytes | None:
        name = str((request.view_args or {}).get("filename", request.endpoint))
        return ready.get(name) if answer.status_code == 200 else None

    def page(answer: Response) -> bytes | None:
        if answer.mimetype not in _TEXTS or answer.is_streamed or request.endpoint in _FILES:
            return None
        text = answer.get_data()
        return packed(text) if len(text) >= SMALLEST else None

    def compress(answer: Response) -> Response:
        is_static = request.endpoint in OURS
        if not is_static and answer.mimetype not in _TEXTS:
            return answer
        answer.headers.add("Vary", "Accept-Encoding")
        if not request.accept_encodings.quality("gzip") or request.range or "Content-Encoding" in answer.headers:
            return answer
        smaller = static(answer) if is_static else page(answer)
        if smaller is not None:
            answer.direct_passthrough = False
            answer.set_data(smaller)
            answer.headers["Content-Encoding"] = "gzip"
        return answer

    app.after_request(compress)
