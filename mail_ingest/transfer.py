"""Content-Transfer-Encoding undone (RFC 2045), uuencoded files cut from text, flowed lines joined. Never raises."""

import binascii
import re

from mail_ingest.budget import Budget
from mail_ingest.headers import base64_bytes

_NAME = re.compile(rb"[a-z0-9-]+")
_UU_BEGIN = re.compile(rb"^begin[ \t]+[0-7]{3,4}[ \t]+([^\r\n]{1,255})\r?\n", re.M)
_UU_LINE = re.compile(rb"[ -`]{1,90}")
MAX_UU_FILES = 50


def decode(body: bytes, encoding: bytes, budget: Budget) -> bytes:
    """The bytes that `encoding` stands for; an unknown encoding leaves them as they are."""
    found = _NAME.search(encoding[:100].lower())
    name = found.group() if found else b""
    if name == b"base64":
        return base64_bytes(body)
    if name == b"quoted-printable":
        return binascii.a2b_qp(body)
    if name in (b"x-uuencode", b"uuencode", b"x-uue", b"uue"):
        files, _ = uu_files(body)
        return files[0][1] if files else body
    if name not in (b"", b"7bit", b"8bit", b"binary", b"7-bit", b"8-bit"):
        budget.say("unknown_encoding")
    return body


def uu_files(body: bytes) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """The (name, content) of uuencoded files in a text, and the text without them."""
    if b"begin" not in body:
        return [], body
    files: list[tuple[bytes, bytes]] = []
    kept: list[bytes] = []
    position = 0
    for found in _UU_BEGIN.finditer(body):
        if found.start() < position or len(files) >= MAX_UU_FILES:
            continue
        content, end = _uu_content(body, found.end())
        if end:
            files.append((found.group(1).strip(), content))
            kept.append(body[position : found.start()])
            position = end
    return files, b"".join(kept) + body[position:]


def _uu_content(body: bytes, start: int) -> tuple[bytes, int]:
    """The content of the lines from `start` to `end`, and where they end (0: these are no uuencoded lines)."""
    out: list[bytes] = []
    while start < len(body):
        stop = body.find(b"\n", start)
        stop = len(body) if stop < 0 else stop
        line = body[start:stop].rstrip(b"\r")
        start = stop + 1
        if line == b"end":
            return b"".join(out), min(start, len(body))
        if line and not _UU_LINE.fullmatch(line):
            return b"", 0
        out.append(_uu_line(line))
    return b"".join(out), len(body) if out else 0


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        # Some encoders pad wrongly: the first letter says how many letters count.
        length = (((line[0] - 32) & 63) * 4 + 5) // 3
        try:
            return binascii.a2b_uu(line[:length])
        except binascii.Error:
            return b""


def unflow(text: str, *, delete_space: bool = False) -> str:
    """Joins the soft-broken lines of format=flowed (RFC 3676), each quote depth by itself."""
    out: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        signature = bare == "-- "
        soft = bare.endswith(" ") and not signature
        content = bare[:-1] if soft and delete_space else bare
        if open_depth == depth and not signature:
            out[-1].append(content)
        else:
            out.append([(">" * depth + " " if depth else "") + content])
        open_depth = depth if soft else -1
    return "\n".join("".join(pieces) for pieces in out)
