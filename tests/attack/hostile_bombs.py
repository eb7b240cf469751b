"""The set of hostile mails of a seed: every bomb by itself, drawn in size, and pairs of them in one mail."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.attack.corpus import DESK
from tests.attack.hostile_heads import HEADS
from tests.attack.hostile_parts import PARTS
from tests.attack.hostile_piece import Maker, Piece
from tests.attack.hostile_texts import TEXTS

KINDS: dict[str, tuple[int, Maker]] = {**HEADS, **PARTS, **TEXTS}
PAIRS = 6
SMALLEST, LARGEST = 0.5, 3.0
_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Bomb:
    """One hostile mail: `raw` has CR LF line ends and no NUL, so that both doors hand it on byte by byte.

    `word` is in the sentence that a reader must find, and nowhere else; the sender's address holds it too.
    """

    name: str
    word: str
    raw: bytes


def word_of(number: int, seed: int) -> str:
    """A word that stands in one mail only."""
    return f"bom{seed}x{number}q"


def assemble(name: str, word: str, pieces: Sequence[Piece]) -> Bomb:
    """One mail of the pieces, in order."""
    fields = b"".join(piece.fields for piece in pieces)
    head = b"From: Bom <%s@bommen.example>\r\nMessage-ID: <%s@bommen.example>\r\n" % (word.encode(), word.encode())
    head += b"To: %s\r\nDate: Mon, 12 Jan 2026 10:00:00 +0100\r\nMIME-Version: 1.0\r\n" % DESK.encode()
    head += b"" if b"Subject:" in fields else b"Subject: Bom %s\r\n" % name.encode()
    parts = [part for piece in pieces for part in piece.parts]
    if len(parts) == 1:
        raw = head + fields + parts[0]
    else:
        body = b"".join(b"--grens-%s\r\n%s\r\n" % (word.encode(), part) for part in parts)
        kind = b"Content-Type: multipart/mixed; boundary=grens-%s\r\n\r\n" % word.encode()
        raw = head + fields + kind + body + b"--grens-%s--\r\n" % word.encode()
    return Bomb(name, word, _LINE_END.sub(b"\r\n", raw.replace(b"\0", b"")).removesuffix(b"\r\n") + b"\r\n")


def sentence(word: str) -> bytes:
    """What a reader must find."""
    return b"Goedemiddag, dit is de zin %s van deze mail." % word.encode()


def single(name: str, seed: int, number: int, factor: float = 1.0) -> Bomb:
    """One kind of bomb, `factor` times its usual size."""
    size, make = KINDS[name]
    word = word_of(number, seed)
    return assemble(name, word, [make(max(1, int(size * factor)), random.Random(f"{seed} {name}"), sentence(word))])


def pair(names: Sequence[str], seed: int, number: int, factor: float = 1.0) -> Bomb:
    """Several kinds in one mail."""
    word = word_of(number, seed)
    source = random.Random(f"{seed} {names}")
    made = [KINDS[name][1](max(1, int(KINDS[name][0] * factor)), source, sentence(word)) for name in names]
    return assemble("+".join(names), word, made)


def bombs(seed: int | None, only: Sequence[str] = (), first: int = 0) -> Iterator[Bomb]:
    """Every kind, then pairs (`pairs` in `only`). Without a seed in its usual size, with one drawn, 0.5 to 3 times."""
    source = random.Random(seed or 0)
    for number, name in enumerate(KINDS, first):
        factor = 1.0 if seed is None else SMALLEST * (LARGEST / SMALLEST) ** source.random()
        if not only or name in only:
            yield single(name, seed or 0, number, factor)
    small = [name for name, (size, _make) in KINDS.items() if size < 20_000_000]
    for number in range(first + len(KINDS), first + len(KINDS) + PAIRS):
        names = source.sample(small, 2)
        if not only or "pairs" in only:
            yield pair(names, seed or 0, number)
