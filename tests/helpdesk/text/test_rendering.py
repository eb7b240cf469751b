"""Answers in Markdown-lite, plain texts and previews: what is shown, what is sent, and that both stay quick."""

import pytest

from helpdesk.errors import Invalid
from helpdesk.text.rendering import MAX_ANSWER_BYTES, preview, render_answer, text_to_html, tidy, without_marks
from tests.pace import within

REL = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("a **b** *c* `d`", "<p>a <strong>b</strong> <em>c</em> <code>d</code></p>"),
        ("een\ntwee", "<p>een<br>\ntwee</p>"),
        ("- een\n- twee", "<ul>\n<li>een</li>\n<li>twee</li>\n</ul>"),
        ("3. een\n4. twee", '<ol start="3">\n<li>een</li>\n<li>twee</li>\n</ol>'),
        ("> oud", "<blockquote>\n<p>oud</p>\n</blockquote>"),
        ("[gids](https://a.example/x 'titel')", f'<p><a href="https://a.example/x" {REL}>gids</a></p>'),
        ("[post](mailto:a@b.example)", f'<p><a href="mailto:a@b.example" {REL}>post</a></p>'),
        ("snake_case_name 2*3*4", "<p>snake_case_name 2<em>3</em>4</p>"),
        ("# geen kop\n---\n    geen code", "<p># geen kop<br>\n---<br>\ngeen code</p>"),
        ("R&D &amp; <b>x</b>", "<p>R&amp;D &amp;amp; &lt;b&gt;x&lt;/b&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](/beheer) [y](//e.example)", f"<p><a {REL}>x</a> <a {REL}>y</a></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
    ],
)
def test_markdown_lite(markdown: str, html: str) -> None:
    assert render_answer(markdown).html == html


@pytest.mark.parametrize(
    ("text", "url", "after"),
    [
        ("Zie https://a.example/x_y_z?a=1&b=2.", "https://a.example/x_y_z?a=1&amp;b=2", "."),
        ("(http://a.example)", "http://a.example", ")"),
        ("https://a.example/wiki/X_(y), en", "https://a.example/wiki/X_(y)", ", en"),
        ("HTTPS://A.example/é!", "HTTPS://A.example/é", "!"),
    ],
)
def test_bare_addresses_become_links(text: str, url: str, after: str) -> None:
    link = f'<a href="{url}" {REL}>{url}</a>{after}'
    assert link in render_answer(text).html
    assert link in text_to_html(text)


@pytest.mark.parametrize("text", ["https://", "http://.", "xhttps//a", "javascript:x", "//a.example"])
def test_what_is_no_address_stays_text(text: str) -> None:
    assert "<a" not in render_answer(text).html
    assert "<a" not in text_to_html(text)


def test_an_address_inside_a_link_is_not_linked_again() -> None:
    assert render_answer("[https://a.example](https://b.example)").html.count("<a ") == 1


def test_the_text_form_is_the_markdown_tidied() -> None:
    assert render_answer("\r\n\r\na  \r\n\r\n\r\n\r\n- **b**\x00\r\n").text == "a\n\n- **b**"
    assert tidy("a\rb\n") == "a\nb"


def test_nothing_is_lost_in_deep_nesting() -> None:
    assert "diep" in render_answer("> " * 40 + "diep").html
    deep = "\n".join("  " * depth + f"- laag{depth}" for depth in range(30))
    assert "laag29" in render_answer(deep).html


def test_an_answer_has_a_limit() -> None:
    assert render_answer("x" * MAX_ANSWER_BYTES).text
    with pytest.raises(Invalid) as refused:
        render_answer("é" * (MAX_ANSWER_BYTES // 2 + 1))
    assert refused.value.code == "answer_too_long"


@pytest.mark.parametrize(
    "unit",
    ["[", "![", "[a](", "*a ", "a*", "_*_*`[<", "`", "<", "> ", "- a\n", "a\n\n", "&", "https://", "\\", "[a](b '\n"],
)
def test_the_longest_answer_of_anything_is_quick(unit: str) -> None:
    assert within(2.5, lambda: render_answer(unit * (MAX_ANSWER_BYTES // len(unit))))


def test_plain_text_becomes_paragraphs() -> None:
    assert text_to_html("a <b>\r\nb\n\n\n> c & d\n") == "<p>a &lt;b&gt;<br>b</p>\n<p>&gt; c &amp; d</p>"
    assert text_to_html("") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Beste collega,\n\nIk kan niet  inloggen.\nHelp!", "Ik kan niet inloggen. Help!"),
        ("Dear Ms De Vries, where is my certificate?", "where is my certificate?"),
        ("Goedemorgen!\nWaar staat het?", "Waar staat het?"),
        ("Hoi Sander\nWaar staat het?", "Waar staat het?"),
        ("Hallo ik heb een vraag", "Hallo ik heb een vraag"),
        ("> oud\nOp ma 3 mei 2026 om 10:00 schreef Jan <j@a.example>:\n> ouder\nNieuw.", "Nieuw."),
        ("On Mon, 3 May 2026, Jan wrote:\n> x\nNew.", "New."),
        ("Beste collega,", "Beste collega,"),
        ("> alleen oud", "> alleen oud"),
        ("", ""),
    ],
)
def test_a_preview_shows_the_first_real_sentence(text: str, shown: str) -> None:
    assert preview(text, 100) == shown


def test_a_preview_shows_no_signs_of_markup_and_keeps_what_is_none() -> None:
    typed = "14 januari heeft **nog plek** en *misschien* `V-1`; zie deelnemers_lijst, 2*3 en _nu_"
    assert without_marks(typed) == "14 januari heeft nog plek en misschien V-1; zie deelnemers_lijst, 2*3 en nu"


def test_a_preview_is_cut_at_a_word() -> None:
    assert preview("een twee drie", 13) == "een twee drie"
    assert preview("een twee drie", 12) == "een twee…"
    assert preview("een twee drie", 9) == "een twee…"
    assert preview("a" * 50, 10) == "a" * 9 + "…"
    assert len(preview("een, twee, drie " * 5_000, 140)) <= 140
