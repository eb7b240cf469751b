"""Splits a mail's text into what is new and what is older mail or signature. Pure, and linear in the lines."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk.text import quote_words
from helpdesk.text.plain import QUOTE_START

# Some clients break the address of an announcement over lines, so that it ends in what looks like a quote.
_BROKEN_ADDRESS = re.compile(r"\n{1,3}<\n(mailto:[^\n]{1,300})\n>")
MAX_LINES = 20_000
_MAX_SIGNATURE = 40
_MAX_LOOSE_SIGNATURE = 12
_MAX_ATTRIBUTION_LINES = 5
_MAX_ATTRIBUTION = 500
_BLOCK_WINDOW = 14
_MAX_LOOKS = 1_000


@dataclass(frozen=True, slots=True)
class Split:
    """`new` is never blank when the text is not; `rest` is everything else, in order."""

    new: str
    rest: str


def split_reply(text: str) -> Split:
    """What is new in `text`, without older mail and signature; answers between quotes stay with their quotes.

    When nothing is new (a mail forwarded without a word, a mail that is all quote), the whole text is.
    """
    text = _BROKEN_ADDRESS.sub(r" <\1>", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = text.split("\n")
    read = lines[:MAX_LINES]
    announced: set[int] = set()
    cut = _older_mail_starts(read, announced)
    kept = [] if cut is None else _new_lines(read, cut, announced)
    if not any(read[index].strip() and not quote_words.is_mobile_signature(read[index]) for index in kept):
        return Split(_join(lines), "")
    wanted = set(kept)
    rest = [line for index, line in enumerate(read) if index not in wanted]
    return Split(_join(read[index] for index in kept), _join([*rest, *lines[MAX_LINES:]]))


def without_marks(text: str) -> str:
    """The text without the marks that the HTML reader put where quotes begin."""
    return _join(text.split("\n")) if QUOTE_START in text else text


def _join(lines: Iterable[str]) -> str:
    kept = (line for line in lines if QUOTE_START not in line or line.strip(f" \t>{QUOTE_START}"))
    return "\n".join(kept).replace(QUOTE_START, "").strip("\n")


def is_quoted(line: str) -> bool:
    """Whether a line carries the mark of a quote (an mbox `>From ` is none)."""
    bare = line.lstrip(" \t")
    return bare.startswith((">", "&gt;")) and len(line) - len(bare) < 4 and not bare.startswith(">From ")


def _older_mail_starts(lines: list[str], announced: set[int]) -> int | None:
    """The line from which on everything is older mail, or the number of lines; None when all of it is older mail.

    Lines that announce a quote marked with `>` go into `announced`: behind such a quote new text may follow.
    """
    said: int | None = None
    looks = 0
    for index, line in enumerate(lines):
        if not line.strip() or is_quoted(line):
            continue
        start = None
        if (QUOTE_START in line or quote_words.may_announce(line)) and looks < _MAX_LOOKS:
            looks += 1
            start = _starts_here(lines, index, announced)
        if start is not None and said is not None and said < start:
            return start
        if start is not None and QUOTE_START not in line and not quote_words.asks_to_reply_above(line):
            return None
        if said is not None and said in announced:
            said = None
        if said is None and index not in announced and line.strip(" \t>*_-") and QUOTE_START not in line:
            said = index
    return len(lines)


def _starts_here(lines: list[str], index: int, announced: set[int]) -> int | None:
    """Where the older mail begins that line `index` gives away, if it gives away any."""
    line = lines[index]
    if QUOTE_START in line or quote_words.is_separator(line) or quote_words.asks_to_reply_above(line):
        return _above_attribution(lines, index)
    if _header_block(lines, index):
        return index
    return _attribution(lines, index, announced)


def _above_attribution(lines: list[str], index: int) -> int:
    """Takes an announcement that stands right above line `index` along."""
    above = index - 1
    while above > 0 and not lines[above].strip():
        above -= 1
    if above < 0 or not quote_words.ends_attribution(quote_words.tidy(lines[above])):
        return index
    start = _announcement(lines, above, quoted_below=True)
    return index if start is None else start


def _header_block(lines: list[str], index: int) -> bool:
    """Fields such as From, Sent, To, Subject one below the other, as Outlook puts them above older mail."""
    first = quote_words.header_kind(lines[index])
    if first is None or first == "cc":
        return False
    if quote_words.is_header_line(lines[index]):
        return True
    kinds: set[str] = set()
    strangers = 0
    address = False
    for line in lines[index : index + _BLOCK_WINDOW]:
        kind = quote_words.header_kind(line)
        strangers += bool(line.strip()) and kind is None
        if strangers > 3:
            break
        if kind is not None:
            kinds.add(kind)
        address = address or "@" in line
    ruled = index > 0 and (quote_words.is_rule(lines[index - 1]) or quote_words.is_separator(lines[index - 1]))
    if not ("subject" in kinds or address):
        return False
    return ("from" in kinds and len(kinds) >= (2 if ruled else 3)) or {"sent", "to", "subject"} <= kinds


def _attribution(lines: list[str], index: int, announced: set[int]) -> int | None:
    """Where an announcement that ends in line `index` begins, when unmarked older mail follows it."""
    if not quote_words.ends_attribution(quote_words.tidy(lines[index])):
        return None
    below = index + 1
    while below < len(lines) and not lines[below].strip():
        below += 1
    quoted_below = below < len(lines) and is_quoted(lines[below])
    start = _announcement(lines, index, quoted_below=quoted_below)
    if start is None:
        return None
    if quoted_below:
        announced.update(range(start, index + 1))
        return None
    return start


def _announcement(lines: list[str], index: int, *, quoted_below: bool) -> int | None:
    """The first line of the announcement that ends in line `index`: the longest that begins with a known word."""
    if not quoted_below and not any(
        map(quote_words.gives_evidence, lines[max(0, index - _MAX_ATTRIBUTION_LINES) : index + 1])
    ):
        return None
    joined = quote_words.tidy(lines[index])
    best = index if quote_words.is_attribution(joined, quoted_below=quoted_below, anchored=True) else None
    floating = index if quote_words.is_attribution(joined, quoted_below=quoted_below, anchored=False) else None
    for start in range(index - 1, max(-1, index - _MAX_ATTRIBUTION_LINES), -1):
        above = lines[start].strip()
        if not above or is_quoted(above) or len(joined) + len(above) > _MAX_ATTRIBUTION:
            break
        joined = quote_words.tidy(f"{above} {joined}")
        if quote_words.is_attribution(joined, quoted_below=quoted_below, anchored=True):
            best = start
        elif floating is None and best is None and index - start <= 2:
            floating = start if quote_words.is_attribution(joined, quoted_below=quoted_below, anchored=False) else None
    return floating if best is None else best


def _new_lines(lines: list[str], cut: int, announced: set[int]) -> list[int]:
    """The lines above `cut` without quotes at the end, signature, and a quote that one answer stands below."""
    end = cut
    while True:
        before = end
        end = _before_quotes(lines, end, announced)
        end = _before_signature(lines, end)
        if end == before:
            break
    start = _behind_first_quote(lines, end, announced)
    return [index for index in range(start, end) if index not in announced]


def _before_quotes(lines: list[str], end: int, announced: set[int]) -> int:
    while end > 0 and (
        not lines[end - 1].strip()
        or is_quoted(lines[end - 1])
        or end - 1 in announced
        or QUOTE_START in lines[end - 1]
        or quote_words.is_rule(lines[end - 1])
        or (end < len(lines) and lines[end - 1].strip() in ("---", "----", "-----", "___", "____", "***"))
    ):
        end -= 1
    return end


def _before_signature(lines: list[str], end: int) -> int:
    """Leaves out what follows `-- ` (or a loose `--`) and the line of a telephone."""
    if end > 1 and quote_words.is_mobile_signature(lines[end - 1]):
        return end - 1
    seen = 0
    for index in range(end - 1, 0, -1):
        line = lines[index].rstrip("\r\n")
        if line in ("-- ", "--\u00a0") and seen <= _MAX_SIGNATURE:
            return index
        if line.strip() in ("--", "—", "- --") and seen <= _MAX_LOOSE_SIGNATURE:
            return index
        seen += bool(line.strip())
        if seen > _MAX_SIGNATURE or is_quoted(line):
            break
    return end


def _behind_first_quote(lines: list[str], end: int, announced: set[int]) -> int:
    """Where new text begins below an announced quote on top; answers between several quotes keep them all."""
    index = 0
    while index < end and (not lines[index].strip() or index in announced):
        index += 1
    if not any(each < index for each in announced):
        return 0
    while index < end and (not lines[index].strip() or is_quoted(lines[index]) or index in announced):
        index += 1
    inline = any(is_quoted(line) for line in lines[index:end])
    return 0 if inline else index
