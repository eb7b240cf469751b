"""A register as text, HTML and JSON for the art. 30 register of the organisation: the same rows in all three."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from html import escape
from typing import Any

from helpdesk.retention.register.model import Register
from helpdesk.retention.register.outline import Line, outline
from helpdesk.retention.terms import Period

_STYLE = "body{font:1rem/1.5 sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
_HEADINGS = {"bz": ("", ""), "lop": ("# ", "## ")}


def as_text(register: Register) -> str:
    """The entry in its public layout, line by line, then the marked additions."""
    title, head = _HEADINGS[register.layout]
    gap = " " if register.layout == "bz" else "\t"
    said = [_text_line(line, title, head, gap) for line in outline(register)]
    return "\n".join(said) + "\n"


def _text_line(line: Line, title: str, head: str, gap: str) -> str:
    shapes: dict[str, Callable[[], str]] = {
        "title": lambda: f"{title}{line.label}\n",
        "head": lambda: f"\n{head}{line.label}\n",
        "label": lambda: line.label,
        "field": lambda: f"{line.label}{gap}{line.value}",
        "item": lambda: f" • {line.value}",
        "text": lambda: f"[{line.value}](#)" if line.label == "link" else line.value,
        "line": lambda: "\n---",
        "begin": lambda: f"\n=== {line.label} ===\n",
        "end": lambda: f"\n=== Einde: {line.label} ===",
    }
    return shapes[line.kind]()


def as_html(register: Register) -> str:
    """The entry as a page that opens as it is; each piece names its row and field in `data-row`, `data-field`."""
    parts = "\n".join(_html_line(line) for line in outline(register))
    title = f"<title>{escape(register.id)} {escape(register.name_nl)}</title>"
    view = f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
    body = f'<main class="register" data-processing="{escape(register.id)}">\n{parts}\n</main>'
    head = f'<head><meta charset="utf-8">{view}{title}</head>'
    return f'<!DOCTYPE html>\n<html lang="nl">{head}<body>\n{body}\n</body></html>\n'


def _html_line(line: Line) -> str:
    pieces = " ".join(
        f'<span data-row="{escape(piece.row)}" data-field="{escape(piece.field)}">{escape(piece.text)}</span>'
        for piece in line.pieces
    )
    label = escape(line.label.removeprefix("<b>").removesuffix("</b>"))
    shapes = {
        "title": f"<h1>{label}</h1>",
        "head": f"<h2>{label}</h2>",
        "label": f"<h3>{label}</h3>",
        "field": f'<p class="field"><strong>{label}</strong> {pieces}</p>',
        "line": "<hr>",
        "begin": f'<section class="addition"><h2>{label}</h2>',
        "end": "</section>",
    }
    return shapes.get(line.kind, f"<p>{pieces}</p>")


def as_json(register: Register) -> str:
    """The whole register, text and machine form, as one JSON object; periods as ISO 8601, pairs as `category:kind`."""
    return json.dumps(_plain(register), ensure_ascii=False, indent=2) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Period):
        return str(value)
    if isinstance(value, frozenset):
        return sorted(":".join(pair) for pair in value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if dataclasses.is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return value
