"""One bomb by one door, plain mails around it: sent, waited for, opened page by page, measured, judged."""

from __future__ import annotations

import hashlib
import html
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.attack.corpus import DESK
from tests.attack.hostile_bombs import Bomb, sentence
from tests.attack.hostile_house import House, Kept
from tests.attack.hostile_meter import Meter
from web.wording import DEFECT, HTML_REASON

CPU_SECONDS = 3.0
RSS_BYTES = 400_000_000
LATE_SECONDS = 10.0
AROUND = 20
GIVE_UP_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial came to. `state` is open, parked, refused (by SMTP, for good) or lost."""

    name: str
    door: str
    size: int
    cpu: float
    rss: int
    of: str
    seconds: float
    state: str
    slowest_plain: float
    unserved: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        """As it is printed."""
        wrong = f" unserved={','.join(self.unserved)}" if self.unserved else ""
        return (
            f"RESULT bomb {self.name} door={self.door} mb={self.size / 1e6:.2f} cpu={self.cpu:.2f} "
            f"rss={self.rss / 1e6:.0f} seconds={self.seconds:.1f} plain={self.slowest_plain:.1f} "
            f"state={self.state}{wrong}"
        )


def plain_mail(word: str, number: int) -> bytes:
    """A mail such as people write."""
    return (
        f"From: Vrager {number} <{word}p{number}@gewoon.example>\r\nTo: {DESK}\r\nSubject: Vraag {number}\r\n"
        f"Message-ID: <{word}.{number}@gewoon.example>\r\n\r\n"
        f"Goedemiddag, kunt u mij helpen met module {number} ({word})?\r\n"
    ).encode()


@dataclass
class Trial:
    """Sends and waits. Times are seconds from the moment a mail was handed over."""

    house: House
    meter: Meter
    bomb: Bomb
    door: str
    around: int = AROUND
    handed: dict[str, float] = field(default_factory=dict)
    filed: dict[str, float] = field(default_factory=dict)
    kept: dict[str, Kept] = field(default_factory=dict)

    def run(self) -> Outcome:
        """The whole of it."""
        before = self.house.last_id()
        self.meter.reset_peaks()
        cpu, began = self.meter.cpu(), time.monotonic()
        digest = hashlib.sha256(self.bomb.raw).hexdigest()
        plain = [plain_mail(self.bomb.word, number) for number in range(self.around)]
        taken = self._send(plain, digest)
        self._wait(before)
        unserved = self._open(digest)
        seconds, used = time.monotonic() - began, self.meter.cpu() - cpu
        peak, of = self.meter.peak()
        late = [self.filed.get(each, GIVE_UP_SECONDS) - at for each, at in self.handed.items() if each != digest]
        found = self.kept.get(digest)
        state = "refused" if not taken else "lost" if found is None else "open" if found.number else found.state
        slowest = max(late, default=0.0)
        return Outcome(self.bomb.name, self.door, len(self.bomb.raw), used, peak, of, seconds, state, slowest, unserved)

    def _send(self, plain: Sequence[bytes], digest: str) -> bool:
        taken = True
        half = len(plain) // 2
        for raw in (*plain[:half], self.bomb.raw, *plain[half:]):
            is_bomb = raw is self.bomb.raw
            accepted = self.house.hand_over(self.door, raw)
            if is_bomb:
                taken = accepted
            if accepted:
                self.handed[digest if is_bomb else hashlib.sha256(raw).hexdigest()] = time.monotonic()
        return taken

    def _wait(self, before: int) -> None:
        """Until every mail is filed and nothing is left to clean or to send."""
        until = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < until:
            self.kept = self.house.kept_after(before)
            now = time.monotonic()
            for digest, kept in self.kept.items():
                if kept.state != "received":
                    self.filed.setdefault(digest, now)
            if self.handed.keys() <= self.filed.keys() and not self.house.waiting():
                return
            time.sleep(0.1)

    def _open(self, digest: str) -> tuple[str, ...]:
        """Open everything of the ticket; returns what was not served as it must be."""
        found = self.kept.get(digest)
        if found is None or found.number is None:
            return ()
        reader, number = self.house.reader, found.number
        row = reader.get("/werk/w/alle")
        page = reader.get(f"/werk/w/alle/{number}")
        frame = reader.frame(page.text)
        search = reader.search(f"{self.bomb.word}@bommen")
        source = reader.get(f"/werk/bericht/{found.entry_id}/bron")
        raw = reader.get(f"/werk/bericht/{found.entry_id}/bron.eml")
        shown = page.text + (frame.text if frame else "")
        checks = {
            "row": row.status == 200 and number in row.text,
            "page": page.status == 200 and self._says(shown, found),
            "frame": frame is None or frame.status == 200,
            "search": search.status == 200 and number in search.text,
            "source": source.status == 200 and self.bomb.word in source.text,
            "raw": raw.status == 200 and hashlib.sha256(raw.body).hexdigest() == digest,
        }
        return tuple(name for name, good in checks.items() if not good)

    def _says(self, page: str, found: Kept) -> bool:
        """Whether the page has the mail's sentence, or one of ours that says why it has not."""
        if sentence(self.bomb.word).decode() in page:
            return True
        words = [DEFECT[code] for code in found.defects if code in DEFECT]
        words += [HTML_REASON[found.html_reason]] if found.html_reason in HTML_REASON else []
        return any(self.house.said(each) in html.unescape(page) for each in words)
