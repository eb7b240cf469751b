"""Makes HTML from outside safe to show: limits, then nh3, then bleach. The only importer of nh3 and bleach.

Must not: fetch anything, or be followed by a step that edits its output; cleaning comes last.
"""

import html as entities
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import nh3
from bleach.css_sanitizer import CSSSanitizer  # type: ignore[import-untyped]  # bleach ships no types
from bleach.sanitizer import Cleaner  # type: ignore[import-untyped]  # as above

from helpdesk.text.html_limits import MAX_CHARACTERS, plain_characters, refusal, without_noise

CLEANER_VERSION = 3
"""Stored with each cleaned body; raise it whenever a list below or a step changes: old bodies are cleaned anew."""

_BLOCKS = frozenset({"address", "article", "blockquote", "center", "div", "footer", "header", "hr", "main", "p", "pre"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_LISTS = frozenset({"dd", "dl", "dt", "li", "ol", "ul"})
_TABLES = frozenset({"caption", "col", "colgroup", "table", "tbody", "td", "tfoot", "th", "thead", "tr"})
_PHRASES = frozenset({"a", "abbr", "b", "big", "br", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd"})
_MORE_PHRASES = frozenset({"q", "s", "small", "span", "strike", "strong", "sub", "sup", "tt", "u"})
MAIL_TAGS = _BLOCKS | _HEADINGS | _LISTS | _TABLES | _PHRASES | _MORE_PHRASES | {"figcaption", "figure", "section"}
_CELL = frozenset({"align", "bgcolor", "colspan", "height", "nowrap", "rowspan", "valign", "width"})
MAIL_ATTRIBUTES: Mapping[str, frozenset[str]] = {
    "*": frozenset({"dir", "style", "title"}),
    "a": frozenset({"href"}),
    "col": frozenset({"span", "width"}),
    "div": frozenset({"align"}),
    "font": frozenset({"color", "face", "size"}),
    "hr": frozenset({"align", "size", "width"}),
    "img": frozenset({"align", "alt", "height", "src", "width"}),
    "li": frozenset({"value"}),
    "ol": frozenset({"start", "type"}),
    "p": frozenset({"align"}),
    "table": frozenset({"align", "bgcolor", "border", "cellpadding", "cellspacing", "height", "width"}),
    "td": _CELL,
    "th": _CELL,
    "tr": frozenset({"align", "bgcolor", "valign"}),
    "ul": frozenset({"type"}),
}
URL_SCHEMES = frozenset({"cid", "http", "https", "mailto"})
# No shorthand that takes an image (background, list-style, border-image, content, cursor) and nothing that takes text
# out of its place (position, transform, z-index).
STYLE_PROPERTIES = frozenset(
    {"background-color", "border", "border-collapse", "border-color", "border-radius", "border-spacing", "border-style"}
    | {
        f"border-{side}{what}"
        for side in ("top", "right", "bottom", "left")
        for what in ("", "-color", "-style", "-width")
    }
    | {f"{box}{side}" for box in ("margin", "padding") for side in ("", "-top", "-right", "-bottom", "-left")}
    | {"border-width", "clear", "color", "direction", "display", "float", "font-family", "font-size", "font-style"}
    | {"font-variant", "font-weight", "height", "letter-spacing", "line-height", "list-style-type", "max-width"}
    | {"min-width", "overflow-wrap", "table-layout", "text-align", "text-decoration", "text-indent", "text-transform"}
    | {"vertical-align", "white-space", "width", "word-break", "word-wrap"}
)
MAX_VALUE = 4_000
"""Characters of an attribute; six times as many when each is a quote, and a tag too long is no tag any more."""
MAX_HOSTS = 50
MAX_HOST_CHARACTERS = 253  # RFC 1035
LINK_REL = "noopener noreferrer nofollow"
ANSWER_TAGS = frozenset({"a", "blockquote", "br", "code", "em", "li", "ol", "p", "strong", "ul"})

_LINK = re.compile(r"(?:https?://[^/\\]|mailto:)", re.IGNORECASE)
_SPAN = re.compile(r"</?span\b[^>]*>")
_ONLY_STYLE = re.compile(r'<span(?: style="([^"]*)")?>')
_BLANK = re.compile(r"<(span|font)\b[^>]*>([\s\xa0]?)</\1>")
_SMALL_NUMBER = re.compile(r"\d{1,2}")
# A shorthand that is a colour and nothing else: without it, the white text of a table's head stands on white.
_COLOUR_ONLY = re.compile(
    r"(?<![-\w])background\s{0,9}:(?=\s{0,9}(?:#\w{3,8}|[a-z]{3,20}|rgba?\([\d\s,.%]{5,40}\))\s{0,9}(?:;|!|$))",
    re.IGNORECASE,
)
# Any function but colours and sums: url(), image-set(), expression(), var(). An escape or entity could spell one.
# A square bracket never stands in what we keep, and what is wrong within is written another way each time it is read.
# What is not closed, or holds more than numbers and names, takes the declarations after it along.
_RISKY_STYLE = re.compile(
    r"[\\&\[\x00-\x08\x0b\x0e-\x1f]|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)(?<!calc)\(|\((?![\s\w.%+*/,-]*\))", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class CleanHtml:
    """A mail's HTML, safe to show in a sandboxed frame that loads nothing from elsewhere.

    `html` is None when `refused` (a stable code of `html_limits`) says why; show the text form then. `remote_images`
    counts the images from elsewhere that were taken out, `remote_hosts` names their hosts (each once, the first fifty),
    and `cid_refs` the Content-IDs asked for.
    """

    html: str | None
    refused: str | None
    remote_hosts: tuple[str, ...] = ()
    cid_refs: tuple[str, ...] = ()
    remote_images: int = 0


def no_image(_content_id: str) -> str | None:
    """The answer for a mail without inline images."""
    return None


def clean_mail_html(html: str, cid_url: Callable[[str], str | None] = no_image) -> CleanHtml:
    """Clean `html`, or refuse it, in time that grows with its length. For workers only: 10 to 20 ms for 30 KB.

    `cid_url` gives our own path for a Content-ID (RFC 2392), or None when the mail has no such part.
    """
    if len(html) > MAX_CHARACTERS:
        return CleanHtml(None, "html_too_large")
    bare = without_noise(html, MAIL_TAGS)
    if refused := refusal(bare):
        return CleanHtml(None, refused)
    images = _Images(cid_url)
    first = nh3.clean(
        bare,
        tags=set(MAIL_TAGS),
        attributes={tag: set(names) for tag, names in MAIL_ATTRIBUTES.items()},
        attribute_filter=images.attribute,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel=LINK_REL,
        url_schemes=set(URL_SCHEMES),
        filter_style_properties=set(STYLE_PROPERTIES),
    )
    styles = Styles()
    light = _without_idle_elements(first, styles)
    if refused := refusal(light):
        return CleanHtml(None, refused)
    safe = _second_barrier(light, images, styles)
    return CleanHtml(safe, None, tuple(images.hosts), tuple(images.content_ids), images.remote)


def clean_answer_html(html: str) -> str:
    """Clean HTML that our own renderer made of an answer or a text: no images, no styles. Linear, fit for a request."""
    return nh3.clean(
        plain_characters(html),
        tags=set(ANSWER_TAGS),
        attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
        attribute_filter=lambda _tag, name, value: _link(value) if name == "href" else value,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        link_rel=LINK_REL,
        url_schemes={"http", "https", "mailto"},
        url_relative="deny",
    )


def _link(url: str) -> str | None:
    return url if _LINK.match(url.strip()) else None


@dataclass(slots=True)
class _Images:
    """What nh3 asks about each attribute it would keep, and what was found on the way."""

    cid_url: Callable[[str], str | None]
    hosts: dict[str, None] = field(default_factory=dict)
    content_ids: dict[str, None] = field(default_factory=dict)
    urls: set[str] = field(default_factory=set)
    remote: int = 0

    def attribute(self, _tag: str, name: str, value: str) -> str | None:
        if len(value) > MAX_VALUE:
            return None
        if name == "src":
            return self._source(value.strip())
        if name == "href":
            return _link(value)
        if name == "style":
            return _COLOUR_ONLY.sub("background-color:", value)
        if name in {"colspan", "rowspan", "span"}:
            # A thousand columns in each of many cells would hold up the browser.
            return value if _SMALL_NUMBER.fullmatch(value) else None
        return value

    def _source(self, url: str) -> str | None:
        if url[:4].lower() != "cid:":
            self._count_remote(url)
            return None
        content_id = unquote(url[4:])
        self.content_ids[content_id] = None
        own = self.cid_url(content_id)
        if own is not None:
            self.urls.add(own)
        return own

    def _count_remote(self, url: str) -> None:
        try:
            host = urlsplit(url).hostname
        except ValueError:
            host = None
        if host:
            self.remote += 1
            if len(self.hosts) < MAX_HOSTS:
                self.hosts[host[:MAX_HOST_CHARACTERS]] = None


class Styles:
    """bleach's CSS sanitiser as bleach calls it, with functions refused; each distinct style is read once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self._reader = CSSSanitizer(allowed_css_properties=STYLE_PROPERTIES, allowed_svg_properties=frozenset())

    def sanitize_css(self, style: str) -> str:
        """Return the allowed declarations of a style attribute's source; nothing of one that is risky or too deep."""
        if style not in self._known:
            # bleach hands over the source of the attribute, and reads the ";" of "&quot;" as the end of a declaration.
            self._known[style] = self._read(entities.unescape(style))
        return self._known[style]

    def _read(self, style: str) -> str:
        if _RISKY_STYLE.search(style):
            return ""
        try:
            return str(self._reader.sanitize_css(style))
        except RecursionError:
            # Brackets within brackets: tinycss2 1.5 reads them recursively, and a few hundred characters are enough.
            return ""


def _without_idle_elements(html: str, styles: Styles) -> str:
    """Drop spans that change nothing from nh3's output (balanced, no `<` but of tags): bleach's time goes by tags."""
    kept: list[bool] = []

    def span(tag: re.Match[str]) -> str:
        if tag[0] != "</span>":
            only = _ONLY_STYLE.fullmatch(tag[0])
            kept.append(only is None or bool(only[1] and styles.sanitize_css(only[1])))
        stays = kept.pop() if tag[0] == "</span>" else kept[-1]
        return tag[0] if stays else ""

    light = _SPAN.sub(span, html.replace("&nbsp;", "\xa0"))
    # What held nothing but such an element is one itself then.
    while (lighter := _BLANK.sub(r"\2", light)) != light:
        light = lighter
    return light


def _second_barrier(html: str, images: _Images, styles: Styles) -> str:
    def allowed(tag: str, name: str, value: str) -> bool:
        if name == "src":
            return entities.unescape(value) in images.urls
        if tag == "a" and name in {"rel", "target"}:
            return value in {LINK_REL, "_blank"}
        return name in MAIL_ATTRIBUTES["*"] or name in MAIL_ATTRIBUTES.get(tag, ())

    cleaner = Cleaner(tags=MAIL_TAGS, attributes=allowed, protocols=URL_SCHEMES, strip=True, css_sanitizer=styles)
    # One order, so that cleaning what is clean changes nothing.
    cleaner.serializer.alphabetical_attributes = True
    return str(cleaner.clean(html))
