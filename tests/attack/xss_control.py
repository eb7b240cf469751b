"""The control: a mail's formatting in its frame must be what it is with no cleaning at all, box by box.

Without it a product that shows everything as escaped text would pass the attack.
"""

from __future__ import annotations

import json
from typing import Any

from tests.attack.xss_detector import Tab
from tests.attack.xss_mails import CONTROL_HTML
from tests.attack.xss_places import OPEN_ALL
from tests.attack.xss_site import Site
from web.files.views import FRAME

LOOK = """(() => {
  const frame = document.querySelector('iframe'), inside = frame.contentDocument, styles = ['fontWeight', 'fontStyle',
    'textDecorationLine', 'backgroundColor', 'textAlign', 'borderLeftWidth', 'listStyleType', 'display', 'paddingLeft'];
  return {width: frame.clientWidth, text: inside.body.innerText, links: [...inside.links].map(one => one.href),
    safe: [...inside.links].every(one => one.target === '_blank' && one.rel.includes('noopener')),
    images: [...inside.images].map(one => one.complete && one.naturalWidth),
    boxes: [...inside.body.querySelectorAll('p, b, a, table, tr, td, th, ul, li, i, img, blockquote, u')].map(one => {
      const box = one.getBoundingClientRect(), style = inside.defaultView.getComputedStyle(one);
      return [one.localName, ...[box.x, box.y, box.width, box.height].map(Math.round),
        ...styles.map(key => style[key])];
    })};
})()"""
_FEWEST = 18


def differences(tab: Tab, site: Site) -> list[str]:
    """Where the control mail's frame differs from the mail itself; empty when its formatting is kept."""
    tab.goto(f"{site.address}/werk/w/alle/{site.control}")
    tab.ask(OPEN_ALL)
    tab.audit()
    ours = tab.ask(LOOK)
    html = CONTROL_HTML.replace("cid:logo@minbz.example", "/logo.png")
    site.pages["/bare/0"] = ("", FRAME.format(language="nl", title="k", html=html))
    around = f"<!doctype html><body data-bare><iframe src=/bare/0 width={ours['width']} height=600></iframe></body>"
    site.pages["/reference"] = ("", around)
    tab.goto(site.bare + "/reference")
    tab.ask(OPEN_ALL)
    return _compared(ours, tab.ask(LOOK))


def _compared(ours: dict[str, Any], theirs: dict[str, Any]) -> list[str]:
    wrong = [
        f"control {key}: {json.dumps(ours[key])[:200]} where the mail has {json.dumps(theirs[key])[:200]}"
        for key in ("text", "links", "images")
        if ours[key] != theirs[key]
    ]
    wrong += [
        f"control box: {one} where the mail has {other}"
        for one, other in zip(ours["boxes"], theirs["boxes"], strict=False)
        if one != other
    ]
    if len(ours["boxes"]) != len(theirs["boxes"]) or len(ours["boxes"]) < _FEWEST:
        wrong.append(f"control: {len(ours['boxes'])} boxes where the mail has {len(theirs['boxes'])}")
    if not ours["safe"] or ours["images"] != [12] or len(ours["links"]) != 1:
        wrong.append("control: a link that opens in place, or the picture or the link is missing")
    return wrong
