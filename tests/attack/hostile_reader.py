"""An advisor over HTTP: signs in, and opens what the workspace shows of one ticket. Knows pages, no database."""

from __future__ import annotations

import http.client
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

EMAIL = "adviseur@academie.example"
PASSWORD = "een lang wachtwoord voor de proef"
_FORM = re.compile(r'name="formulier" value="([0-9a-f]+)"')
_FRAME = re.compile(r'<iframe class="mail"[^>]* src="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the web."""

    status: int
    location: str
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Reader:
    """One signed-in browser without scripts."""

    def __init__(self, url: str, cookies: str = "") -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._cookies: dict[str, str] = dict(pair.split("=", 1) for pair in cookies.split("; ") if pair)

    def get(self, path: str) -> Answer:
        """Open an address."""
        return self._ask("GET", path)

    def post(self, path: str, fields: dict[str, str], page: str) -> Answer:
        """Send a form as it stands on `page`."""
        token = _FORM.search(self.get(page).text)
        if token is None:
            raise RuntimeError(f"no form on {page}")
        return self._ask("POST", path, urlencode(fields | {"formulier": token[1]}))

    def sign_in(self) -> None:
        """Sign in, or raise."""
        answer = self.post("/inloggen", {"email": EMAIL, "password": PASSWORD}, "/inloggen")
        if answer.status != 303:
            raise RuntimeError(f"sign-in: {answer.status}")

    def search(self, words: str) -> Answer:
        """The page of what is found."""
        return self.get(self.post("/werk/zoeken", {"q": words}, "/werk/zoeken").location)

    def frame(self, page: str) -> Answer | None:
        """The frame with a mail's own layout, when the page has one."""
        found = _FRAME.search(page)
        return self.get(found[1]) if found else None

    def _ask(self, method: str, path: str, form: str = "") -> Answer:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, form or None, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie", ()):
                name, _, value = cookie.partition(";")[0].partition("=")
                self._cookies[name] = value
            return Answer(answer.status, answer.headers.get("Location", ""), answer.read())
        finally:
            connection.close()
