"""What both sides of sending a file in pieces share: headers in, headers out, a few words of JSON for what is refused.

The exchange is that of tus 1.0 (tus.io/protocols/resumable-upload); whether all of it is here is said as the IETF's
draft of resumable uploads for HTTP does (draft-ietf-httpbis-resumable-upload, Upload-Complete).
"""

from __future__ import annotations

from flask import Response, jsonify, request, url_for

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.text.language import N_
from helpdesk.uploads import sending
from helpdesk.uploads.sending import LARGEST_PIECE, Progress
from web.errors import sentence
from web.unit import actor, ports, reading, writing

LARGEST = LARGEST_PIECE + 1_000
"""Bytes of a request with a piece."""
TOO_LARGE = N_("A piece of a file is at most 1 MB.")
_OFFSET = "Upload-Offset"


def refused(fault: HelpdeskError, **_args: object) -> Response:
    """Why a file may not come, for the script that sends it."""
    return jsonify(problem=sentence(fault))


def _told(found: Progress, status: int = 204) -> Response:
    answer = Response(status=status)
    answer.headers[_OFFSET] = str(found.offset)
    answer.headers["Upload-Length"] = str(found.size)
    answer.headers["Upload-Complete"] = "?1" if found.done else "?0"
    return answer


def begun(endpoint: str) -> Response:
    """Begin a file, or go on with it; where it can be sent to, and how much of it is here."""
    said = request.form
    size = said.get("size", "")
    with writing() as unit:
        found = sending.begin(
            unit,
            said.get("id", ""),
            said.get("name", ""),
            int(size) if size.isascii() and size.isdecimal() and len(size) < 19 else 0,
            said.get("sha256", ""),
            said.get("question", ""),
        )
    answer = _told(found, 201)
    answer.headers["Location"] = url_for(endpoint, token=found.token)
    return answer


def where(token: str) -> Response:
    """How much of a file is here."""
    with reading() as unit:
        return _told(sending.progress(unit, token))


def piece(token: str) -> Response:
    """Keep a piece; with the last one the file is put together and checked."""
    said = request.headers.get(_OFFSET, "")
    if not (said.isascii() and said.isdecimal() and len(said) < 19):
        raise Invalid("Say where this piece begins.", field="files")
    body = request.get_data(cache=False)
    with writing() as unit:
        found = sending.add_piece(unit, token, int(said), body)
    return _told(sending.finish(ports(), actor(), token) if found.offset == found.size else found)


def dropped(token: str) -> Response:
    """Throw a file away that was begun."""
    with writing() as unit:
        sending.drop(unit, token)
    return Response(status=204)
