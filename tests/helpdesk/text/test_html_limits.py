"""The scan before the cleaning libraries: what it drops, what it refuses, and that it stays linear."""

import pytest

from helpdesk.text.html_limits import MAX_CHARACTERS, MAX_DEPTH, plain_characters, refusal, without_noise
from tests.pace import within

KEPT = frozenset({"b", "br", "div", "font", "li", "p", "span", "table", "td", "tr", "ul"})


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ('<p title="a>b">x</p>', '<p title="a>b">x</p>'),
        ("<P\fx>v</P >", "<P\fx>v</P >"),
        ('<p a"b>c">d', '<p a"b>c">d'),
        ("3 < 4 & <3", "3 &lt; 4 & &lt;3"),
        ("<<x>script>a", "&lt;script>a"),
        ("<o:p>x</o:p>", "x"),
        ("a<!-- <b> -->b<!-->c<!--->d<!-- --!>e", "abcde"),
        ("<![if !mso]>a<![endif]><?xml x?>b</ c>d", "abd"),
        ("<style><!-- b </style>c<script>if (a<b) {}</script>d", "cd"),
        ("<svg><style><!--</style><b>x</b>--></style></svg>", "<b>x</b>-->"),
        ("before<p", "before"),
        ('before<p title="never closed', "before"),
        ("before<!-- never closed <b>", "before"),
        ("a\x00<b\x08>c\x0b</b>", "a<b>c</b>"),
    ],
)
def test_only_whole_tags_of_the_list_stay(html: str, expected: str) -> None:
    assert without_noise(html, KEPT) == expected


def test_text_that_no_library_takes_becomes_a_question_mark() -> None:
    assert plain_characters("a\ud800é\x1f") == "a?é"


def test_a_tag_of_thousands_of_attributes_goes() -> None:
    assert without_noise("<p " + " ".join(f"a{i}=1" for i in range(10_000)) + ">x", KEPT) == "x"


@pytest.mark.parametrize(
    ("html", "code"),
    [
        ("x" * (MAX_CHARACTERS + 1), "html_too_large"),
        ("&" * 40_001, "html_too_many_entities"),
        ("<br>" * 20_001, "html_too_many_tags"),
        ("<div>" * (MAX_DEPTH + 1), "html_too_deep"),
        ("<ul><li>" * (MAX_DEPTH + 1), "html_too_deep"),
        ('<div title="</div>">' * (MAX_DEPTH + 1), "html_too_deep"),
        ("<div></span>" * (MAX_DEPTH + 1), "html_too_deep"),
        ("<p>" + "<font color=red>" * 140 + "<p>x" * 9_000, "html_too_many_tags"),
        # End tags that a parser ignores, because a table or a block stands between, give no credit.
        ("<p>" + "<b>" * 140 + "<table><tr><td>" + "</b>" * 140 + "</table>" + "<p>x" * 9_000, "html_too_many_tags"),
        ("<p>" + "<b>" * 140 + "</i>" * 140 + "<p>x" * 9_000, "html_too_many_tags"),
    ],
)
def test_over_a_limit(html: str, code: str) -> None:
    assert refusal(html) == code


@pytest.mark.parametrize(
    "html",
    [
        "<div>" * MAX_DEPTH,
        "<p>a" * 5_000,
        "<table>" + "<tr><td>x" * 5_000,
        "<div><b>x</b></div>" * 5_000,
        "<br>" * 20_000,
    ],
)
def test_within_the_limits(html: str) -> None:
    assert refusal(html) is None


@pytest.mark.parametrize(
    "unit",
    ["<", "<!--", "</", "<!", "<p ", '<p a="', '<p a=\'">"', "<script>", "<xml></xm", "<p = ", "<a", "&lt;", "<b>"],
)
def test_half_a_megabyte_of_anything_takes_no_time(unit: str) -> None:
    html = unit * (MAX_CHARACTERS // len(unit))
    assert within(0.6, lambda: refusal(without_noise(html, KEPT)))
