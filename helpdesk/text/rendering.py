"""Renders what people type, answers in Markdown-lite and plain texts, as safe HTML; the only importer of markdown_it.

Must not: render the HTML of a mail (`sanitize.py`), or let markup through that `clean_answer_html` has not seen.
"""

import html as entities
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from helpdesk.errors import Invalid
from helpdesk.text.html_limits import plain_characters
from helpdesk.text.language import N_
from helpdesk.text.sanitize import clean_answer_html

MAX_ANSWER_BYTES = 100 * 1024
# Above this markdown-it stays quadratic in "[", and drops what is nested deeper; twenty levels are nobody's answer.
MAX_NESTING = 20

# Bold, italic, lists, quotes, links, `code`. Not what typed mail means otherwise: an indented line is no program, a
# line of dashes no heading, "&amp;" not "&", and an image would be a file from elsewhere.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "breaks": True, "maxNesting": MAX_NESTING}).disable(
    ["code", "entity", "fence", "heading", "hr", "html_block", "html_inline", "image", "lheading", "reference"]
)
_URL = re.compile(r"https?://(?=[^\s<>\"]*\w)[^\s<>\"]++", re.IGNORECASE)
_AFTER_URL = ".,;:!?'*_~]}"
_BLANK_LINES = re.compile(r"\n{3,}")
_QUOTE_MARK = re.compile(r"[>|]")
_ATTRIBUTION = re.compile(r"(?:op|on|am|le)\b.{5,200}(?:schreef|wrote|schrieb|écrit)\b.{0,100}:", re.IGNORECASE)
_MARK = re.compile(r"\*\*|`|(?<!\w)[*_](?=\w)|(?<=[^\W_])[*_](?!\w)")
_GREETING = re.compile(
    r"(?:beste|geachte|hallo|hoi|hey|hi|hello|dear|dag|l\.\s?s\.|goede\w{5,7}|good \w{3,9})\b"
    r"(?P<name>(?: [^\s,!?]{1,30}){0,6}) ?(?P<end>[,!:]|$)[ ]?",
    re.IGNORECASE,
)
_PREVIEW_READS = 20_000


@dataclass(frozen=True, slots=True)
class RenderedAnswer:
    """An answer as it is shown and sent: `html` safe in our own pages, `text` for the text/plain part of the mail."""

    html: str
    text: str


def render_answer(markdown: str) -> RenderedAnswer:
    """Render an answer written in Markdown-lite; bare http(s) addresses become links. Linear, fit for a request.

    Raises Invalid (`answer_too_long`) above 100 KB.
    """
    if len(markdown.encode("utf-8", "replace")) > MAX_ANSWER_BYTES:
        raise Invalid(
            N_("Your answer is longer than 100 kB. Send the long part as an attachment."), code="answer_too_long"
        )
    text = tidy(markdown)
    tokens = _MARKDOWN.parse(text)
    if any(token.level >= MAX_NESTING - 1 for token in tokens):
        return RenderedAnswer(text_to_html(text), text)
    for token in tokens:
        token.children = list(_with_links(token.children or ()))
    return RenderedAnswer(clean_answer_html(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})).strip(), text)


def text_to_html(text: str) -> str:
    """Plain text as safe HTML: a paragraph per block of lines, a break per line, links on http(s) addresses. Linear."""
    paragraphs: list[list[str]] = [[]]
    for line in tidy(text).split("\n"):
        if line:
            paragraphs[-1].append(_line_to_html(line))
        else:
            paragraphs.append([])
    return clean_answer_html("\n".join(f"<p>{'<br>'.join(lines)}</p>" for lines in paragraphs if lines))


def preview(text: str, limit: int) -> str:
    """Return the first real sentences in at most `limit` characters on one line, without greeting and quoted lines.

    Only a greeting or only a quote is shown as it is: an empty preview says less. Cut at a word, with an ellipsis.
    """
    lines = [" ".join(line.split()) for line in plain_characters(text[:_PREVIEW_READS]).splitlines()]
    own = [line for line in lines if line and not _QUOTE_MARK.match(line) and not _ATTRIBUTION.fullmatch(line)]
    words = " ".join(_without_greeting(own)) or " ".join(own) or " ".join(filter(None, lines))
    if len(words) <= limit:
        return words
    cut = words[: limit - 1]
    at_word = cut.rpartition(" ")[0] if words[limit - 1] != " " else cut
    return (at_word or cut).rstrip(" ,;:-") + "…"


def without_marks(markdown: str) -> str:
    """Markdown-lite without the signs for bold, italic and code, for a preview; the words stay as they were typed."""
    return _MARK.sub("", markdown)


def tidy(text: str) -> str:
    """Return `text` with LF line ends, without control characters, spaces at line ends and repeated empty lines."""
    lines = (line.rstrip() for line in plain_characters(text).replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _without_greeting(lines: list[str]) -> list[str]:
    greeting = _GREETING.match(lines[0]) if lines else None
    # "Beste collega" and "Hallo," greet; "Hallo ik heb een vraag" does not.
    if greeting is None or (not greeting["end"] and len(greeting["name"].split()) > 2):
        return lines
    rest = lines[0][greeting.end() :]
    return [rest, *lines[1:]] if rest else lines[1:]


def _line_to_html(line: str) -> str:
    return "".join(
        f'<a href="{entities.escape(part)}">{entities.escape(part)}</a>' if is_url else entities.escape(part)
        for part, is_url in _split_urls(line)
    )


def _split_urls(text: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for found in _URL.finditer(text):
        url = found[0].rstrip(_AFTER_URL if "(" in found[0] else _AFTER_URL + ")")
        yield text[start : found.start()], False
        yield url, True
        start = found.start() + len(url)
    yield text[start:], False


def _with_links(children: Iterable[Token]) -> Iterator[Token]:
    inside_link = 0
    for token in children:
        inside_link += (token.type == "link_open") - (token.type == "link_close")
        if token.type != "text" or inside_link or "://" not in token.content:
            yield token
            continue
        for part, is_url in _split_urls(token.content):
            shown = Token("text", "", 0, content=part)
            if is_url:
                yield from (Token("link_open", "a", 1, attrs={"href": part}), shown, Token("link_close", "a", -1))
            else:
                yield shown
