"""What both sides of a chat share: where a page stands in the lines, and short answers to its script."""

from __future__ import annotations

from flask import Response, jsonify, request

from helpdesk.chat.saying import Enclosed, Said
from web.notices import then
from web.sent_files import files, uploads

SCRIPT = "X-Chat"
"""A request of our script carries this header: it gets a part of the page, or a few words of JSON."""


def by_script() -> bool:
    """Whether our script asks, and not a form."""
    return SCRIPT in request.headers


def part(html: str) -> Response:
    """A part of a page: for our script markup, for anybody else who looks plain text."""
    return Response(html, mimetype="text/html" if by_script() else "text/plain")


def place_in_lines() -> tuple[int, int]:
    """The newest line a page has and how many it has; a stream that came back may say the first by itself."""
    newest = request.args.get("after") or request.headers.get("Last-Event-ID", "")
    return _whole(newest), _whole(request.args.get("have", ""))


def _whole(word: str) -> int:
    return int(word) if word.isascii() and word.isdecimal() and len(word) < 19 else 0


def words(name: str) -> str:
    """A text of the form, its line ends as we write them."""
    return request.form.get(name, "").replace("\r\n", "\n")


def client_id() -> str:
    """The id the page drew for this line."""
    return request.form.get("client_id", "")[:64]


def enclosed() -> Enclosed:
    """The files that go with this line."""
    return Enclosed(files(), uploads())


def kept(said: Said, location: str) -> Response:
    """The answer to a line that is kept."""
    if by_script():
        return jsonify(number=said.number, entry=said.entry_id, state=said.state, location=location)
    return then(location)


def done(location: str, notice: str = "") -> Response:
    """The answer to an act."""
    return Response(status=204) if by_script() else then(location, notice)
