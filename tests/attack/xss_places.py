"""Visits every place where a hostile string is seen, and compares what stands there with what the domain reads."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext

from tests.attack.xss_detector import Sightings, Tab
from tests.attack.xss_site import PASSWORD, Filled, Site, merge_all
from tests.show_mail import EMAIL
from web.filters import visible

PLACES = (
    *("list-row", "list-name", "list-preview", "search-result", "fragment", "title", "subject", "name", "text-part"),
    *("html-part", "file-name", "composer-draft", "draft-list", "note", "answer", "print", "source", "html-attachment"),
    *("svg-attachment", "answer-mail", "cleaned-alone"),
)
_TABS = 3
OPEN_ALL = """(async () => {
  for (const one of document.querySelectorAll('details')) { one.name = ''; one.open = true; }
  const frames = [...document.querySelectorAll('iframe')];
  const loaded = frames.map(one => one.contentDocument && one.contentDocument.URL !== 'about:blank' &&
    one.contentDocument.readyState === 'complete' ? null : new Promise(done => {
      one.addEventListener('load', done, {once: true}); setTimeout(done, 5000); }));
  for (const one of frames) one.loading = 'eager';
  await Promise.all(loaded);
  return frames.filter(one => one.contentDocument && one.contentDocument.URL !== 'about:blank').length;
})()"""
TICKET = """(() => { const text = query => [...document.querySelectorAll(query)].map(one => one.textContent);
  return {title: document.title, subject: text('#onderwerp'), name: text('.msg-mail h2, .msg-machine h2'),
    text: text('.msg-mail .text, .msg-machine .text'), files: text('.files a'),
    note: text('.msg-note .ours'), answer: text('.msg-answer .ours'),
    draft: [...document.querySelectorAll('#antwoord-tekst')].map(one => one.value)}; })()"""
LIST = """[...document.querySelectorAll('li.row')].map(one => ({number: one.id.slice(2),
  subject: one.querySelector('.subj').textContent, name: one.querySelector('.who').textContent,
  preview: one.querySelector('.prev').textContent}))"""
SWAPPED = """new Promise(done => { let left = 500; const look = () => {
  const title = document.querySelector('#onderwerp'), here = document.querySelector('#v-NUMBER [aria-current]');
  if (title && here) done(title.textContent);
  else if (left--) setTimeout(look, 20);
  else done('nothing came'); }; look(); })"""
PRINTED = """({subject: document.querySelector('h1').textContent,
  text: document.querySelector('.printed').textContent})"""
_MERGED = 10


def squeezed(text: str) -> str:
    """Text as a browser shows it: any white space is one space."""
    return " ".join(text.split())


def sign_in(context: BrowserContext, address: str) -> None:
    """As the advisor; for every tab of this browser."""
    page = context.new_page()
    page.goto(address + "/inloggen")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.click("button.primary")
    page.wait_for_url("**/werk/**")
    page.close()


@dataclass
class Visit:
    """Tabs in turn, so that each page lives on while the next ones load, and what was seen on them."""

    site: Site
    context: BrowserContext
    seen: Sightings = field(default_factory=Sightings)
    visited: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    refused: int = 0
    _tabs: list[Tab] = field(default_factory=list)
    _turn: int = 0
    _opened: int = 0

    def __post_init__(self) -> None:
        self._tabs = self._fresh()

    def _fresh(self) -> list[Tab]:
        return [Tab(self.context, (self.site.address, self.site.bare), self.seen) for _ in range(_TABS)]

    @property
    def pages(self) -> int:
        """Pages and files opened so far."""
        return self._opened + sum(tab.loads for tab in self._tabs)

    def renew(self) -> None:
        """New tabs: the browser keeps every script of a tab that is watched, and grows slow of it."""
        self.close()
        self._opened, self._tabs = self.pages, self._fresh()

    def tab(self) -> Tab:
        """The tab whose page has stood longest."""
        self._turn += 1
        return self._tabs[self._turn % _TABS]

    def check(self, place: str, name: str, shown: str, wanted: str) -> None:
        """The place shows exactly this text: markup that became markup would be missing from it."""
        self.visited[place] += 1
        if squeezed(wanted) not in squeezed(shown):
            self.wrong.append(f"{place} {name}: shows {shown[:120]!r}, not {wanted[:120]!r}")

    def lists(self) -> None:
        """Every page of the list, what a search finds, the drafts; and on each list page tickets by its fragments."""
        tab = self.tab()
        address: str | None = self.site.address + "/werk/w/alle"
        named = {each.thread.number: each for each in self.site.filled}
        while address:
            tab.goto(address)
            tab.audit()
            rows = tab.ask(LIST)
            for row in rows:
                self._row(row, named.get(row["number"]))
            self._fragments(tab, [row["number"] for row in rows if row["number"] in named][:5], named)
            address = tab.ask("[...document.querySelectorAll('nav.paging a')].map(one => one.href).pop() || ''")
            if address and "na=" not in address:
                address = None
        tab.goto(self.site.address + "/werk/concepten")
        tab.audit()
        drafts = tab.ask("document.querySelector('main').textContent")
        for each in self.site.filled:
            self.check("draft-list", each.hostile.name, drafts, each.draft)
        self._search(named)

    def _row(self, row: dict[str, str], each: Filled | None, place: str = "list") -> None:
        if each is None:
            return
        said = self.site.rows[row["number"]]
        self.check(f"{place}-row", each.hostile.name, row["subject"], said.subject)
        self.check(f"{place}-name", each.hostile.name, row["name"], said.requester)
        self.check(f"{place}-preview", each.hostile.name, row["preview"], said.preview)

    def _fragments(self, tab: Tab, numbers: Iterable[str], named: dict[str, Filled]) -> None:
        """Open tickets as the scripts do, without a new page."""
        for number in numbers:
            tab.onward = f"{self.site.address}/werk/w/alle/{number}"
            tab.ask(f"document.querySelector('#v-{number} a').click()")
            tab.page.wait_for_url(f"**/{number}**")
            shown = tab.ask(SWAPPED.replace("NUMBER", number))
            self.check("fragment", named[number].hostile.name, shown, named[number].thread.subject)
            tab.ask(OPEN_ALL)
            tab.audit()
            tab.onward = ""

    def _search(self, named: dict[str, Filled]) -> None:
        for word in ("script", "img", "alert", "k", "concept"):
            tab = self.tab()
            tab.goto(self.site.address + "/werk/zoeken")
            tab.onward = self.site.address + "/werk/zoeken/"
            tab.ask(f"(() => {{ zoek.value = {json.dumps(word)}; zoek.form.requestSubmit(); }})()")
            tab.page.wait_for_url("**/werk/zoeken/*")
            tab.onward = ""
            tab.audit()
            for row in tab.ask(LIST):
                if row["number"] in named:
                    wanted = self.site.rows[row["number"]].subject
                    self.check("search-result", row["number"], row["subject"], wanted)

    def ticket(self, each: Filled) -> None:
        """The ticket's own page with its frame, its printed form and the raw source."""
        number, mail, name = each.thread.number, each.mail, each.hostile.name
        tab = self.tab()
        tab.goto(f"{self.site.address}/werk/w/alle/{number}")
        frames = tab.ask(OPEN_ALL)
        tab.audit()
        shown: dict[str, Any] = tab.ask(TICKET)
        self.check("title", name, shown["title"], each.thread.subject)
        self.check("subject", name, " ".join(shown["subject"]), each.thread.subject)
        self.check("name", name, " ".join(shown["name"]), mail.author or "")
        self.check("text-part", name, " ".join(shown["text"]), mail.text)
        self.check("composer-draft", name, " ".join(shown["draft"]), each.draft)
        for file in mail.attachments:
            self.check("file-name", name, " ".join(shown["files"]), visible(file.name))
        if mail.html_state == "clean":
            self.check("html-part", name, str(frames), "1")
        self.refused += mail.html_state != "clean"
        self.check("note", name, " ".join(shown["note"]), "Notitie")
        self.check("answer", name, " ".join(shown["answer"]), f"V-{number}")
        self._source(each)

    def framed(self, number: str) -> None:
        """A ticket's page with its frame, whatever is in it."""
        tab = self.tab()
        tab.goto(f"{self.site.address}/werk/w/alle/{number}")
        tab.ask(OPEN_ALL)
        tab.audit()

    def merged(self) -> None:
        """Tickets merged by tens: the thread with all their frames, and its printed form."""
        for start in range(0, len(self.site.filled), _MERGED):
            some = self.site.filled[start : start + _MERGED]
            number = merge_all(self.site, [each.thread.number for each in some])
            self.framed(number)
            tab = self.tab()
            tab.goto(f"{self.site.address}/werk/w/alle/{number}/afdrukken?notities=1")
            tab.audit()
            shown = tab.ask(PRINTED)
            self.check("print", some[0].hostile.name, shown["subject"], some[0].thread.subject)
            for each in some:
                self.check("print", each.hostile.name, shown["text"], each.mail.text)
                for file in each.mail.attachments:
                    self.check("print", each.hostile.name, shown["text"], visible(file.name))

    def _source(self, each: Filled) -> None:
        tab, name = self.tab(), each.hostile.name
        tab.goto(f"{self.site.address}/werk/bericht/{each.mail.id}/bron")
        tab.audit()
        lines = each.hostile.text.replace("\0", "").replace("\r", "\n").split("\n")
        self.check("source", name, tab.ask("document.querySelector('pre.source').textContent"), max(lines, key=len))

    def files(self, each: Filled) -> None:
        """Each file at both its addresses: kept, never shown."""
        for file in each.mail.attachments:
            place = "svg-attachment" if file.name.endswith(".svg") else "html-attachment"
            for ending in ("", "/inline"):
                tab = self.tab()
                self.visited[place] += 1
                if not tab.open_file(f"{self.site.address}/werk/bestand/{file.id}{ending}"):
                    self.wrong.append(f"{place} {each.hostile.name}: it was opened, not kept")

    def bare(self) -> None:
        """Cleaned HTML and the answers' HTML with no policy and no sandbox around them."""
        for path in [path for path in self.site.pages if "-page/" in path]:
            tab = self.tab()
            tab.goto(self.site.bare + path)
            shown = tab.ask(OPEN_ALL)
            tab.audit()
            self.visited["answer-mail" if path.startswith("/answer") else "cleaned-alone"] += shown

    def close(self) -> None:
        """Give what was planned for later a moment, then close."""
        self._tabs[0].page.wait_for_timeout(1000)
        for tab in self._tabs:
            tab.close()
