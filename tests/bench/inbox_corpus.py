"""A made-up helpdesk of any size, row by row as the tables hold it: words by Zipf, people, files, states, three years.

The share of everything is the same at every size: of 1,000,000 tickets 300,000 are open, 20,000 of these unassigned.
Entries come in the order of time, so that a ticket's later entries lie far from its first, as in life.
"""

from __future__ import annotations

import datetime as dt
import heapq
import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from helpdesk.text.stems import fold, query_stems

WORDS, WORDS_PER_ENTRY, PEOPLE, ADVISORS = 50_000, 80, 2000, 20
LONG_ENTRIES = 500
ONCE = "kwetterzwaluw"
"""A word that occurs in one entry of all."""
FILE = "reisschema"
"""In every thousandth ticket a file of this name is attached, with a number behind it."""
SPAN = dt.timedelta(days=3 * 365)
_CELLS = 1 << 20
_LONGEST_STEP = _CELLS // WORDS_PER_ENTRY
_FIRST = ("Femke", "Sander", "Marije", "Coen", "Ilse", "Youssef", "Noor", "Bram", "Aylin", "Thijs")
_LAST = ("Vries", "Jansen", "Bakker", "Visser", "Smit", "Meijer", "Bos", "Mulder", "Dekker", "Brouwer")

_HEADERS = (
    '{"subject": "Vraag", "from": {"address": "%s", "name": "%s"}, '
    '"to": [{"address": "academy@academie.example", "name": ""}], '
    '"cc": [], "reply_to": [], "date": "%s", "message_id": "<%d@minbz.example>"}'
)
"""As JSON: address and name of the sender, time and number; none of these has a quote in it."""

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Asker:
    """A person who asks."""

    id: int
    name: str
    address: str


@dataclass(slots=True)
class _Planned:
    """A ticket and when its entries come."""

    id: int
    number: str
    asker: Asker
    assignee: int | None
    times: list[dt.datetime]
    special: str = ""


class Vocabulary:
    """50,000 invented words, each with stems no other has, and a way to draw them by Zipf's law.

    The words lie shuffled in a ring of a million cells, each in as many as Zipf's law gives it. An entry takes 80 cells
    at equal steps, from a place and by a step that are drawn: each word as likely as if drawn alone, and thirty times
    as fast.
    """

    def __init__(self, seed: int) -> None:
        draw = random.Random(f"words {seed}")
        self.words: list[str] = []
        self.stems: list[str] = []
        """Of each word its Dutch stem, and behind it the English one where that is another."""
        seen: set[str] = set()
        while len(self.words) < WORDS:
            word = "".join(draw.choice("bdfgklmnprstvwz") + draw.choice("aeiou") for _ in range(draw.randint(2, 4)))
            word += draw.choice("lnrst")
            (stems,) = query_stems(word)
            if seen.isdisjoint(stems):
                seen.update(stems)
                self.words.append(word)
                self.stems.append(" ".join(stems))
        cells = self._table()
        draw.shuffle(cells)
        cells += cells
        self._words_in, self._stems_in = [self.words[word] for word in cells], [self.stems[word] for word in cells]

    @staticmethod
    def _table() -> list[int]:
        total = sum(1 / rank for rank in range(1, WORDS + 1))
        ends = [round(_CELLS * share) for share in accumulate(1 / rank / total for rank in range(1, WORDS + 1))]
        cells: list[int] = []
        for word, end in enumerate(ends):
            cells += [word] * (end - len(cells))
        return cells

    def entry(self, draw: random.Random) -> tuple[list[str], list[str]]:
        """The words of an entry, and the stems of each."""
        start, step = int(draw.random() * _CELLS), 1 + int(draw.random() * _LONGEST_STEP)
        taken = slice(start, start + step * WORDS_PER_ENTRY, step)
        return self._words_in[taken], self._stems_in[taken]

    def in_share_of_tickets(self, share: float) -> str:
        """The word that stands in about this share of the tickets: 320 words on average, in tickets of all lengths."""
        wanted = share / (4 * WORDS_PER_ENTRY) * (1 + share * 0.65)
        total = sum(1 / rank for rank in range(1, WORDS + 1))
        return self.words[min(WORDS, max(1, round(1 / (wanted * total)))) - 1]


@dataclass
class Corpus:
    """All rows of a helpdesk of so many tickets; `counted` says in how many of them the watched words stand."""

    tickets: int
    seed: int
    now: dt.datetime
    watched: tuple[str, ...] = ()
    counted: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    """Numbers of tickets by what is special about them: long, once, usual."""

    def __post_init__(self) -> None:
        self._draw = random.Random(f"tickets {self.seed}")
        self.vocabulary = Vocabulary(self.seed)
        self._askers = [asker(number) for number in range(1, PEOPLE + 1)]
        self._rows: Rows = defaultdict(list)
        self._entries = self._contents = self._files = self._mails = 0
        self._years: Counter[int] = Counter()
        self._seen: dict[str, set[int]] = {}

    def batches(self, tickets: int = 2000) -> Iterator[Rows]:
        """Rows by table, parents before children, in batches of so many tickets; every id rises."""
        self._seen = {word: set() for word in self.watched}
        self._people()
        waiting: list[tuple[dt.datetime, int, int]] = []
        planned: dict[int, _Planned] = {}
        for ticket_id in range(1, self.tickets + 1):
            opened = self.now - SPAN + SPAN * ((ticket_id - 1) / self.tickets)
            while waiting and waiting[0][0] < opened:
                self._pop(waiting, planned)
            plan = planned[ticket_id] = self._plan(ticket_id, opened)
            self._ticket(plan)
            heapq.heappush(waiting, (opened, ticket_id, 0))
            self._pop(waiting, planned)
            if ticket_id % tickets == 0:
                yield self._handed_over()
        while waiting:
            self._pop(waiting, planned)
            if len(self._rows["entry"]) >= 4 * tickets:
                yield self._handed_over()
        self._rows["counter"] += [(f"number:{year}", count) for year, count in self._years.items()]
        self._rows["counter"].append(("tickets_created", self.tickets))
        self.counted.update({word: len(found) for word, found in self._seen.items()})
        yield self._handed_over()

    def _handed_over(self) -> Rows:
        rows, self._rows = self._rows, defaultdict(list)
        return rows

    def _people(self) -> None:
        stamp = _stamp(self.now - SPAN)
        for number in range(1, ADVISORS + 1):
            name = f"{_FIRST[number % 10]} {_LAST[number // 2 % 10]}"
            self._rows["account"].append((number, f"adviseur{number}@academie.example", name, True, stamp, 1))
            self._rows["account_role"].append((number, number, "advisor"))
        for asker in self._askers:
            self._rows["person"].append((asker.id, "unknown", asker.name, stamp, 1))
            self._rows["address"].append((asker.id, asker.id, asker.address, False, "mail", stamp))
            folded = fold(f"{asker.name} {asker.address}")
            self._rows["known_name"].append((asker.id, asker.id, folded))
            self._rows["known_name_word"] += [(asker.id, word) for word in dict.fromkeys(folded.split())]

    def _plan(self, ticket_id: int, opened: dt.datetime) -> _Planned:
        special = {self.tickets // 2: "long", self.tickets // 3: "once", self.tickets - 7: "usual"}.get(ticket_id, "")
        count = LONG_ENTRIES if special == "long" else 4 if special == "usual" else self._draw.randint(1, 7)
        latest = self.now - dt.timedelta(minutes=1)
        delays = sorted(self._draw.expovariate(1 / 3) for _ in range(count - 1))
        times = [opened, *(min(opened + dt.timedelta(days=days), latest) for days in delays)]
        year = opened.year
        self._years[year] += 1
        number = f"{year}-{self._years[year]:05}"
        if special:
            self.names[special] = number
        place = ticket_id * 61 % 100
        assignee = None if place < 2 else 1 + ticket_id % ADVISORS
        return _Planned(ticket_id, number, self._draw.choice(self._askers), assignee, times, special)

    def _ticket(self, plan: _Planned) -> None:
        place = plan.id * 61 % 100
        status = "new" if place < 2 else "open" if place < 30 else "waiting_for_asker" if place < 40 else "done"
        opened, changed = _stamp(plan.times[0]), _stamp(plan.times[-1])
        done = changed if status == "done" else None
        common = ("nl", opened, opened, changed, done, False, f"{self.seed}-{plan.id}", "waiting:register")
        self._rows["ticket"].append(
            (plan.id, plan.number, "academy", "mail", status, plan.assignee, *common, False, False, 1)
        )
        self._rows["ticket_person"].append(
            (plan.id, plan.id, plan.asker.id, "requester", plan.asker.name, plan.asker.address, plan.asker.id)
        )
        self._content(plan.id, None, None, "subject", " ".join(self.vocabulary.entry(self._draw)[0][-5:]))
        self._rows["event"].append((plan.id, None, None, "opened", opened, "mail"))

    def _pop(self, waiting: list[tuple[dt.datetime, int, int]], planned: dict[int, _Planned]) -> None:
        at, ticket_id, nth = heapq.heappop(waiting)
        plan = planned[ticket_id]
        self._entry(plan, nth, at)
        if nth + 1 < len(plan.times):
            heapq.heappush(waiting, (plan.times[nth + 1], ticket_id, nth + 1))
        else:
            del planned[ticket_id]

    def _entry(self, plan: _Planned, nth: int, at: dt.datetime) -> None:
        self._entries += 1
        entry_id, stamp = self._entries, _stamp(at)
        words, stems_of = self.vocabulary.entry(self._draw)
        if plan.special == "once" and nth == 0:
            words, stems_of = [*words, ONCE], [*stems_of, *query_stems(ONCE)[0]]
        text, stems = " ".join(words), " ".join(stems_of)
        kind = "note" if nth and self._draw.random() < 0.1 else "answer" if nth % 2 else "mail"
        if kind == "mail":
            if self._draw.random() < 0.01 and plan.id % 10 == 0:
                stems += self._file(plan.id, entry_id)
            self._mail(plan, entry_id, text, stamp)
        else:
            self._content(plan.id, entry_id, None, "markdown", text)
        if kind == "answer":
            self._answer(plan, entry_id, stamp)
        inbound = self._mails if kind == "mail" else None
        author = (None, plan.asker.id) if kind == "mail" else (1 + plan.id % ADVISORS, None)
        digest = f"{self.seed:08x}{entry_id:056x}" if kind != "note" else None
        self._rows["entry"].append((entry_id, plan.id, kind, *author, stamp, digest, inbound, "none", 0))
        self._rows["search_text"].append((entry_id, plan.id, stems))
        done = {"mail": "mail_received", "answer": "replied", "note": "noted"}[kind]
        self._rows["event"].append((plan.id, entry_id, author[0], done, stamp, None))
        for word in self._seen.keys() & words:
            self._seen[word].add(plan.id)

    def _content(self, ticket_id: int, entry_id: int | None, file_id: int | None, kind: str, text: str) -> None:
        self._contents += 1
        self._rows["content"].append((self._contents, ticket_id, entry_id, file_id, kind, text))

    def _file(self, ticket_id: int, entry_id: int) -> str:
        """Attach a file; returns the words of its name."""
        self._files += 1
        self._rows["attachment"].append(
            (self._files, ticket_id, entry_id, f"{self._files:064x}", "application/pdf", 48_000, False)
        )
        self._content(ticket_id, entry_id, self._files, "filename", f"{FILE} {self._files}.pdf")
        return f" {' '.join(query_stems(FILE)[0])} {self._files} pdf"

    def _mail(self, plan: _Planned, entry_id: int, text: str, stamp: str) -> None:
        self._mails += 1
        number = self._mails
        self._content(plan.id, entry_id, None, "body", text)
        headers = _HEADERS % (plan.asker.address, plan.asker.name, stamp, number)
        self._content(plan.id, entry_id, None, "headers", headers)
        came = ("imap", "academy", "academy", 1, number, stamp, stamp, stamp, stamp, 4000)
        key = f"{self.seed:08x}{number:056x}"
        became = (key, key, key, False, "filed", False, plan.id, False, 0)
        self._rows["inbound_mail"].append((number, *came, *became))

    def _answer(self, plan: _Planned, entry_id: int, stamp: str) -> None:
        mail = ("answer", "sent", f"<a{entry_id}@academie.example>", "t", stamp, "s", "answer", "nl")
        went = (stamp, stamp, stamp, 1, stamp, 2)
        self._rows["outgoing_mail"].append((entry_id, plan.id, entry_id, *mail, *went))
        self._rows["outgoing_recipient"].append((entry_id, "to", plan.asker.name, plan.asker.address, "accepted"))


def asker(number: int) -> Asker:
    """One of the 2,000 people: the first name is shared by a tenth of them."""
    first, last = _FIRST[number % 10], _LAST[number // 10 % 10]
    middle = f"{chr(97 + number // 100 % 26)}{chr(97 + number // 7 % 26)}ro{number}"
    name = f"{first} {middle.title()} de {last}"
    return Asker(number, name, f"{first}.{middle}.{last}@minbz.example".lower())


def _stamp(at: dt.datetime) -> str:
    """A time in UTC as both databases read it."""
    return at.isoformat(" ", "microseconds")[:26]
