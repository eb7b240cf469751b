"""Keeps HTML within what the cleaning libraries can do in bounded time; decides nothing about safety.

Must not: be taken for a sanitiser. What it lets through is still hostile; `sanitize.py` makes it safe.
"""

import re
from collections import Counter
from collections.abc import Set

MAX_CHARACTERS = 512 * 1024
MAX_TAGS = 20_000
MAX_BRACKETS = 40_000
MAX_ENTITIES = 40_000
MAX_DEPTH = 150
MAX_TAG_CHARACTERS = 32 * 1024
# A parser opens every open formatting element again in each next paragraph: 22 KB of <font> and <p> become 17 MB.
MAX_REOPENED_CHARACTERS = 24 * 1024 * 1024
ELEMENT_COST = 40

VOID = frozenset({"br", "col", "hr", "img", "wbr"})
# Their end tags may be left out (HTML 13.1.2.4), so an open one says nothing about depth.
CLOSED_BY_PARSER = frozenset({"p", "li", "td", "tr", "th", "dd", "dt", "option", "tbody", "thead", "tfoot", "colgroup"})
FORMATTING = frozenset({"a", "b", "big", "code", "em", "font", "i", "s", "small", "strike", "strong", "tt", "u"})
# Elements that never keep a parser from finding an open formatting element again.
TRANSPARENT = VOID | CLOSED_BY_PARSER - {"td", "th"} | {"abbr", "cite", "del", "ins", "kbd", "q", "span", "sub", "sup"}

# Attributes as a browser reads them (HTML 13.2.5.32-39): a quote counts only after "=", and a value may hold ">".
_SPACE = r"[\t\n\f\r ]"
_VALUE = r""""[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*+"""
_ATTRIBUTES = rf"(?:[\t\n\f\r /]++|[^\t\n\f\r />][^\t\n\f\r />=]*+(?:{_SPACE}*+={_SPACE}*+(?:{_VALUE})?+)?+)*+"
_TAG = re.compile(rf"<(/?)([a-z][^\t\n\f\r />]*+){_ATTRIBUTES}>", re.IGNORECASE)
_UNSHOWN = "iframe|noembed|noframes|script|style|title|xml"
_NOISE = re.compile(
    r"<!--(?:-?>|.*?(?:--!?>|\Z))"
    rf"|<({_UNSHOWN})(?=[\t\n\f\r />]){_ATTRIBUTES}>.*?(?:</\1(?=[\t\n\f\r />])[^>]*+>?|\Z)"
    rf"|<(/?)([a-z][^\t\n\f\r />]*+){_ATTRIBUTES}(>|\Z)"
    r"|<[!?/][^>]*+>?"
    r"|<",
    re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


def plain_characters(text: str) -> str:
    """Return `text` without control characters, and with "?" for a lone surrogate, which only Python can hold."""
    return _CONTROL.sub("", text if text.isascii() else text.encode("utf-8", "replace").decode())


def without_noise(html: str, kept: Set[str]) -> str:
    """Return `html` with only the tags named in `kept`, whole and in place, and every other `<` escaped.

    Comments, scripts, style sheets, tags of other names and control characters go. What a parser then sees is exactly
    what `refusal` counts, whatever odd nesting of comments, foreign elements and half tags came in. Linear.
    """
    text = plain_characters(html)

    def keep(token: re.Match[str]) -> str:
        name = token[3]
        if name is None:
            return "&lt;" if token[0] == "<" else ""
        whole = token[4] and len(token[0]) <= MAX_TAG_CHARACTERS
        return token[0] if whole and name.lower() in kept else ""

    return _NOISE.sub(keep, text)


def refusal(html: str) -> str | None:
    """Return the code of the first limit that `html` exceeds, or None. Linear; for the output of `without_noise`."""
    if len(html) > MAX_CHARACTERS:
        return "html_too_large"
    if html.count("<") > MAX_BRACKETS or html.count("&") > MAX_ENTITIES:
        return "html_too_many_entities"
    return _nesting_refusal(html)


def _nesting_refusal(html: str) -> str | None:
    elements = depth = 0
    open_elements: Counter[str] = Counter()
    reopening = _Reopening()
    for tag in _TAG.finditer(html):
        name, closing = tag[2].lower(), bool(tag[1])
        elements += not closing
        reopening.see(name, closing, len(tag[0]))
        if name not in VOID and name not in CLOSED_BY_PARSER:
            step = -1 if closing and open_elements[name] else int(not closing)
            open_elements[name] += step
            depth += step
        if depth > MAX_DEPTH or elements > MAX_TAGS or reopening.characters > MAX_REOPENED_CHARACTERS:
            return "html_too_deep" if depth > MAX_DEPTH else "html_too_many_tags"
    return None


class _Reopening:
    """Upper bound of what a parser adds by opening formatting elements again (HTML 13.2.4.3).

    An end tag counts only when the parser surely finds its element: not across a table, a cell or another block.
    """

    def __init__(self) -> None:
        self.characters = 0
        self._open = 0
        self._closable: dict[str, list[int]] = {}

    def see(self, name: str, closing: bool, length: int) -> None:
        if name in FORMATTING:
            sizes = self._closable.setdefault(name, [])
            if not closing:
                sizes.append(length + ELEMENT_COST)
                self._open += sizes[-1]
            elif sizes:
                self._open -= sizes.pop()
        elif not closing and name not in TRANSPARENT:
            self._closable.clear()
        self.characters += self._open
