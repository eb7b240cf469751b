"""What every page needs comes in the page and in one script: nothing else is asked for before it is painted."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest

from tests.web.visitor import Visitor
from web.joined import SHEETS, STYLES, joined_sheets

CSS = Path(__file__).parents[2] / "web" / "static" / "css"
LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
ALONE = {"office.css", "own.css", "print.css", "knowledge.css", "chat.css", "desk.css"}
"""Style sheets of a few pages, which name them themselves."""


@pytest.mark.parametrize("path", ["/werk/w/open", "/werk/nieuw", "/werk/zoeken"])
def test_a_page_waits_for_no_style_sheet(marije: Visitor, path: str) -> None:
    answer = marije.client.get(path)
    assert LINK.findall(answer.text) == []
    assert STYLE.findall(answer.text) == [joined_sheets(CSS)]


def test_pages_for_people_who_ask_have_a_small_sheet_of_their_own() -> None:
    for style, most in (("portal", 6000), ("chat", 5000)):
        assert len(gzip.compress(joined_sheets(CSS, style).encode(), 9)) <= most, "interface 5.2"


def test_the_policy_names_the_very_text_that_stands_in_the_page(stranger: Visitor) -> None:
    for path, style in (("/inloggen", "work"), ("/antwoorden", "answers"), ("/hulp", "portal")):
        answer = stranger.client.get(path)
        [shown] = STYLE.findall(answer.text)
        assert shown == joined_sheets(CSS, style)
        digest = base64.b64encode(hashlib.sha256(shown.encode()).digest()).decode()
        assert f"style-src 'self' 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]


def test_every_style_sheet_is_in_it_or_named_by_a_page() -> None:
    assert {path.name for path in CSS.glob("*.css")} == {name for names in STYLES.values() for name in names} | ALONE
    for style, names in STYLES.items():
        bare = {
            name: re.sub(r"/\*.*?\*/\n?", "", (CSS / name).read_text(encoding="utf-8"), flags=re.S) for name in names
        }
        places = [joined_sheets(CSS, style).index(text) for text in bare.values()]
        assert places == sorted(places)


def test_what_can_t_stand_in_a_page_is_refused(tmp_path: Path) -> None:
    for name in SHEETS:
        (tmp_path / name).write_text("a { color: red; }\n")
    assert joined_sheets(tmp_path) == "a { color: red; }\n" * len(SHEETS)
    for wrong in ('@import "more.css";', "a { background: url(a.png); }", "/* </style> */"):
        (tmp_path / SHEETS[-1]).write_text(wrong + "\n")
        with pytest.raises(ValueError, match=f"{SHEETS[-1]} has "):
            joined_sheets(tmp_path)
