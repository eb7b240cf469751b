"""Knows the lines by which mail programs announce older mail, in 25 languages. Splits no mail itself."""

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("quote_headers")
_KINDS = ("from", "sent", "to", "cc", "subject")
_EDGE = "*_>|\"'#=-–— \t\u200b\u200e\u200f\ufeff"
_SPACES = re.compile(r"[\s\u00a0\u202f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")
_COLON = re.compile(r" ?[:：]")
_LABEL = re.compile(r"\W{0,4}([^\W\d_][^\d:：*<>@]{0,24}?)[\s*_]{0,4}[:：]")
_ADDRESS = re.compile(r"[^\s<>@]{1,100}@[^\s<>@]{1,100}")
_ADDRESS_LAST = re.compile(r"[\s<(\[:][^\s<>()@]{1,100}@[^\s<>()@]{1,100}\.[^\s<>()@]{2,20}[>)\]]{0,2}(?: \S{1,20})?:$")
_MOMENT = re.compile(r"\d{1,2}[:.h]\d{2}|\b(?:19|20)\d{2}\b|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
_DATED_ADDRESS = re.compile(r"\d{4}[/.-]\d{1,2}[/.-]\d{1,2}\b.{1,200}<[^\s<>@]{1,100}@[^\s<>]{1,100}")
_DEVICE = re.compile(
    r"i(?:phone|pad|pod|os)|android|samsung|galaxy|huawei|blackberry|mobil|mobiel|phone|telefoon|handy|tablet|outlook|mail|yahoo"
    r"|proton|htc|nokia|windows|pixel|xiaomi|redmi|oneplus|sony|xperia|motorola|device|toestel|apparaat|appareil|spark|gerät"
)
_DASHES = ("--", "==", "__", "**", "––", "——", "- -")
_LINK = re.compile(r"\s?<[^<>]{0,400}>")
_RULE = re.compile(r"^[\s>*]{0,6}(?:_{10,}|-{20,}|={20,}|\*{20,})\s*$")

MAX_LINE = 600
_MAX_UNKNOWN = 250


@cache
def _wordings() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(path.read_text("utf-8")) for path in sorted(_FOLDER.glob("*.toml")))


@cache
def _words(key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tidy(word) for wording in _wordings() for word in wording.get(key, ())))


def tidy(line: str) -> str:
    """The line in lower case, with single spaces, without marks at its edges and without a space before a colon."""
    line = _SPACES.sub(" ", line[:MAX_LINE]).replace("’", "'").strip(_EDGE)
    return _COLON.sub(":", line).lower().strip(_EDGE)


@cache
def _attributions() -> tuple[tuple[str, ...], ...]:
    """Each pattern cut at its gaps: what must stand first, between and last."""
    return tuple(tuple(words.split("~")) for words in _words("attributions"))


@cache
def _endings() -> tuple[str, ...]:
    return tuple({pieces[-1] for pieces in _attributions()} - {""})


@cache
def _hints() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Endings of an announcement without a colon, and the words by which helpdesks say "above"."""
    endings = tuple(each for each in _endings() if not each.endswith(":"))
    return endings, tuple({max(phrase.split(), key=len) for phrase in _words("reply_above")})


def may_announce(line: str) -> bool:
    """The cheap question before all others: whether the line can begin or announce older mail at all."""
    if ":" in line or "：" in line or line.lstrip(" \t>*#").startswith(_DASHES) or line[:2].isdigit():
        return True
    endings, above = _hints()
    low = line[:MAX_LINE].rstrip().lower()
    return low.endswith(endings) or any(word in low for word in above)


def ends_attribution(line: str) -> bool:
    """Whether a tidied line can be the last one of an announcement: the cheap question before the dear one."""
    return line.endswith((":", *_endings())) or bool(_DATED_ADDRESS.fullmatch(line))


def gives_evidence(line: str) -> bool:
    """Whether a line names a moment or an address: without either, words alone announce nothing."""
    return bool(_MOMENT.search(line) or _ADDRESS.search(line))


def is_attribution(line: str, *, quoted_below: bool, anchored: bool) -> bool:
    """Whether a tidied line (or several, joined) announces a quote.

    It must name a moment or an address, or have a quote below. `anchored` asks for the patterns that begin with a
    word of their own: only those may reach back over several lines.
    """
    if not (quoted_below or gives_evidence(line)):
        return False
    if not anchored and _DATED_ADDRESS.fullmatch(line):
        return True
    if any(_fits(line, pieces) for pieces in _attributions() if bool(pieces[0]) == anchored):
        return True
    # In any language: a moment and, at the end, an address; above a marked quote a colon and one of the two will do.
    named = len(line) < _MAX_UNKNOWN and bool(_MOMENT.search(line)) and bool(_ADDRESS_LAST.search(line))
    return not anchored and line.endswith(":") and (named or (quoted_below and gives_evidence(line)))


def _fits(line: str, pieces: tuple[str, ...]) -> bool:
    if not line.startswith(pieces[0]) or not line.endswith(pieces[-1]) or len(line) < sum(map(len, pieces)):
        return False
    position, end = len(pieces[0]), len(line) - len(pieces[-1])
    for piece in pieces[1:-1]:
        position = line.find(piece, position + 1, end)
        if position < 0:
            return False
        position += len(piece)
    return len(pieces) == 1 or position < end


@cache
def _labels() -> dict[str, str]:
    return {word: kind for kind in _KINDS for word in _words(kind)}


def header_kind(line: str) -> str | None:
    """`from`, `sent`, `to`, `cc` or `subject` when the line is such a field of a header block above older mail."""
    found = _LABEL.match(line[:MAX_LINE])
    return _labels().get(tidy(found.group(1))) if found else None


def is_header_line(line: str) -> bool:
    """A whole header block on one line, as it comes out of flattened HTML."""
    low = tidy(line)
    if header_kind(line) != "from" or low.count(":") < 3:
        return False
    return sum(any(f" {word}:" in low for word in _words(kind)) for kind in ("sent", "to", "subject")) >= 2


@cache
def _separators() -> re.Pattern[str]:
    words = sorted(_words("separators"), key=len, reverse=True)
    return re.compile("|".join(re.escape(word).replace("\\~", "~").replace("~", ".{1,200}") for word in words))


def is_separator(line: str) -> bool:
    """`-----Original Message-----` and its kin; without dashes only those that end in a colon."""
    low = tidy(line)
    if line[:MAX_LINE].strip(" \t>*#").startswith(_DASHES) or line.strip()[:2] == "**":
        core = low.rstrip(": ")
        return bool(_separators().fullmatch(core) or _separators().fullmatch(f"{core}:"))
    return low.endswith(":") and len(low) < 80 and low in _words("separators")


def is_rule(line: str) -> bool:
    """A line of underscores, dashes or the like."""
    return bool(_RULE.match(line[:MAX_LINE]))


def is_mobile_signature(line: str) -> bool:
    """The line that a telephone, tablet or mail app adds below a mail."""
    low = tidy(_LINK.sub(" ", line[:MAX_LINE])).lstrip("[(<")
    if not low or len(low) > 120:
        return False
    if low.endswith(("送信", "보냄", "gönderildi")) and len(low) < 40:
        return True
    if not low.startswith(_words("mobile")):
        return False
    begun = next(len(word) for word in _words("mobile") if low.startswith(word))
    # A sentence may begin like that too: a signature names its device at once, or is short.
    rest = low[begun:].split()
    return len(rest) <= 4 or bool(_DEVICE.search(low[:begun].split()[-1] + " ".join(rest[:4])))


def asks_to_reply_above(line: str) -> bool:
    """A helpdesk's request to answer above this line."""
    low = tidy(line)
    return len(low) < 200 and any(phrase in low for phrase in _words("reply_above"))
