"""Somebody at a browser without scripts: signed in, follows pages and sends the forms they hold, over HTTP."""

from __future__ import annotations

import gzip
import http.client
import secrets
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from tests.web.visitor import Page

DOOR = "/mijn-vragen/inloggen"


class Visitor:
    """One person at the web on this port."""

    def __init__(self, port: int) -> None:
        self._port, self._cookies = port, dict[str, str]()

    def sign_in(self, email: str, password: str) -> None:
        """Sign in as somebody who works here. Raises RuntimeError when not let in."""
        self.send("/inloggen", "/inloggen", email=email, password=password)
        if "helpdesk" not in self._cookies:
            raise RuntimeError(f"{email} was not let in")

    def sign_in_by_mail(self, address: str, token: Callable[[], str]) -> None:
        """Sign in as somebody who asks, by the link of the mail that is sent. Raises RuntimeError when not let in."""
        self.send(DOOR, "/inloggen", email=address)
        path = f"{DOOR}/{token()}"
        self.send(path, path)
        if "vragen" not in self._cookies:
            raise RuntimeError(f"{address} was not let in")

    def page(self, path: str) -> Page:
        """A page, which must be there."""
        status, body, onward = self._ask("GET", path, None, "")
        if status in (302, 303):
            return self.page(onward)
        if status != 200:
            raise RuntimeError(f"{path} answers {status}")
        return Page(body.decode("utf-8", "replace"))

    def fetch(self, path: str) -> bytes:
        """The bytes behind a link."""
        return self._ask("GET", path, None, "")[1]

    def send(self, page: str, ending: str, **fields: str) -> str:
        """Fill in the form of a page that goes to this ending, and send it. Returns where that leads."""
        form = self.page(page).form(ending)
        return self._post(form.action, urlencode(form.fields | fields).encode(), "application/x-www-form-urlencoded")

    def upload(self, page: str, ending: str, name: str, content: bytes, *, field: str = "file", **fields: str) -> str:
        """As `send`, with a file in a field of that name."""
        form = self.page(page).form(ending)
        mark = secrets.token_hex(12)
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in (form.fields | fields).items()
            if key != field
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n\r\n'
        body = b"".join(parts) + head.encode() + content + f"\r\n--{mark}--\r\n".encode()
        return self._post(form.action, body, f"multipart/form-data; boundary={mark}")

    def break_off(self, page: str, where: str, name: str, piece: bytes, **fields: str) -> None:
        """Begin a file in pieces from this page, send one piece of it, and come no more."""
        form = next(form for form in self.page(page).forms if "formulier" in form.fields)
        said = {"id": secrets.token_hex(16), "name": name, "size": str(len(piece) + 1000)} | fields
        token = form.fields["formulier"]
        body = urlencode(said | {"formulier": token}).encode()
        status = self._ask("POST", where, body, "application/x-www-form-urlencoded")[0]
        headers = {"X-Formulier": token, "Upload-Offset": "0"}
        kept = self._ask("PATCH", f"{where}/{said['id']}", piece, "application/offset+octet-stream", headers)[0]
        if (status, kept) != (201, 204):
            raise RuntimeError(f"a file in pieces is answered {status} and {kept}")

    def _post(self, path: str, body: bytes, kind: str) -> str:
        status, said, onward = self._ask("POST", path, body, kind)
        if status != 303:
            raise RuntimeError(f"{path} answers {status}: {Page(said.decode('utf-8', 'replace')).text[:400]}")
        return onward

    def _ask(
        self, method: str, path: str, body: bytes | None, kind: str, more: dict[str, str] | None = None
    ) -> tuple[int, bytes, str]:
        where = urlsplit(path)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if body is not None:
            headers |= {"Content-Type": kind, "Sec-Fetch-Site": "same-origin"} | (more or {})
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        connection.request(method, where.path + (f"?{where.query}" if where.query else ""), body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        for cookie in answer.headers.get_all("Set-Cookie") or ():
            name, _equals, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        packed = answer.headers.get("Content-Encoding") == "gzip"
        return answer.status, gzip.decompress(said) if packed else said, answer.headers.get("Location", "")
