"""The ledger of destruction: what a line may hold, how lines are chained, and what is wrong with a file of them. Pure.

A line names nothing but random ids, a rule, a version, a month and counts (retention 3.4): no person, no address, no
ticket number, no day, no hash of content. It is kept for ever and outside the database.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from helpdesk.errors import Invalid

OPS = (
    "begin",
    "intent",
    "destroyed",
    "masked",
    "redacted",
    "hold",
    "release",
    "facts",
    "incident",
    "backup_expired",
    "restored",
    "backup",
)
_SHAPES: Mapping[str, re.Pattern[str]] = {
    "t": re.compile(r"\d{4}-(?:0[1-9]|1[0-2])"),
    "run": re.compile(r"[0-9a-f]{32}|"),
    "id": re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|"),
    "rule": re.compile(r"[A-Z][0-9]{0,3}|"),
    "pv": re.compile(r"[0-9a-f]{12}|"),
    "m": re.compile(r"[a-z_,]{0,100}"),
    "parts": re.compile(r"(?:[a-z]+=\d+(?:,[a-z]+=\d+)*)?"),
    "prev": re.compile(r"[0-9a-f]{64}"),
    "h": re.compile(r"[0-9a-f]{64}"),
}
_KEYS = ("seq", "t", "op", "id", "run", "rule", "pv", "parts", "m", "ok", "prev", "h")
FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """What one line tells, before it is chained."""

    op: str
    id: str
    month: str
    run: str = ""
    rule: str = ""
    version: str = ""
    parts: str = ""
    methods: str = ""
    ok: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a repeat of this line a repeat."""
        return self.op, self.id, self.run


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a ledger: how many lines, the hash of the last, and the ledger's own random name."""

    seq: int
    hash: str
    name: str


def chained(entry: Entry, seq: int, before: str) -> str:
    """The line of an entry behind the line with hash `before`, without its line end."""
    body = {
        "seq": seq,
        "t": entry.month,
        "op": entry.op,
        "id": entry.id,
        "run": entry.run,
        "rule": entry.rule,
        "pv": entry.version,
        "parts": entry.parts,
        "m": entry.methods,
        "ok": entry.ok,
        "prev": before,
    }
    _shaped(body, seq)
    said = json.dumps(body, separators=(",", ":"))
    return f'{said[:-1]},"h":"{_digest(said)}"}}'


def read(lines: Iterable[str]) -> Iterator[Entry]:
    """The entries of a ledger in order. Raises Invalid at the first line that is not what the chain says."""
    return (entry for _seq, _said, entry in _walk(lines))


def numbered(lines: Iterable[str]) -> Iterator[tuple[int, str, Entry]]:
    """As `read`, with the number and the hash of each line."""
    return _walk(lines)


def head_of(lines: Iterable[str]) -> Head:
    """The head of a whole ledger; raises Invalid as `read` does, and for a ledger without a beginning."""
    head = Head(0, FIRST, "")
    for seq, found, entry in _walk(lines):
        head = Head(seq, found, entry.id if entry.op == "begin" else head.name)
    if not head.seq:
        raise Invalid("The ledger is empty.", code="ledger_empty")
    return head


def _walk(lines: Iterable[str]) -> Iterator[tuple[int, str, Entry]]:
    before = FIRST
    for seq, line in enumerate(lines, 1):
        body = _parsed(line, seq)
        said = body.pop("h")
        if body["seq"] != seq or body["prev"] != before or said != _hash(body) or (seq == 1) != (body["op"] == "begin"):
            raise Invalid("The ledger is broken at line {line}.", line=seq, code="ledger_broken")
        before = said
        yield (
            seq,
            said,
            Entry(
                body["op"],
                body["id"],
                body["t"],
                body["run"],
                body["rule"],
                body["pv"],
                body["parts"],
                body["m"],
                body["ok"],
            ),
        )


def _parsed(line: str, seq: int) -> dict[str, Any]:
    try:
        body = json.loads(line)
    except (ValueError, RecursionError) as fault:
        raise Invalid("The ledger is broken at line {line}.", line=seq, code="ledger_broken") from fault
    if (
        not isinstance(body, dict)
        or tuple(body) != _KEYS
        or json.dumps(body, separators=(",", ":")) != line.rstrip("\n")
    ):
        raise Invalid("The ledger is broken at line {line}.", line=seq, code="ledger_broken")
    _shaped({key: value for key, value in body.items() if key != "h"}, seq)
    return body


def _shaped(body: Mapping[str, Any], seq: int) -> None:
    fits = (
        body["op"] in OPS
        and isinstance(body["ok"], bool)
        and all(
            isinstance(body[key], str) and shape.fullmatch(body[key]) for key, shape in _SHAPES.items() if key in body
        )
    )
    if not fits:
        raise Invalid(
            "Line {line} of the ledger holds something that does not belong there.", line=seq, code="ledger_shape"
        )


def _hash(body: Mapping[str, Any]) -> str:
    return _digest(json.dumps(body, separators=(",", ":")))


def _digest(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()


def hash_in(line: str) -> str:
    """The hash at the end of a line that `chained` made."""
    return line[-66:-2]


def parsed_head(line: str | None) -> tuple[int, str]:
    """Number and hash of a last line; the beginning when there is none. Raises Invalid when it is no line."""
    if line is None:
        return 0, FIRST
    body = _parsed(line, 0)
    return int(body["seq"]), str(body["h"])
