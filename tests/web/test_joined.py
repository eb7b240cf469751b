"""What every page loads comes in two files, one style sheet and one script, under addresses that name their content."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.web.visitor import Visitor
from web.joined import SHEETS, joined_sheets

CSS = Path(__file__).parents[2] / "web" / "static" / "css"
LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
ALONE = {"own.css", "print.css"}
"""Style sheets of a few pages, which name them themselves."""


@pytest.mark.parametrize("path", ["/werk/w/open", "/werk/instellingen", "/werk/nieuw"])
def test_a_page_waits_for_one_style_sheet(marije: Visitor, path: str) -> None:
    addresses = LINK.findall(marije.client.get(path).text)
    assert len(addresses) == 1
    answer = marije.client.get(addresses[0])
    assert (answer.mimetype, answer.text) == ("text/css", joined_sheets(CSS))
    assert "immutable" in answer.headers["Cache-Control"]
    assert marije.client.get("/static/css-0/all.css").headers["Cache-Control"] == "no-cache"


def test_who_signs_in_has_the_style_sheet_already(stranger: Visitor, marije: Visitor) -> None:
    before = LINK.findall(stranger.client.get("/inloggen").text)
    assert before == LINK.findall(marije.client.get("/werk/w/open").text) != []


def test_every_style_sheet_is_in_it_or_named_by_a_page() -> None:
    assert {path.name for path in CSS.glob("*.css")} == {*SHEETS} | ALONE
    places = [joined_sheets(CSS).index((CSS / name).read_text(encoding="utf-8")) for name in SHEETS]
    assert places == sorted(places)


def test_a_rule_that_counts_only_at_the_start_is_refused(tmp_path: Path) -> None:
    for name in SHEETS:
        (tmp_path / name).write_text("a { color: red; }\n")
    assert joined_sheets(tmp_path) == "a { color: red; }\n" * len(SHEETS)
    (tmp_path / SHEETS[-1]).write_text('@import "more.css";\n')
    with pytest.raises(ValueError, match=f"{SHEETS[-1]} has @import"):
        joined_sheets(tmp_path)
