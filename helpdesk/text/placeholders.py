"""Places in a text that are filled in for one asker: {number}, and [[number?]] where nobody knew. Pure.

Must not: know a ticket. What stands between backticks or is quoted from a mail is no place.
"""

import re
from collections.abc import Mapping

FIELDS = {
    "naam": "name",
    "name": "name",
    "voornaam": "first_name",
    "first name": "first_name",
    "nummer": "number",
    "number": "number",
    "onderwerp": "subject",
    "subject": "subject",
    "adviseur": "advisor",
    "advisor": "advisor",
    "team": "team",
}
"""What may stand between braces, in Dutch and English, and what it is filled with; any other word is typed by hand."""
_PLACE = re.compile(r"\{(?P<word>[^\W\d_](?:[\w -]{0,38}\w)?)\}")
_LEFT = re.compile(r"\[\[(?P<asked>[^\[\]\n]{1,60})\?\]\]|" + _PLACE.pattern)
_AS_IT_IS = re.compile(r"`[^`\n]*`|^[ \t]*>.*$", re.MULTILINE)


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with every place filled by its field; where there is no value `[[word?]]` asks for one."""
    return _PLACE.sub(lambda place: _value(place["word"], values) or f"[[{place['word']}?]]", text)


def _value(word: str, values: Mapping[str, str]) -> str:
    return " ".join(values.get(FIELDS.get(word.lower(), ""), "").split())


def left_in(text: str) -> tuple[str, ...]:
    """The words of the places that still stand in a text, each once, in order."""
    found = _LEFT.finditer(_AS_IT_IS.sub("", text))
    return tuple(dict.fromkeys((place["asked"] or place["word"]).strip() for place in found))


def typed_by_hand(text: str) -> tuple[str, ...]:
    """The words of the places that no field fills, each once, in order."""
    words = (place["word"] for place in _PLACE.finditer(text))
    return tuple(dict.fromkeys(word for word in words if word.lower() not in FIELDS))
