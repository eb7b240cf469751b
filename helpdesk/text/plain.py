"""HTML to readable plain text. The only importer of inscriptis; fetches nothing, promises nothing about safety."""

import html as entities
import re

from inscriptis import get_text  # type: ignore[import-untyped]  # it ships no types
from inscriptis.css_profiles import CSS_PROFILES  # type: ignore[import-untyped]  # it ships no types
from inscriptis.model.config import ParserConfig  # type: ignore[import-untyped]  # it ships no types

MAX_HTML = 512 * 1024
MAX_TAGS = 20_000

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=False)
_UNSEEN = re.compile(r"<(script|style|head|title|template)\b.*?(?:</\1\s*>|\Z)", re.I | re.S)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[.*?(?:\]>|\Z)", re.S)
_BREAK = re.compile(r"<(?:br|/?(?:p|div|tr|li|h[1-6]|table|ul|ol|blockquote|pre|hr))\b[^<>]*>", re.I)
_TAG = re.compile(r"<[^<>]*>|<[a-zA-Z/!][^<>]*\Z")
_CITE = re.compile(
    r"<blockquote\b(?=[^<>]*(?:\bcite\b|gmail_quote|yahoo_quoted|protonmail_quote|border-left|MSO-|zmail_extra))[^<>]*>",
    re.I,
)
_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^<>]*>", re.I)
_QUOTE_STARTS = re.compile(
    r"<(?:div|hr|span|table|p)\b(?=[^<>]*(?:\b(?:id|class)\s*=\s*[\"']?[^\"'>]{0,80}(?:divRplyFwdMsg|OutlookMessageHeader"
    r"|yahoo_quoted|moz-forward-container|stopSpelling|zwchr|mail-editor-reference-message|AOLMsgPart|messageReplySection"
    r"|zmail_extra)))[^<>]*>",
    re.I,
)
_RULED_OFF = re.compile(
    r"<div\b[^<>]*style\s*=\s*[\"']?[^<>]{0,80}(?:border-top:\s*(?:solid\s+#(?:E1E1E1|B5C4DF)|#(?:E1E1E1|B5C4DF)\s+1?p?x?t?\s*solid)"
    r"|border-top-color:\s*rgb\(229, 229, 229\))"
    r"[^<>]*>",
    re.I,
)
# What changes no line break and no space costs the library most of its time.
_INLINE = re.compile(r"</?(?:span|font|o:p|b|i|u|em|strong|a|big|small|tt)\b[^<>]*>", re.I)
_STYLE = re.compile(r"\sstyle\s*=\s*(?:\"[^\"<>]*\"|'[^'<>]*')", re.I)
_HIDDEN = re.compile(r"display\s*:\s*none|white-space\s*:", re.I)
_MANY_BLANKS = re.compile(r"\n{3,}")

QUOTE_START = "\ue0f0"
"""Stands in the text form (private use) where the markup says that older mail begins; `quoting` takes it away."""
_OPEN, _CLOSE = "\ue0f1", "\ue0f2"
# Also spelled as entities; 57584 is 0xE0F0.
_MARK = re.compile(r"[\ue0f0-\ue0f2]|&#(?:x0*e0f[0-2]|0*5758[4-6])(?![0-9a-f]);?", re.I)


def unmarked(text: str) -> str:
    """Text or HTML from outside with a space for each of our marks: nobody else may say where older mail begins."""
    return _MARK.sub(" ", text)


def crude_text(html: str) -> str:
    """The text of `html` by patterns alone, of the first 4 MB: for what is too large or too broken for a tree."""
    return _tidied(unmarked(_crude(html[: 8 * MAX_HTML])))


def html_to_text(html: str, *, mark_quotes: bool = False) -> str:
    """The text form of `html`, cited blocks with `> ` in front; linear, and crude above 512 KB or 20,000 tags.

    With `mark_quotes` a line QUOTE_START stands where mail programs begin the older mail.
    """
    if len(html) > MAX_HTML or html.count("<") > MAX_TAGS:
        return crude_text(html)
    html = unmarked(html)
    marked = _mark(html) if mark_quotes else html
    if not _HIDDEN.search(marked):
        marked = _STYLE.sub("", _INLINE.sub("", marked))
    try:
        text = get_text(marked, _CONFIG)
    except (ValueError, RecursionError, AssertionError, TypeError, AttributeError, IndexError, KeyError):
        text = _crude(marked)
    return _tidied(_cite(text.replace("\xa0", " ")))


def _tidied(text: str) -> str:
    return _MANY_BLANKS.sub("\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).strip("\n")


def _crude(html: str) -> str:
    html = _BREAK.sub("\n", _UNSEEN.sub(" ", _COMMENT.sub("", html)))
    return entities.unescape(_TAG.sub("", html))


def _mark(html: str) -> str:
    """Puts marks into the markup where quotes begin and end; they come out as text."""
    html = _QUOTE_STARTS.sub(lambda found: f"{found.group()}<p>{QUOTE_START}</p>", html, count=20)
    html = _RULED_OFF.sub(lambda found: f"{found.group()}<p>{QUOTE_START}</p>", html, count=20)
    open_quotes: list[bool] = []

    def blockquote(found: re.Match[str]) -> str:
        if not found.group(1):
            open_quotes.append(bool(_CITE.match(found.group())) and len(open_quotes) < 50)
            return f"{found.group()}<p>{_OPEN}</p>" if open_quotes[-1] else found.group()
        return f"<p>{_CLOSE}</p>{found.group()}" if open_quotes and open_quotes.pop() else found.group()

    return _BLOCKQUOTE.sub(blockquote, html)


def _cite(text: str) -> str:
    """Turns the marks of cited blocks into `> ` before each line."""
    if _OPEN not in text:
        return text
    lines: list[str] = []
    depth = 0
    opened = False
    for line in text.split("\n"):
        depth += line.count(_OPEN) - line.count(_CLOSE)
        if _OPEN in line or _CLOSE in line:
            while _CLOSE in line and lines and not lines[-1].strip("> "):
                lines.pop()
            opened = _OPEN in line
        elif line.strip() or not opened:
            lines.append("> " * depth + line.lstrip() if depth > 0 else line)
            opened = False
    return "\n".join(lines)
