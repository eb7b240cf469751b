"""The page that plays the employee: write to the academy, see receipt and answer arrive, answer back.

Plain HTML forms, no script; it speaks IMAP and reads the relay's files, and knows nothing of the helpdesk's insides.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from imapclient.exceptions import IMAPClientError  # type: ignore[import-untyped] # the library has no types
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from helpdesk.settings import Settings
from workers.demo import writing
from workers.demo.configuration import ADVISOR, DESK_ADDRESS, password
from workers.demo.delivery import deliver
from workers.demo.people import EMPLOYEES, Employee

_LARGEST = 200_000
_NEWEST = 200
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


_PAGES = Environment(autoescape=True, loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined)
_NOTES = {
    "sent": ("Verstuurd.", "Sent."),
    "failed": ("De postbus start opnieuw; verstuur het nog eens.", "The mailbox is being restarted; send it again."),
}


@dataclass(frozen=True)
class Received:
    """A mail that arrived, under the number of its file."""

    number: str
    mail: EmailMessage

    @property
    def text(self) -> str:
        """Its text."""
        return writing.body_of(self.mail)


class Postbox:
    """What the employee has in hand: sending through the mailbox, and the mails that arrived for them."""

    def __init__(self, settings: Settings, now: Callable[[], dt.datetime]) -> None:
        self.settings, self.now = settings, now
        self._sent = settings.data / "sent"

    def send(self, mail: EmailMessage) -> None:
        """Deliver to the academy's mailbox."""
        deliver(self.settings.mailboxes[0], password(self.settings.data, "mailbox"), [mail])

    def received(self, who: Employee) -> list[Received]:
        """The newest mails to this employee, newest first."""
        found = []
        for path in sorted(self._sent.glob("[0-9]*.eml"), reverse=True)[:_NEWEST]:
            mail = _read(path)
            if who.address in [str(to).strip().lower() for to in mail.get_all("Delivered-To", [])]:
                found.append(Received(path.stem, mail))
        return found

    def one(self, who: Employee, number: str) -> Received | None:
        """One mail, if it was for this employee."""
        return next((one for one in self.received(who) if one.number == number), None)


def _read(path: Path) -> EmailMessage:
    parsed = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - the default policy makes these
    return parsed


class Page(BaseHTTPRequestHandler):
    """One request. `postbox` is set by `serve`."""

    postbox: Postbox
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The form, the frame with the mails, or one mail."""
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        who = self._who(query.get("who", [""])[0])
        if address.path == "/readyz":
            self._say(200, "ready")
        elif address.path == "/":
            self._show("write", who, note=_NOTES.get(query.get("note", [""])[0], ("", ""))[who.language == "en"])
        elif address.path == "/inbox":
            self._show("inbox", who, mails=self.postbox.received(who))
        else:
            found = self.postbox.one(who, address.path.removeprefix("/mail/"))
            self._show("mail", who, code=200 if found else 404, one=found)

    def do_POST(self) -> None:
        """A new mail, or an answer to one that arrived; then back to the page."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST or not self._own_form():
            self.close_connection = True
            self._say(400, "no")
            return
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        who = self._who(form.get("who", ""))
        try:
            self.postbox.send(self._written(who, form))
            note = "sent"
        except (OSError, IMAPClientError):
            note = "failed"
        self._say(303, "", location=f"/?who={quote(who.key)}&note={note}")

    def _written(self, who: Employee, form: dict[str, str]) -> EmailMessage:
        found = self.postbox.one(who, form.get("number", ""))
        text, now = form.get("text", "").replace("\r\n", "\n"), self.postbox.now()
        if found is not None:
            return writing.answer(who, found.mail, text, at=now)
        return writing.mail(who, " ".join(form.get("subject", "").split()), text, at=now)

    def _show(self, view: str, who: Employee, code: int = 200, **values: object) -> None:
        said = {
            "view": view,
            "who": who,
            "employees": EMPLOYEES.values(),
            "desk": DESK_ADDRESS,
            "advisor": ADVISOR[0],
            "web": self.postbox.settings.public_url,
        }
        self._say(code, _PAGES.get_template("page.html").render(said | values))

    def _who(self, key: str) -> Employee:
        return EMPLOYEES.get(key) or next(iter(EMPLOYEES.values()))

    def _own_form(self) -> bool:
        """Whether the form is this page's: another site's would name another origin or host (DNS rebinding)."""
        host = self.headers.get("Host", "")
        origin = self.headers.get("Origin", "null")
        return host.rpartition(":")[0] in ("127.0.0.1", "localhost") and origin in ("null", f"http://{host}")

    def _say(self, code: int, html: str, location: str = "") -> None:
        body = html.encode()
        self.send_response(code)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Nothing: addresses name people."""


class Server(ThreadingHTTPServer):
    """Threads that end with the process."""

    daemon_threads = True


def serve(settings: Settings, port: int) -> None:
    """Serve on the loopback until killed."""

    def now() -> dt.datetime:
        return dt.datetime.now(dt.UTC) + settings.clock_offset

    Page.postbox = Postbox(settings, now)
    Server(("127.0.0.1", port), Page).serve_forever()
