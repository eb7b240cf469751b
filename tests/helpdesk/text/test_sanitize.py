"""Mail HTML: nothing that acts or calls home stays, what people wrote does, and no mail takes long."""

import random
import re
import sys
from html.parser import HTMLParser

import pytest

from helpdesk.text.sanitize import (
    ANSWER_TAGS,
    LINK_REL,
    MAIL_ATTRIBUTES,
    MAIL_TAGS,
    STYLE_PROPERTIES,
    CleanHtml,
    Styles,
    clean_answer_html,
    clean_mail_html,
)
from tests.pace import within

_QUOTED = re.compile(r'"[^"\\\n]*"|\'[^\'\\\n]*\'')
"""A string in a style (CSS Syntax 4.3.5): what stands in it declares nothing."""


_LOADS = re.compile(
    r"(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)(?<!calc)\(|@import|\\|javascript|data:|[\x00-\x08\x0b\x0e-\x1f]", re.IGNORECASE
)
"""Any function but those of colours and sums: a bare word, `url` say, loads nothing."""


class Reader(HTMLParser):
    """What is in cleaned HTML, read with another parser than the two that cleaned it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.shown = ""
        self.odd: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_comment(self, data: str) -> None:
        self.odd.append(data)

    def handle_decl(self, decl: str) -> None:
        self.odd.append(decl)


def own_path(content_id: str) -> str | None:
    return None if content_id == "unknown" else f"/bestand/{abs(hash(content_id))}?a=1&b=2"


def dangers(html: str) -> list[str]:
    """Everything in `html` that our lists do not name."""
    read = Reader(html)
    found = read.odd + [tag for tag in read.tags if tag not in MAIL_TAGS]
    for tag, name, value in read.attributes:
        allowed = MAIL_ATTRIBUTES["*"] | MAIL_ATTRIBUTES.get(tag, frozenset())
        if tag == "a":
            allowed |= {"rel", "target"}
        fine = name in allowed
        if name == "href":
            fine = re.match(r"\s*(?:https?://|mailto:)", value, re.IGNORECASE) is not None
        elif name == "src":
            fine = value.startswith("/bestand/")
        elif name == "style":
            bare = _QUOTED.sub("", value)
            fine = all(part.split(":")[0].strip() in STYLE_PROPERTIES for part in bare.split(";") if ":" in part)
            fine = fine and _LOADS.search(value) is None
        if not fine:
            found.append(f"{tag} {name}={value}")
    return found


HOSTILE = [
    "<script>alert(1)</script>",
    "<scr<script>ipt>alert(1)</script>",
    "<SCRIPT/SRC=//e.example/x.js>",
    "<img src=x onerror=alert(1)>",
    "<img/src='cid:a'/onload='alert(1)'>",
    "<p onmouseover=alert(1) style='color:red'>x</p>",
    "<svg onload=alert(1)><animate href=#a values=javascript:alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<svg></p><style><a title='</style><img src onerror=alert(1)>'>",
    "<select><iframe></select><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='jav&#x09;ascript:alert(1)'>x</a>",
    "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='vbscript:x'>x</a><a href='//e.example'>y</a><a href='/intern'>z</a><a href='\\\\e.example'>q</a>",
    "<a href='https:e.example'>x</a><a href='https:/\\e.example'>y</a><a href='file:///etc/passwd'>z</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><object data=x></object><embed src=x>",
    "<form action=//e.example><input name=p><button formaction=javascript:alert(1)>x</button></form>",
    "<meta http-equiv=refresh content='0;url=//e.example'><base href=//e.example><link rel=stylesheet href=x>",
    "<div style='background:url(//e.example/x)'>x</div><td background=//e.example/x>y</td>",
    "<div style='color:u\\72l(//e.example)'>x</div><div style='width:expression(alert(1))'>y</div>",
    "<div style='border:1px solid var(--x, url(//e.example))'>x</div><p style='color:rgb(url(//e.example))'>y</p>",
    "<div style='list-style-image:url(x);position:fixed;font:x;behavior:url(x);-moz-binding:url(x)'>x</div>",
    "<div style=\"font-family:'&amp;quot;;background:url(//e.example)'\">x</div>",
    "<style>@import '//e.example/x.css';*{background:url(//e.example)}</style>",
    "<img src=http://e.example/p.gif><img src=//e.example/p.gif><img srcset='//e.example/p 2x'><video poster=x>",
    "<img src='cid:x' src=javascript:alert(1)><img src=data:image/svg+xml,%3Csvg/onload=alert(1)%3E>",
    "<!--[if IE]><script>alert(1)</script><![endif]--><![CDATA[<script>alert(1)</script>]]><?php x ?>",
    "<p id=location name=cookie class=x contenteditable tabindex=1 accesskey=x slot=y is=z>clobber</p>",
    "<xmp><p title='</xmp><img src=x onerror=alert(1)>'></xmp><plaintext><b>x",
    "\ud800<b\x00onclick=alert(1)>x</b>\ufeff",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_acts_stays(html: str) -> None:
    cleaned = clean_mail_html(html, own_path)
    assert cleaned.html is not None
    assert dangers(cleaned.html) == []
    assert not set(Reader(clean_answer_html(html)).tags) - ANSWER_TAGS


def test_nothing_that_acts_stays_in_mixtures() -> None:
    chance = random.Random(551)
    pieces = [*HOSTILE, "<table><tr><td>", "</td></table>", "<p><b>", "</b></p>", "<!--", "-->", "'", '"', "<", "&lt;"]
    for _ in range(150):
        html = "".join(chance.choices(pieces, k=6))
        at = chance.randrange(len(html))
        mixed = html[:at] + chance.choice(pieces) + html[at:]
        cleaned = clean_mail_html(mixed, own_path)
        assert cleaned.html is not None
        assert dangers(cleaned.html) == [], mixed


def test_what_people_wrote_stays() -> None:
    cleaned = clean_mail_html(
        "<head><title>t</title><style>p {}</style></head><p class=MsoNormal align=center>Beste <b>Femke</b>,"
        "<o:p></o:p></p><ul><li>een<li>twee</ul><table border=1 style='border-collapse:collapse'><tr><td colspan=2 "
        "width=64 style='padding:0cm 5.4pt; background:red'>cel &amp; cel</td></tr></table>"
        '<span style="font-family:&quot;Segoe UI&quot;,sans-serif;color:rgb(1,2,3)">gekleurd</span>'
        '<blockquote type="cite">oud</blockquote>'
    )
    read = Reader(cleaned.html or "")
    assert "".join(read.shown.split()) == "BesteFemke,eentweecel&celgekleurdoud"
    assert read.tags == ["p", "b", "ul", "li", "li", "table", "tbody", "tr", "td", "span", "blockquote"]
    assert ("td", "colspan", "2") in read.attributes
    assert ("td", "style", "padding:0cm 5.4pt;background-color:red;") in read.attributes
    assert ("table", "style", "border-collapse:collapse;") in read.attributes
    styles = [value.replace(" ", "") for tag, name, value in read.attributes if tag == "span" and name == "style"]
    assert styles == ['font-family:"SegoeUI",sans-serif;color:rgb(1,2,3);']


@pytest.mark.parametrize(
    ("style", "kept"),
    [
        ("background:#4472C4;color:white", "background-color:#4472C4;color:white;"),
        ("color:#fff; BACKGROUND : rgb(1, 2, 3) !important", "color:#fff;background-color:rgb(1, 2, 3) !important;"),
        ("background:url(//e.example/x)", ""),
        ("background:#fff url(//e.example/x)", ""),
        ("background:red;background:url(//e.example/x)", "background-color:red;"),
    ],
)
def test_a_ground_that_is_a_colour_stays_so_that_white_words_are_read(style: str, kept: str) -> None:
    assert ("p", "style", kept) in Reader(clean_mail_html(f'<p style="{style}">kop</p>').html or "").attributes


def test_links_open_elsewhere_and_say_nothing_of_us() -> None:
    cleaned = clean_mail_html(
        '<a href="https://a.example/?a=1&amp;b=2" target=_self>x</a><a href="mailto:a@b.example">y</a>'
    )
    attributes = Reader(cleaned.html or "").attributes
    assert ("a", "href", "https://a.example/?a=1&b=2") in attributes
    assert ("a", "href", "mailto:a@b.example") in attributes
    assert attributes.count(("a", "rel", LINK_REL)) == attributes.count(("a", "target", "_blank")) == 2


def test_images_come_from_the_mail_or_not_at_all() -> None:
    cleaned = clean_mail_html(
        '<img src="cid:logo%40mail.example" alt="Logo"><img src="CID:unknown" alt="Weg"><img src="/werk/uitloggen">'
        '<img src="http://Track.example:80/p.gif?u=1" width="1"><img src="//cdn.example/x.png" alt="Kop">'
        '<img src="https://track.example/q.gif"><img src="data:image/png;base64,AAAA">',
        {"logo@mail.example": "/bestand/7?inline=1&v=2"}.get,
    )
    sources = [value for _, name, value in Reader(cleaned.html or "").attributes if name == "src"]
    assert sources == ["/bestand/7?inline=1&v=2"]
    assert cleaned.cid_refs == ("logo@mail.example", "unknown")
    assert cleaned.remote_hosts == ("track.example", "cdn.example")
    assert cleaned.remote_images == 3
    assert 'alt="Kop"' in (cleaned.html or "")


def test_an_error_while_an_image_is_looked_up_keeps_the_image_out(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", seen.append)

    def fails(content_id: str) -> str | None:
        raise LookupError(content_id)

    assert clean_mail_html('<img src="cid:a"><b>x</b>', fails).html == "<img><b>x</b>"
    assert len(seen) == 1


def test_spans_that_change_nothing_go_and_others_stay() -> None:
    red = '<span style="color:red">'
    html = f'<p><span lang="EN-US">a <span style="mso-x:1">b</span> {red}c</span></span>{red}&nbsp;</span></p>'
    assert clean_mail_html(html).html == '<p>a b <span style="color:red;">c</span>\xa0</p>'


def test_a_style_too_deep_for_its_reader_is_left_out() -> None:
    assert Styles().sanitize_css("color:" + "[" * 3_000) == ""
    assert Styles().sanitize_css("color:red;width:url(x)") == ""
    assert Styles().sanitize_css("color:red;position:fixed") == "color:red;"
    assert Styles().sanitize_css("color:red;padding:\x01em") == ""


BOMBS = {
    "divs, 1,000 deep": "<div>" * 1_000,
    "divs, 10,000 deep": "<div>" * 10_000,
    "divs, 100,000 deep": "<div>" * 100_000,
    "bold in bold": "<b>" * 10_000,
    "lists in lists": "<ul><li>" * 5_000,
    "attributes": "<p " + " ".join(f"a{i}=1" for i in range(10_000)) + ">x</p>",
    "a comment": "<!--" + "-" * 500_000,
    "entities, refused": "&lt;" * 100_000,
    "entities, just allowed": "&lt;" * 39_990,
    "brackets, refused": "<" * 100_000,
    "brackets, just allowed": "<" * 39_990,
    "half entities": "&amp" * 39_990,
    "paragraphs, refused": "<p>" * 100_000,
    "paragraphs, just allowed": "<p>" * 19_900,
    "one attribute": '<p title="' + "x" * 500_000 + '">y</p>',
    "text": "x " * 250_000,
    "declarations": '<p style="' + "color:red;" * 3_000 + '">x</p>',
    "brackets in a style": '<p style="color:' + "(" * 500 + '">x</p>',
    "cells": "<table><tr>" + '<td style="color:red" align="left">x' * 9_900,
    "fonts opened again": "<p>" + "<font color=red>" * 50 + "<p>x" * 5_000,
    "items deep in lists": "<ul>" * 140 + "<li>x" * 19_000,
    "distinct styles": "".join(f'<p style="color:#{i:06x};margin:0 {i}px">x</p>' for i in range(6_000)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_no_mail_takes_long(name: str) -> None:
    found: list[CleanHtml] = []
    assert within(1.2, lambda: found.append(clean_mail_html(BOMBS[name])))
    cleaned = found[0]
    assert (cleaned.html is None) == (cleaned.refused is not None)


def test_a_refused_mail_says_why() -> None:
    assert clean_mail_html("x" * 600_000).refused == "html_too_large"
    assert clean_mail_html(BOMBS["divs, 1,000 deep"]).refused == "html_too_deep"


def test_an_answer_keeps_neither_image_nor_style() -> None:
    html = '<p style="color:red" title="t">a <img src="x.png"><strong>b</strong><ol start="3"><li>c</li></ol>'
    assert clean_answer_html(html) == '<p>a <strong>b</strong></p><ol start="3"><li>c</li></ol>'
