"""The colours of the pages, once for light and once for dark, and the stylesheet made of them; no rule of layout."""

from __future__ import annotations

LIGHT = {
    "canvas": "#F4F6F8",
    "surface": "#FFFFFF",
    "sunken": "#E9EDF1",
    "hover": "#EEF3F7",
    "selected": "#DCEBF5",
    "text": "#15202B",
    "text-muted": "#475665",
    "link": "#0A568A",
    "link-visited": "#5B3A8C",
    "accent": "#0D5A88",
    "accent-hover": "#08436A",
    "accent-active": "#06324F",
    "on-accent": "#FFFFFF",
    "border": "#D3DBE2",
    "control": "#667685",
    "focus": "#15202B",
    "focus-halo": "#FFFFFF",
    "note-bg": "#FFF5D1",
    "note-line": "#8A6200",
    "note-text": "#3A2C00",
    "danger": "#A8201A",
    "danger-bg": "#FCEBE9",
    "on-danger": "#FFFFFF",
    "warn": "#744A00",
    "warn-bg": "#FFF1D6",
    "ok": "#17633A",
    "ok-bg": "#E3F3E9",
    "info": "#0A568A",
    "info-bg": "#E2EFF8",
    "mark": "#FFE58A",
    "quote": "#8695A3",
}
DARK = {
    "canvas": "#0E141A",
    "surface": "#161E26",
    "sunken": "#0A0F14",
    "hover": "#1D2731",
    "selected": "#1C3547",
    "text": "#E8EEF4",
    "text-muted": "#AAB8C5",
    "link": "#8FCBF5",
    "link-visited": "#CDB4F2",
    "accent": "#8FCBF5",
    "accent-hover": "#B4DDFA",
    "accent-active": "#D2EBFC",
    "on-accent": "#06202F",
    "border": "#2D3B48",
    "control": "#8292A1",
    "focus": "#FFFFFF",
    "focus-halo": "#0E141A",
    "note-bg": "#332A0F",
    "note-line": "#D0A92E",
    "note-text": "#F6E8BD",
    "danger": "#FFB3AA",
    "danger-bg": "#3D1613",
    "on-danger": "#3D0703",
    "warn": "#FFCF87",
    "warn-bg": "#38270A",
    "ok": "#8FDDAE",
    "ok-bg": "#10301E",
    "info": "#8FCBF5",
    "info-bg": "#122C3F",
    "mark": "#6B5200",
    "quote": "#6F8090",
}
AVATARS = (
    ("#F6D5D2", "#7A1712"),
    ("#FBE2C0", "#6B4300"),
    ("#E4EBC3", "#3F4E00"),
    ("#CDEBD7", "#14532F"),
    ("#C9ECEB", "#00494C"),
    ("#D3E4F5", "#0A4873"),
    ("#E2DBF6", "#44308A"),
    ("#F4D6EA", "#7A1A58"),
)
"""Ground and initials of the round that stands for a person, the same in light and dark."""
PAIRS = (
    *(("text", ground, 4.5) for ground in ("surface", "canvas", "sunken", "selected", "hover")),
    *(("text-muted", ground, 4.5) for ground in ("surface", "canvas", "sunken", "selected", "hover", "note-bg")),
    *(("link", ground, 4.5) for ground in ("surface", "canvas", "selected", "hover", "note-bg", "info-bg", "warn-bg")),
    *(("text", ground, 4.5) for ground in ("note-bg", "danger-bg", "warn-bg", "ok-bg", "info-bg", "mark")),
    *((f"on-{tone}", tone, 4.5) for tone in ("accent", "danger")),
    *((tone, f"{tone}-bg", 4.5) for tone in ("danger", "warn", "ok", "info")),
    *(("control", ground, 3.0) for ground in ("surface", "canvas", "sunken", "selected")),
    *(("focus", ground, 3.0) for ground in ("surface", "canvas", "selected", "note-bg")),
    ("link-visited", "surface", 4.5),
    ("on-accent", "accent-hover", 4.5),
    ("on-accent", "accent-active", 4.5),
    ("accent", "surface", 3.0),
    ("accent", "note-bg", 3.0),
    ("danger", "surface", 4.5),
    ("note-text", "note-bg", 4.5),
    ("note-line", "note-bg", 3.0),
    ("note-line", "surface", 3.0),
    ("quote", "surface", 3.0),
)
"""What stands on what, with the least contrast it must have (WCAG 1.4.3, 1.4.11)."""


def _block(selector: str, colours: dict[str, str], indent: str = "") -> str:
    lines = [f"{indent}  --hd-{name}: {colour};" for name, colour in colours.items()]
    return "\n".join([f"{indent}{selector} {{", *lines, f"{indent}}}"])


def stylesheet() -> str:
    """The text of static/css/tokens.css: light, dark by the system's wish, and either by the person's choice."""
    dark_by_wish = _block(':root:not([data-theme="light"])', DARK, "  ")
    parts = [
        "/* Made by `python -m web tokens` from web/tokens.py. */",
        _block(":root", {**LIGHT}),
        "@media (prefers-color-scheme: dark) {\n" + dark_by_wish + "\n}",
        _block(':root[data-theme="dark"]', DARK),
        *(f".av-{number} {{ background: {ground}; color: {ink}; }}" for number, (ground, ink) in enumerate(AVATARS)),
    ]
    return "\n".join(parts) + "\n"


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours such as #15202B, 1 to 21 (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
