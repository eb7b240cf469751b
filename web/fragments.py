"""Parts of a page by name: the same address with `X-Fragment` answers only that part. Decides nothing."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from flask import Response, make_response, render_template, request

HEADER = "X-Fragment"
FRAGMENTS = {
    "list": "inbox/_fragment_list.html",
    "ticket": "inbox/_fragment_ticket.html",
    "reader": "inbox/_fragment_reader.html",
    "insert": "inbox/_insert.html",
}
"""Each part's template; its elements carry the ids under which they stand in the page."""
TROUBLE = "inbox/_fragment_trouble.html"
"""What a script gets of a form that failed: the words of the fault only, so that what was typed stays untouched."""


def wanted() -> str:
    """The part the browser asks for, if it asks for one that is there."""
    name = request.headers.get(HEADER, "")
    return name if name in FRAGMENTS else ""


def shown(template: str, /, **values: object) -> Response:
    """The page, or the part of it that was asked for: with an ETag, so that what did not change is not sent again."""
    name = wanted()
    part = TROUBLE if name and values.get("problem") else FRAGMENTS.get(name, template)
    answer = make_response(render_template(part, **values))
    answer.headers.add("Vary", HEADER)
    if name:
        answer.headers[HEADER] = name
    if name and request.method == "GET":
        answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:20])
        answer.make_conditional(request)
    return answer


def announced(answer: Response, sentence: str) -> Response:
    """Send along what a screen reader is to say; percent-encoded, for headers are plain ASCII."""
    answer.headers["X-Announce"] = quote(sentence)
    return answer
