"""Parts of a page by name: the same address with `X-Fragment` answers only that part. Decides nothing."""

from __future__ import annotations

import hashlib

from flask import Response, make_response, render_template, request

HEADER = "X-Fragment"
FRAGMENTS = {
    "list": "inbox/_fragment_list.html",
    "ticket": "inbox/_fragment_ticket.html",
}
"""Each part's template; its elements carry the ids under which they stand in the page."""


def wanted() -> str:
    """The part the browser asks for, if it asks for one that is there."""
    name = request.headers.get(HEADER, "")
    return name if name in FRAGMENTS else ""


def shown(template: str, /, **values: object) -> Response:
    """The page, or the part of it that was asked for: with an ETag, so that what did not change is not sent again."""
    name = wanted()
    answer = make_response(render_template(FRAGMENTS.get(name, template), **values))
    answer.headers.add("Vary", HEADER)
    if name and request.method == "GET":
        answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:20])
        answer.make_conditional(request)
    return answer
