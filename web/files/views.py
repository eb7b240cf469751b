"""Attachments, raw mails and cleaned HTML: each checked per request and sent so that nothing in it can run."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from helpdesk.tickets import files
from web.downloads import HEAD, INLINE, as_download, disposition, served, sniffed
from web.filters import _, language_for
from web.frame import frame
from web.guards import needs
from web.unit import reading

blueprint = Blueprint("files", __name__)

FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; frame-ancestors 'self'; "
    "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
SHOWN_RAW = 256 * 1024
FRAME = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
    "<style>:root{{color-scheme:light}}body{{margin:0;padding:12px;font:15px/1.5 -apple-system,"
    "'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Arial,sans-serif;"
    "color:#15202b;background:#fff;overflow-wrap:anywhere}}img{{max-width:100%;height:auto}}"
    "table{{max-width:100%}}</style></head><body>{html}</body></html>"
)


@blueprint.get("/werk/bestand/<int:attachment_id>")
@needs("ticket.read")
def attachment(attachment_id: int) -> Response:
    """A file, always as a download."""
    with reading() as unit:
        file = files.attachment(unit, attachment_id)
    return as_download(file)


@blueprint.get("/werk/bestand/<int:attachment_id>/inline")
@needs("ticket.read")
def inline(attachment_id: int) -> Response:
    """A file in its place: only pictures of four kinds, and PDF in a tab of its own; anything else is a download."""
    with reading() as unit:
        file = files.attachment(unit, attachment_id)
    head = file.stream.read(HEAD)
    kind = sniffed(head)
    # Bytes of an image that were sent as a page are shown as neither.
    page = file.content_type.startswith("text/") or "xml" in file.content_type
    return served(file, kind, "inline" if kind in INLINE and not page else "attachment", head)


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
        answer.headers["Content-Disposition"] = disposition("attachment", f"{entry_id}.html")
    return answer


@blueprint.get("/werk/bericht/<int:entry_id>/bron.eml")
@needs("ticket.read")
def raw(entry_id: int) -> Response:
    """The mail as it came in, as a download."""
    with reading() as unit:
        mail = files.raw_mail(unit, entry_id)
    return served(mail, "message/rfc822", "attachment")


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
