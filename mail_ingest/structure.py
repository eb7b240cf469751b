"""The tree of a mail: header fields and the places of its parts in the bytes. Decodes nothing and never raises.

The standard library's parser goes line by line and recursive: slow on attachments, and a few thousand nested
multiparts break it. This one looks for delimiters only, without recursion (RFC 5322, 2045, 2046).
"""

import re
from dataclasses import dataclass, field

from mail_ingest import headers
from mail_ingest.budget import LIMITS, Budget

MAX_HEADER_BLOCK = 256 * 1024
MAX_DEPTH = 50
MOST_PARTS = LIMITS["parts"][0]

_FIELD = re.compile(rb"^([!-9;-~]{1,200})[ \t]*:[ \t]*(.*(?:\n[ \t].*)*)", re.M)
_BLOCK_END = re.compile(rb"\n\r*\n")
_BLANK_LINE = re.compile(rb"\r*\n")
_SOMETHING = re.compile(rb"\S")
_MBOX_LINE = re.compile(rb">?From [^\n]*\n")
_HEADER_NAME = re.compile(
    rb"^(?:received|from|to|cc|subject|date|message-id|mime-version|content-[a-z-]+|x-[a-z0-9-]+|return-path|reply-to"
    rb"|references|in-reply-to|sender|delivered-to|dkim-signature|thread-[a-z]+|list-[a-z]+)[ \t]*:",
    re.I | re.M,
)
_GUESSED_DELIMITER = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]*\r?\n(?=content-[a-z-]+[ \t]*:)", re.I | re.M)


@dataclass(slots=True)
class Entity:
    """One part: its header fields (names in lower case, values unfolded) and where its body lies in `raw`."""

    raw: bytes
    fields: list[tuple[str, bytes]]
    start: int
    end: int
    depth: int = 0
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    children: list["Entity"] = field(default_factory=list)
    _firsts: dict[str, bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._firsts = {key: value for key, value in reversed(self.fields) if value}

    @property
    def body(self) -> bytes:
        """The bytes between header block and the next delimiter, still transfer-encoded."""
        return self.raw[self.start : self.end]

    def first(self, name: str) -> bytes:
        """The first value of a field that is not empty, or empty bytes."""
        return self._firsts.get(name, b"")

    def all(self, name: str) -> list[bytes]:
        """Every value of a field, topmost first."""
        return [value for key, value in self.fields if key == name]


def split(raw: bytes, budget: Budget) -> Entity:
    """The tree of `raw`; says to `budget` what was wrong with its form."""
    raw = _newlines(raw)
    root = _entity(raw, _skip_mbox_line(raw), len(raw), 0, "text/plain", budget)
    waiting = [root]
    while waiting:
        entity = waiting.pop()
        if not entity.content_type.startswith("multipart/"):
            continue
        if entity.depth >= MAX_DEPTH:
            budget.say("too_deep")
            continue
        ranges = _part_ranges(entity, budget)
        ranges = ranges[: budget.take("parts", len(ranges))]
        default = "message/rfc822" if entity.content_type == "multipart/digest" else "text/plain"
        entity.children = [_entity(raw, start, end, entity.depth + 1, default, budget) for start, end in ranges]
        waiting.extend(entity.children)
    return root


def header_block(raw: bytes, budget: Budget) -> Entity:
    """Only the header fields of `raw`, for a mail that is too large to be read; its body is empty."""
    head = _newlines(raw[: 2 * MAX_HEADER_BLOCK])
    entity = _entity(head, _skip_mbox_line(head), len(head), 0, "text/plain", budget)
    entity.start = entity.end
    entity.content_type = "text/plain"
    return entity


def _newlines(raw: bytes) -> bytes:
    """A mail from an old Macintosh has only CR; any other stays as it is, for the sake of binary parts."""
    return raw if b"\n" in raw[:MAX_HEADER_BLOCK] else raw.replace(b"\r", b"\n")


def _skip_mbox_line(raw: bytes) -> int:
    start = 0
    while start < len(raw) and raw[start] in b"\n\r":
        start += 1
    line = _MBOX_LINE.match(raw, start)
    return line.end() if line else start


def _entity(raw: bytes, start: int, end: int, depth: int, default: str, budget: Budget) -> Entity:
    """Reads the header block that begins at `start`."""
    fields: list[tuple[str, bytes]] = []
    empty = _BLANK_LINE.match(raw, start, end)
    if empty:
        body = empty.end()
    else:
        fields, body = _fields(raw, start, end, depth, budget)
    entity = Entity(raw, fields, body, end, depth, default)
    value = entity.first("content-type")
    if value:
        entity.content_type, entity.parameters = headers.content_type(value, default)
    return entity


def _fields(raw: bytes, start: int, end: int, depth: int, budget: Budget) -> tuple[list[tuple[str, bytes]], int]:
    # Each level would look through all that is below it: below the first two the empty line must come soon.
    blank = _BLOCK_END.search(raw, start, end if depth < 2 else min(end, start + MAX_HEADER_BLOCK))
    block_end, body = (blank.start() + 1, blank.end()) if blank else (end, end)
    if block_end - start > MAX_HEADER_BLOCK:
        budget.say("headers_too_large")
        block_end = start + MAX_HEADER_BLOCK
    whole = block_end
    block_end = start + budget.take("headers", block_end - start)
    fields: list[tuple[str, bytes]] = []
    position = start
    for found in _FIELD.finditer(raw, start, block_end):
        gap = raw[position : found.start()].strip(b"\r\n")
        if gap and not _mend(fields, gap, raw, position, block_end, budget):
            return fields, position
        fields.append((found.group(1).decode("ascii").lower(), found.group(2)))
        position = found.end()
    if raw[position:block_end].strip() and block_end == whole != start + MAX_HEADER_BLOCK:
        budget.say("no_blank_line")
        return fields, position + (1 if raw[position : position + 1] == b"\n" else 0)
    return fields, body


def _mend(
    fields: list[tuple[str, bytes]], gap: bytes, raw: bytes, position: int, block_end: int, budget: Budget
) -> bool:
    """A line that is no field: part of the field above when real fields follow (False: the body begins here)."""
    budget.say("bad_header_line")
    if not budget.take("mended"):
        return True
    if not _HEADER_NAME.search(raw, position, block_end):
        return False
    if fields and not gap.lstrip(b">").startswith(b"From "):
        name, value = fields[-1]
        fields[-1] = (name, value + b" " + gap[:1000])
    return True


def _part_ranges(entity: Entity, budget: Budget) -> list[tuple[int, int]]:
    """Where the parts of a multipart lie; no part at all makes it plain text."""
    boundary = entity.parameters.get("boundary", "").encode("utf-8", "replace")
    ranges = _cut(entity, boundary) if boundary else []
    if not ranges:
        budget.say("bad_boundary")
        guess = _GUESSED_DELIMITER.search(entity.raw, entity.start, entity.end)
        ranges = _cut(entity, guess.group(1)) if guess else []
    if not ranges:
        entity.content_type = "text/plain"
    return ranges


def _cut(entity: Entity, boundary: bytes) -> list[tuple[int, int]]:
    raw, end = entity.raw, entity.end
    delimiter = b"--" + boundary
    ranges: list[tuple[int, int]] = []
    opened = -1
    position = raw.find(delimiter, entity.start, end)
    while position >= 0 and len(ranges) <= MOST_PARTS:
        line_end = raw.find(b"\n", position, end)
        line_end = end if line_end < 0 else line_end
        rest = raw[position + len(delimiter) : min(line_end, position + len(delimiter) + 200)].strip()
        if (position == entity.start or raw[position - 1] == 0x0A) and rest in (b"", b"--"):
            if opened >= 0:
                last = position - 2 if raw[position - 2 : position] == b"\r\n" else position - 1
                ranges.append((opened, max(opened, last)))
            opened = -1 if rest else min(line_end + 1, end)
        position = raw.find(delimiter, max(line_end, position + 1), end)
    if opened >= 0 and _SOMETHING.search(raw, opened, end):
        ranges.append((opened, end))
    return ranges
