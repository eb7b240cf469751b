"""The colours: contrast of every pair in both schemes, and a style sheet that is what the source says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from web import tokens

CSS = Path(__file__).parents[2] / "web" / "static" / "css"


@pytest.mark.parametrize("scheme", ["LIGHT", "DARK"])
def test_every_pair_has_contrast_enough(scheme: str) -> None:
    colours: dict[str, str] = getattr(tokens, scheme)
    weak = {
        (front, back): round(found, 2)
        for front, back, least in tokens.PAIRS
        if (found := tokens.contrast(colours[front], colours[back])) < least
    }
    assert len(tokens.PAIRS) > 40
    assert weak == {}


def test_initials_have_contrast_enough_on_their_ground() -> None:
    assert len(tokens.AVATARS) == 8
    assert [pair for pair in tokens.AVATARS if tokens.contrast(*pair) < 6.5] == []


def test_contrast_is_reckoned_as_wcag_says() -> None:
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert tokens.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_light_and_dark_name_the_same_colours() -> None:
    assert list(tokens.LIGHT) == list(tokens.DARK)


def test_the_style_sheet_is_made_of_the_tokens() -> None:
    assert (CSS / "tokens.css").read_text(encoding="utf-8") == tokens.stylesheet(), "run python -m web tokens"


def test_components_use_known_tokens_and_no_colour_of_their_own() -> None:
    text = "".join((CSS / name).read_text(encoding="utf-8") for name in ("app.css", "frame.css", "inbox.css"))
    used = set(re.findall(r"var\(--hd-([a-z-]+)\)", text))
    assert used <= set(tokens.LIGHT)
    assert set(re.findall(r"#[0-9A-Fa-f]{3,8}\b", text)) <= {"#FFFFFF"}, "a mail's frame is white; all else is a token"
    assert set(tokens.LIGHT) - used <= {"link-visited", "mark", "on-danger"}, "tokens nobody uses"
