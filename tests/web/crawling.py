"""Visits pages in the pseudo-language and looks for words of ours that were not given to be translated."""

from __future__ import annotations

from collections import defaultdict

from flask import Flask, Response, request

from tests.naked import Search
from tests.web.visitor import KEPT, Page, Visitor

KNOWN = frozenset({"academy", "fault", "valueerror", "nederlands", "english", "re", "m895", "avg", "art"}) | {
    *("minbz", "example")
}
"""A mailbox's name, a code of a fault, the languages by their own names, the prefix of RFC 5322 3.6.5, the number of a
processing, a law with its article, and the domain of a masked address."""
UNSEEN_TAGS = {"pre", "kbd", "code", KEPT}
"""The raw source of a mail, the names of keys, a secret, and the public text of a register."""
NO_PAGES = {
    **dict.fromkeys(("static", "modules", "widget.script"), "files of ours, looked at below"),
    **dict.fromkeys(("health.alive", "health.ready"), "for machines"),
    **dict.fromkeys(("files.attachment", "files.inline", "request_tickets.file", "questions.file"), "somebody's file"),
    **dict.fromkeys(("files.raw", "files.html"), "somebody's mail"),
    "disposal.as_csv": "a list as a file",
    "kept.as_csv": "numbers as a file",
    "decisions.as_csv": "ids as a file",
    "certificates.as_zip": "certificates as files, in one of our languages",
    "certificates.as_file": "a certificate as a file, in one of our languages",
    "register.as_file": "the public text of a register",
    "papers.eml": "a conversation as a mail; its words are people's",
    **dict.fromkeys(("inbox.stream_token", "chat.stream_token", "chat_desk.stream_token"), "for a script"),
    **dict.fromkeys(("chat.lines", "chat_desk.lines", "chat_desk.rail"), "parts of the page, for a script"),
    "statements.worker": "the service worker, a script",
    **dict.fromkeys(("sign_in.standing", "entrance.standing"), "how long one stays signed in, for a script"),
    **dict.fromkeys(("uploads.where", "staff_uploads.where"), "how far a file is, for a script"),
    **dict.fromkeys(("inbox.start", "inbox.deep_link"), "leads on"),
    **{f"{door}work_account.{way}": "leads on, or says why not" for door in ("", "own_") for way in ("there", "back")},
}
PLANTED = ("/kapot", "/weg")


class Crawl:
    """Visits pages in the pseudo-language and looks at every word on them."""

    def __init__(self, app: Flask) -> None:
        self.search = Search(KNOWN)
        self.seen: dict[str, int] = defaultdict(int)
        self.statuses: set[int] = set()
        self.app = app
        app.after_request(self._note)
        self.visitor = Visitor(app)

    def _note(self, answer: Response) -> Response:
        self.statuses.add(answer.status_code)
        if answer.mimetype == "text/html" and answer.status_code < 300 and request.endpoint:
            self.seen[request.endpoint] += 1
        return answer

    def look(self, place: str, html: str) -> Page:
        """A page, or a part of one."""
        page = Page(html)
        for tag, text in page.texts:
            if tag not in UNSEEN_TAGS:
                self.search.look(place, text)
        return page

    def page(self, path: str, status: int = 200, **headers: str) -> Page:
        """What stands at a path."""
        answer = self.visitor.get(path, **headers)
        assert answer.status_code == status, (path, answer.status_code)
        return self.look(path, answer.text)

    def send(self, path: str, ending: str, status: int = 200, **fields: str) -> Page:
        """What a form's answer shows."""
        answer = self.visitor.send(self.page(path).form(ending), fields=fields)
        assert answer.status_code == status, (
            path,
            ending,
            answer.status_code,
            Page(answer.text).text.partition("pŕöbļém")[2][:200],
        )
        return self.look(f"{path} {ending} {status}", answer.text)

    def unseen(self) -> set[str]:
        """GET routes of the URL map that answer pages and were not visited."""
        gets = {rule.endpoint for rule in self.app.url_map.iter_rules() if "GET" in (rule.methods or set())}
        return gets - set(NO_PAGES) - set(self.seen) - set(PLANTED)
