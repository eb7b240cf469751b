"""Notices whatever a page of a browser does that a page of ours may not: scripts, tries that were stopped, requests.

Needs no mark in the hostile string: the browser's debugger names every script it compiles.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Frame, Page, Request

KINDS = ("script", "dialog", "console", "stopped", "off_origin", "navigation", "popup", "markup")
_STOPPED = re.compile(r"Refused to|Content Security Policy|Blocked script|sandboxed|Unsafe attempt|Not allowed to load")
_HARMLESS = re.compile(r"^Failed to load resource|^Autofocus processing was blocked")
"""A file that is refused, and the close button of a drawer of ours, which has the focus only once the drawer opens."""
_OURS = re.compile(r"/static/(?:js-[0-9a-f]+/[a-z]+|session|files)\.js$")
_FRAME = re.compile(r"/werk/bericht/\d+/html$|/(?:cleaned|answer|bare)/\d+$")
_ALLOWED_TAGS = [
    "a",
    "abbr",
    "address",
    "article",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "u",
    "ul",
]
AUDIT = """(tags => {
  const found = [], scheme = /^[\\s\\x00-\\x20]*(?:javascript|vbscript|data|blob|view-source|feed)/i;
  const address = /^(?:xlink:)?(?:href|src|action|formaction|data|srcset|poster|background|ping)$/i;
  const loads = /src|back|poster/, risky = /url\\s*\\(|expression\\s*\\(|@import|binding|position|\\\\/i;
  const foreign = /^(?:object|embed|applet|base|style|math|audio|video)$/;
  const ours = one => one.localName === 'script' ? /^\\/static\\//.test(one.getAttribute('src') || '')
    : one.localName === 'iframe' ? one.className === 'mail'
    : one.localName === 'style' ? one.matches('head > style:only-of-type')
    : one.localName === 'meta' ? !one.httpEquiv : !foreign.test(one.localName);
  const look = (root, mail) => {
    for (const one of root.querySelectorAll('*')) {
      const text = one.outerHTML.slice(0, 100);
      for (const {name, value} of one.attributes) {
        if (/^on/i.test(name)) found.push('handler ' + text);
        if (address.test(name) && (scheme.test(value) ||
            (mail && loads.test(name) && !value.startsWith('/werk/bestand/')))) found.push('address ' + text);
        if (name === 'style' && (mail ? risky.test(value) : one.className !== 'mail')) found.push('style ' + text);
      }
      if (mail ? !tags.includes(one.localName) : !ours(one)) found.push('element ' + text);
    }
  };
  const framed = [...document.querySelectorAll('iframe')].map(one => one.contentDocument).filter(one => one?.body);
  if (document.body.dataset.bare === undefined) look(document, false);
  framed.forEach(one => look(one.body, true));
  return found;
})(%s)"""
"""Every element and attribute that does not belong: in a mail's frame by a list of what may be there."""


@dataclass
class Sightings:
    """What was noticed, by kind, with where and what for the reader."""

    counts: Counter[str] = field(default_factory=Counter)
    lines: list[str] = field(default_factory=list)

    def add(self, kind: str, where: str, what: str) -> None:
        """Keep one."""
        self.counts[kind] += 1
        self.lines.append(f"{kind} {where}: {what[:200]}")


class Tab:
    """One page of a browser under watch; every address it may ask for begins with one of `origins`.

    `where` is the address it was sent to, `onward` the beginning of those that our own click may lead to.
    """

    def __init__(self, context: BrowserContext, origins: tuple[str, ...], seen: Sightings) -> None:
        self.seen, self._origins, self.where = seen, origins, "-"
        self.onward = ""
        self.loads = 0
        self.page: Page = context.new_page()
        self._session = context.new_cdp_session(self.page)
        self._session.on("Debugger.scriptParsed", self._script)
        self._session.send("Debugger.enable")
        self._session.send("Page.enable")
        self.page.on("dialog", self._dialog)
        self.page.on("console", self._console)
        self.page.on("request", self._request)
        self.page.on("framenavigated", self._navigated)
        self.page.on("popup", self._popup)
        self.page.on("pageerror", lambda error: self.seen.add("script", self.where, str(error)))

    def goto(self, address: str) -> None:
        """Open an address and wait until everything of it is there."""
        self.where = address
        self.page.goto(address)
        self.loads += 1

    def start(self, address: str) -> None:
        """Open an address without waiting for more than its first bytes."""
        self.where = address
        self.page.goto(address, wait_until="commit")

    def open_file(self, address: str) -> bool:
        """Open a file's address as a person would; whether the browser only offered to keep it."""
        self.where = address
        self.loads += 1
        try:
            self.page.goto(address)
        except Error as error:
            return "Download is starting" in str(error)
        return False

    def ask(self, expression: str) -> Any:
        """The value of an expression on the page, in a world apart, so that the page's own scripts stay countable."""
        tree = self._session.send("Page.getFrameTree")
        world = self._session.send("Page.createIsolatedWorld", {"frameId": tree["frameTree"]["frame"]["id"]})
        said = self._session.send(
            "Runtime.evaluate",
            {
                "expression": expression,
                "contextId": world["executionContextId"],
                "returnByValue": True,
                "awaitPromise": True,
            },
        )
        if "exceptionDetails" in said:
            raise RuntimeError(f"{self.where}: {said['exceptionDetails']}")
        return said["result"].get("value")

    def audit(self) -> None:
        """Look through page and frames for markup that has no business there, run or not."""
        for line in self.ask(AUDIT % _ALLOWED_TAGS):
            self.seen.add("markup", self.where, line)

    def close(self) -> None:
        """Close the page; what it still does until then is counted."""
        self.page.close()

    def _ours(self, address: str) -> bool:
        return address.startswith(self._origins) or address in ("about:blank", "")

    def _script(self, event: dict[str, Any]) -> None:
        if event.get("executionContextAuxData", {}).get("type") != "default":
            return
        if not (self._ours(event["url"]) and _OURS.search(urlsplit(event["url"]).path)):
            self.seen.add("script", self.where, event["url"] or "no address")

    def _dialog(self, dialog: Dialog) -> None:
        self.seen.add("dialog", self.where, dialog.message)
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if _STOPPED.search(message.text):
            self.seen.add("stopped", self.where, message.text)
        elif not _HARMLESS.search(message.text):
            self.seen.add("console", self.where, message.text)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(self._origins):
            self.seen.add("off_origin", self.where, request.url)

    def _navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            meant = frame.url in (self.where, "about:blank") or (self.onward and frame.url.startswith(self.onward))
            wrong = not meant
        else:
            wrong = not (self._ours(frame.url) and (frame.url == "about:blank" or _FRAME.search(frame.url)))
        if wrong:
            self.seen.add("navigation", self.where, frame.url)

    def _popup(self, page: Page) -> None:
        self.seen.add("popup", self.where, page.url)
        page.close()
