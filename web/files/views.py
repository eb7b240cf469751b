"""Attachments, raw mails and cleaned HTML: each checked per request and sent so that nothing in it can run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request, url_for
from werkzeug.http import dump_options_header

from helpdesk.tickets import files
from helpdesk.tickets.files import FileBytes
from web.filters import _, language_for, visible
from web.frame import frame
from web.guards import needs
from web.unit import reading

blueprint = Blueprint("files", __name__)

FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
FILE_POLICY = "sandbox; default-src 'none'"
SHOWN_RAW = 256 * 1024
_CHUNK = 1 << 16
_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
"""First bytes of what may be shown inside a page."""
INLINE = frozenset({*_IMAGES.values(), "image/webp", "application/pdf"})
_HEAD = 16
_DOCUMENTS = {b"%PDF-": "application/pdf", b"PK\x03\x04": "application/zip"}
FRAME = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
    "<style>:root{{color-scheme:light}}body{{margin:0;padding:12px;font:15px/1.5 -apple-system,"
    "'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Arial,sans-serif;"
    "color:#15202b;background:#fff;overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}"
    "table{{max-width:100%}}</style></head><body>{html}</body></html>"
)


def sniffed(head: bytes) -> str:
    """The type by the first bytes, from a short list; everything else is just bytes."""
    for start, kind in (*_IMAGES.items(), *_DOCUMENTS.items()):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return "application/octet-stream"


def _disposition(how: str, name: str) -> str:
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


def _served(file: FileBytes, kind: str, how: str, head: bytes = b"") -> Response:
    answer = Response(_chunks(file.stream, head), mimetype=kind)
    answer.headers["Content-Length"] = str(file.size)
    answer.headers["Content-Disposition"] = _disposition(how, file.name)
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    answer.call_on_close(file.stream.close)
    return answer


@blueprint.get("/werk/bestand/<int:attachment_id>")
@needs("ticket.read")
def attachment(attachment_id: int) -> Response:
    """A file, always as a download."""
    with reading() as unit:
        file = files.attachment(unit, attachment_id)
    head = file.stream.read(_HEAD)
    return _served(file, sniffed(head), "attachment", head)


@blueprint.get("/werk/bestand/<int:attachment_id>/inline")
@needs("ticket.read")
def inline(attachment_id: int) -> Response:
    """A file in its place: only pictures of four kinds, and PDF in a tab of its own; anything else is a download."""
    with reading() as unit:
        file = files.attachment(unit, attachment_id)
    head = file.stream.read(_HEAD)
    kind = sniffed(head)
    return _served(file, kind, "inline" if kind in INLINE else "attachment", head)


@blueprint.get("/werk/bericht/<int:entry_id>/html")
@needs("ticket.read")
def html(entry_id: int) -> Response:
    """The cleaned HTML of a mail, for its sandboxed frame; asked for in any other way it is a download."""
    with reading() as unit:
        clean = files.clean_html(unit, entry_id)
    body = FRAME.format(title=_("Mail"), html=clean.html, language=language_for(clean.language))
    answer = Response(body, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = FRAME_POLICY
    if request.headers.get("Sec-Fetch-Dest") != "iframe":
        answer.headers["Content-Disposition"] = _disposition("attachment", f"{entry_id}.html")
    return answer


@blueprint.get("/werk/bericht/<int:entry_id>/bron.eml")
@needs("ticket.read")
def raw(entry_id: int) -> Response:
    """The mail as it came in, as a download."""
    with reading() as unit:
        mail = files.raw_mail(unit, entry_id)
    return _served(mail, "message/rfc822", "attachment")


@blueprint.get("/werk/bericht/<int:entry_id>/bron")
@needs("ticket.read")
def source(entry_id: int) -> str:
    """The mail as it came in, to read: escaped, and cut where it gets long."""
    with reading() as unit:
        mail = files.raw_mail(unit, entry_id)
        around = frame(unit)
    with mail.stream as stream:
        shown = stream.read(SHOWN_RAW).decode("utf-8", "replace")
    return render_template(
        "files/source.html",
        source=shown,
        cut=mail.size > SHOWN_RAW,
        size=mail.size,
        download=url_for("files.raw", entry_id=entry_id),
        **around,
    )
