"""Writes the mails of a fault run from a seed, with the manifest that is the truth. Knows nothing of the product."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Literal

from tests.attack.words import LATIN_SENTENCES, NAMES, SENTENCES, SUBJECTS, WORDS, quoted, start_of

Door = Literal["imap", "smtp", "lmtp"]
DESK = "academy@academie.example"
ASKERS = "minbz.example"
SHARE = 0.05
"""Of each special kind: byte-equal copies, equal Message-IDs, none at all, replies before their parent."""
DELETED_BY_OTHERS = 5
BIG_BYTES = 4_600_000
"""Above the size from which the poller fetches a mail in pieces."""
_DATE = dt.datetime(2026, 11, 22, 9, 30, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Planned:
    """One mail to be sent. `thread` names the ticket it belongs in; `at` is its moment, as a share of the run."""

    number: int
    kind: str
    door: Door
    at: float
    raw: bytes = field(repr=False)
    sha256: str
    marker: str
    sender: str
    thread: int
    attachments: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    copy_of: int | None = None

    def line(self) -> str:
        """Its line of the manifest: everything but the bytes, which their digest stands for."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "raw"}
        return json.dumps(said, ensure_ascii=False)


@dataclass
class _Draft:
    """What one mail is to hold, before it is written."""

    sender: str
    subject: str
    text: str
    message_id: str | None
    marker: str = ""
    references: tuple[str, ...] = ()
    latin: bool = False


class Writer:
    """Makes the mails of one run, the same for the same seed and count."""

    def __init__(self, seed: int, count: int) -> None:
        self._random = random.Random(f"mails {seed}")
        self._seed, self._count = seed, count
        self._threads = 0

    def all(self) -> list[Planned]:
        """Every mail in order of sending: `count` different ones, and 5 % byte-equal copies more."""
        made: list[Planned] = []
        while len(made) < self._count:
            made.extend(self._next(len(made)))
        made = made[: self._count]
        made += self._copies(made)
        made.sort(key=lambda mail: (mail.at, mail.number))
        return self._flagged(made)

    def _next(self, number: int) -> Iterator[Planned]:
        """The mails of one more thread: one alone, or two or three where there is room for them."""
        rng = self._random
        self._threads += 1
        drawn, room = rng.random(), self._count - number
        start = rng.uniform(0.0, 0.93)
        name = rng.choice(NAMES).lower().encode("ascii", "ignore").decode()
        sender = f"{name}.{self._threads}@{ASKERS}"
        first = self._draft(number, sender)
        if drawn < SHARE and room >= 2:
            yield from self._pair(number, first, start, early=True)
        elif drawn < SHARE * 4 and room >= 3:
            yield from self._chain(number, first, start)
        elif drawn < SHARE * 5 and room >= 2:
            yield from self._same_id(number, first, start)
        elif drawn < SHARE * 6:
            first.message_id = None
            yield self._written(number, "no_id", first, start)
        else:
            yield self._written(number, "plain", first, start)

    def _pair(self, number: int, first: _Draft, start: float, *, early: bool) -> Iterator[Planned]:
        answer = self._reply(number + 1, (first,))
        gap = self._random.uniform(0.004, 0.06)
        yield self._written(number, "parent", first, start + gap if early else start)
        yield self._written(number + 1, "early_reply", answer, start)

    def _chain(self, number: int, first: _Draft, start: float) -> Iterator[Planned]:
        second = self._reply(number + 1, (first,))
        third = self._reply(number + 2, (first, second))
        step = self._random.uniform(0.002, 0.03)
        yield self._written(number, "plain", first, start)
        yield self._written(number + 1, "reply", second, start + step)
        yield self._written(number + 2, "reply", third, start + 2 * step)

    def _same_id(self, number: int, first: _Draft, start: float) -> Iterator[Planned]:
        """Two mails of different people under one Message-ID: two entries in two tickets."""
        yield self._written(number, "plain", first, start)
        self._threads += 1
        other = self._draft(number + 1, f"scanner.{self._threads}@{ASKERS}")
        other.message_id = first.message_id
        yield self._written(number + 1, "same_id", other, start + self._random.uniform(0.0, 0.05))

    def _copies(self, made: list[Planned]) -> list[Planned]:
        """Byte-equal copies by any door, soon after, long after or at the very moment of the first."""
        chosen = self._random.sample(made, round(len(made) * SHARE))
        copies = []
        for number, mail in enumerate(chosen, len(made)):
            at = min(mail.at + self._random.choice((0.0, 0.001, 0.02, 0.3)), 0.995)
            door = self._door(number)
            copies.append(replace(mail, number=number, kind="copy", door=door, at=at, copy_of=mail.number, flags=()))
        return copies

    def _flagged(self, made: list[Planned]) -> list[Planned]:
        """Some lie there read, five flagged for removal, by another client of the same mailbox."""
        in_mailbox = [index for index, mail in enumerate(made) if mail.door == "imap"]
        deleted = set(self._random.sample(in_mailbox, min(DELETED_BY_OTHERS, len(in_mailbox))))
        seen = {index for index in in_mailbox if self._random.random() < 0.2}
        return [
            replace(mail, flags=("\\Seen",) * (index in seen) + ("\\Deleted",) * (index in deleted))
            for index, mail in enumerate(made)
        ]

    def _draft(self, number: int, sender: str) -> _Draft:
        rng = self._random
        latin = rng.random() < 0.25
        sentences = rng.sample(LATIN_SENTENCES if latin else SENTENCES, rng.randint(2, 5))
        subject = f"{rng.choice(SUBJECTS)} {number}"
        message_id = f"<{rng.getrandbits(64):x}.{number}@{ASKERS}>"
        words = " ".join(rng.sample(WORDS, 4))
        marker = f"Merkzin {self._seed} {number}: {words}, dat is {rng.getrandbits(40):x}."
        text = f"{start_of(rng)}\n\n{marker} {' '.join(sentences)}"
        return _Draft(sender, subject, text, message_id, marker, latin=latin)

    def _reply(self, number: int, before: tuple[_Draft, ...]) -> _Draft:
        parent = before[-1]
        draft = self._draft(number, before[0].sender)
        draft.subject = f"{self._random.choice(('Re', 'RE', 'Antw', 'AW'))}: {before[0].subject}"
        draft.references = tuple(str(mail.message_id) for mail in before)
        draft.text += quoted(parent.text)
        draft.latin = draft.latin and parent.latin
        return draft

    def _door(self, number: int) -> Door:
        doors: tuple[Door, ...] = ("imap", "imap", "smtp", "imap", "imap", "lmtp")
        return doors[(number + self._seed) % len(doors)]

    def _written(self, number: int, kind: str, draft: _Draft, at: float) -> Planned:
        rng = self._random
        message = EmailMessage(policy=SMTP.clone(max_line_length=998))
        self._head(message, number, draft)
        self._body(message, draft.text, latin=draft.latin)
        files = self._files(message, number)
        for index, part in enumerate(part for part in message.walk() if part.is_multipart()):
            part.set_boundary(f"=_{rng.getrandbits(64):016x}_{index}")
        raw = message.as_bytes()
        return Planned(
            number=number,
            kind=kind,
            door=self._door(number),
            at=min(at, 0.995),
            raw=raw,
            sha256=hashlib.sha256(raw).hexdigest(),
            marker=draft.marker,
            sender=draft.sender,
            thread=self._threads,
            attachments=tuple(sorted(hashlib.sha256(content).hexdigest() for content in files)),
        )

    def _head(self, message: EmailMessage, number: int, draft: _Draft) -> None:
        name = draft.sender.partition(".")[0].title()
        message["From"] = f"{name} Ångström <{draft.sender}>" if number % 7 == 0 else f"{name} <{draft.sender}>"
        message["To"] = DESK
        message["Subject"] = draft.subject
        message["Date"] = format_datetime(_DATE)
        if draft.message_id:
            message["Message-ID"] = draft.message_id
        if draft.references:
            message["In-Reply-To"] = draft.references[-1]
            message["References"] = " ".join(draft.references)

    def _body(self, message: EmailMessage, text: str, *, latin: bool) -> None:
        rng = self._random
        html = "<html><body>" + "".join(f"<p>{line}</p>" for line in text.split("\n") if line) + "</body></html>"
        shape = rng.random()
        charset = "iso-8859-1" if latin else "utf-8"
        transfer = rng.choice(("quoted-printable", "base64", "8bit"))
        if shape < 0.15:
            message.set_content(html, subtype="html", charset=charset, cte=transfer)
            return
        message.set_content(text, charset=charset, cte=transfer)
        if shape < 0.45:
            message.add_alternative(html, subtype="html", charset=charset, cte="quoted-printable")

    def _files(self, message: EmailMessage, number: int) -> list[bytes]:
        rng = self._random
        sizes = [rng.choice((300, 4_000, 30_000, 90_000)) for _ in range(rng.choice((0, 0, 0, 1, 2)))]
        if number in (11, self._count // 2):
            sizes.append(BIG_BYTES * 3 // 4)
        contents = [rng.randbytes(size) for size in sizes]
        for index, content in enumerate(contents):
            name = rng.choice(("rooster.pdf", "diploma é.png", "aanvraag.docx", "gegevens"))
            message.add_attachment(content, "application", "octet-stream", filename=f"{index}-{name}")
        return contents


def write_manifest(mails: list[Planned], path: Path) -> str:
    """Write the manifest, a line per mail; returns the digest of the whole."""
    text = "".join(mail.line() + "\n" for mail in mails)
    path.write_text(text, encoding="utf-8")
    return hashlib.sha256(text.encode()).hexdigest()
