"""Faults planted in pages, one of each kind that is looked for: who finds none of them has looked at nothing."""

from __future__ import annotations

from dataclasses import dataclass

from tests.ui import looking
from tests.ui.stage import SIZES, Stage
from tests.ui.states import STATES

PUT = """(html, css) => { const one = document.createElement("div"); one.innerHTML = html;
  one.firstElementChild.style.cssText = css ?? ""; document.querySelector("main").append(one); }"""
IN_FRAME = """() => { document.querySelector("iframe.mail").contentDocument.documentElement.lang = "quatsch!"; }"""


@dataclass(frozen=True, slots=True)
class Plant:
    """Markup and style put into the main part of a page, or a script run on it, and what must be said of it."""

    says: str
    html: str = "<p>twee woorden</p>"
    css: str = ""
    script: str = ""
    state: str = "own_drafts-show-empty"


PLANTS = (
    Plant("axe image-alt:", '<img src="/static/icon.svg">'),
    Plant("axe label:", '<input name="x">'),
    Plant("axe color-contrast:", css="color: rgb(128 128 128 / 50%)"),
    Plant("axe empty-heading:", "<h2></h2>"),
    Plant("axe html-lang-valid:", script=IN_FRAME, state="files-html-filled"),
    Plant("the page is", css="inline-size: 3000px"),
    Plant("smaller than 24", "<button>x</button>", "all: unset; inline-size: 9px"),
    Plant(": cut off", css="block-size: .5rem; overflow: hidden"),
    Plant("at 200 %: cut off", css="block-size: 30px; overflow: clip"),
    Plant("with text spacing: cut off", css="inline-size: 6.2em; white-space: nowrap; overflow: clip"),
    Plant("covered when", css="position: fixed; inset: 0; z-index: 9"),
    Plant("not in view", css="position: fixed; inset: 0; z-index: 9", state="show_ticket-open"),
)


def planted(opened: Stage) -> dict[str, bool]:
    """Plant each fault on a page of its own; whether it was found, by what should have been said."""
    found = {}
    for plant in PLANTS:
        page = opened.show(next(state for state in STATES if state.id == plant.state), SIZES[0])
        looking.prepare(page)
        page.evaluate(plant.script or f"([html, css]) => ({PUT})(html, css)", [plant.html, plant.css])
        faults = [f": {fault}" for fault in looking.look(page).faults]
        found[plant.says] = any(plant.says in fault for fault in faults)
    return found
