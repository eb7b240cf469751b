"""A visitor of the pages for tests: follows links and sends the forms it finds, as a browser without scripts does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from web.joined import STYLES, joined_sheets

PASSWORD = "een lang wachtwoord"
KEPT = "translate=no"
"""The tag of texts that are nobody's to translate, as a register's."""
_VOID = {"input", "img", "br", "meta", "link", "hr"}
_SPOKEN = ("title", "aria-label", "aria-description", "aria-roledescription", "placeholder", "alt", "label")
_CSS = Path(__file__).parents[2] / "web" / "static" / "css"
SHEET = joined_sheets(_CSS)
"""The style of every page of the workspace."""
_STYLES = {joined_sheets(_CSS, style) for style in STYLES}
"""The styles of our pages; any other is none of ours."""


@dataclass
class Form:
    """A form of a page: where it goes and what it sends when nobody changes it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class Page(HTMLParser):
    """What stands on a page: forms, links, headings, text; and which scripts, handlers and styles it carries."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.frames: list[dict[str, str]] = []
        self.headings: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.active: list[str] = []
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.controls: list[dict[str, str]] = []
        self.language = ""
        self._stack: list[str] = []
        self._form: Form | None = None
        self._area: str | None = None
        self._select: str | None = None
        self._kept: int | None = None
        self.feed(html)

    @property
    def text(self) -> str:
        """All visible text."""
        return " ".join(text for _tag, text in self.texts)

    def form(self, ending: str) -> Form:
        """The first form whose address ends so."""
        return next(form for form in self.forms if form.action.endswith(ending))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag not in _VOID:
            self._stack.append(tag)
            if said.get("translate") == "no" and self._kept is None:
                self._kept = len(self._stack)
        self._note(tag, said)
        if tag == "form":
            self._form = Form(said.get("action", ""), said.get("method", "get"))
            self.forms.append(self._form)
        elif self._form is not None:
            self._in_form(tag, said, self._form)

    def _note(self, tag: str, said: dict[str, str]) -> None:
        self.active += [f"{tag} {name}" for name in said if name.startswith("on") or name == "style"]
        self.active += [tag] if tag in {"object", "embed"} or (tag == "script" and "src" not in said) else []
        self.ids += [said["id"]] if "id" in said else []
        self.texts += [(name, said[name]) for name in _SPOKEN if said.get(name)]
        self.language = said.get("lang", "") if tag == "html" else self.language
        self.links += [said["href"]] if tag == "a" and "href" in said else []
        self.frames += [said] if tag == "iframe" else []
        self.labels |= {said.get("for", "")} if tag == "label" else set()
        if tag in {"input", "select", "textarea"} and said.get("type") != "hidden":
            self.controls.append(said | {"inside": "label" if "label" in self._stack else ""})

    def _in_form(self, tag: str, said: dict[str, str], form: Form) -> None:
        name = said.get("name", "")
        if tag == "button" and "formaction" in said:
            self.forms.append(Form(said["formaction"], form.method, form.fields))
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and (self._select not in form.fields or "selected" in said):
            form.fields[self._select] = said.get("value", "")
        elif tag == "input" and name and self._sends(said):
            form.fields[name] = said.get("value", "on" if said.get("type") in {"checkbox", "radio"} else "")

    @staticmethod
    def _sends(said: dict[str, str]) -> bool:
        return said.get("type") not in {"checkbox", "radio", "file"} or "checked" in said

    def handle_endtag(self, tag: str) -> None:
        if tag in self._stack:
            while self._stack.pop() != tag:
                pass
            if self._kept is not None and len(self._stack) < self._kept:
                self._kept = None
        if tag == "form":
            self._form = None
        if tag == "textarea":
            self._area = None
        if tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            before = self._form.fields.get(self._area, "")
            self._form.fields[self._area] = f"{before}{data}".removeprefix("\n")
        if self._stack[-1:] == ["style"] and data not in _STYLES:
            self.active.append("style")
        if not data.strip() or (self._stack and self._stack[-1] in {"script", "style"}):
            return
        tag = KEPT if self._kept is not None else self._stack[-1] if self._stack else ""
        self.texts.append((tag, data.strip()))
        if "h1" in self._stack:
            self.headings.append(data.strip())


class Visitor:
    """One browser without scripts, with its cookies."""

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str, **headers: str) -> TestResponse:
        """Ask for a page, following redirects."""
        shown = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, follow_redirects=True, headers=shown)

    def page(self, path: str) -> Page:
        """A page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return Page(answer.text)

    def send(
        self, form: Form, *, follow: bool = True, fields: dict[str, str] | None = None, **more: str
    ) -> TestResponse:
        """Send a form as it stands, with these fields changed."""
        return self.client.post(
            urlsplit(form.action).path,
            data=form.fields | (fields or {}) | more,
            follow_redirects=follow,
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    def upload(self, form: Form, content: bytes, name: str = "bestand.csv", **more: str) -> TestResponse:
        """Send a form with a file."""
        return self.client.post(
            urlsplit(form.action).path,
            data=form.fields | more | {"file": (BytesIO(content), name)},
            content_type="multipart/form-data",
            follow_redirects=True,
            headers={"Sec-Fetch-Site": "same-origin"},
        )

    def sign_in(self, email: str, password: str = PASSWORD) -> TestResponse:
        """Sign in by the form."""
        return self.send(self.page("/inloggen").form("/inloggen"), email=email, password=password)
