"""Pages that do on purpose what a page of ours may not; the detector must notice each, or its zero says nothing."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Browser

from tests.attack.xss_detector import Sightings, Tab

_LOOKS = 100
OFF = "http://evil.example"
PLANTS: Sequence[tuple[str, str, str]] = (
    ("dialog", "", "<script>alert(1)</script>"),
    ("console", "", "<script>console.log('here')</script>"),
    ("script", "", "<script>window.hd = 1</script>"),
    ("script", "", "<img src=/none onerror='window.hd = 1'>"),
    ("script", "", "<svg onload='window.hd = 1'></svg>"),
    ("script", "", "<iframe src='javascript:parent.hd = 1'></iframe>"),
    ("script", "", "<iframe srcdoc='<script>parent.hd = 1</script>'></iframe>"),
    ("script", "", "<details open ontoggle='window.hd = 1'><summary>k</summary></details>"),
    ("script", "", "<p style='animation: k 1ms' onanimationend='window.hd = 1'>k</p><style>@keyframes k {}</style>"),
    ("off_origin", "", f"<img src={OFF}/pixel>"),
    ("off_origin", "", f"<p style='background: url({OFF}/pixel)'>k</p>"),
    ("off_origin", "", f"<style>@import '{OFF}/sheet';</style>"),
    ("off_origin", "", f"<link rel=preload as=image href='{OFF}/early'>"),
    ("off_origin", "", f"<script>fetch('{OFF}/fetched')</script>"),
    ("off_origin", "", f"<meta http-equiv=refresh content='0; url={OFF}/'>"),
    ("navigation", "", "<meta http-equiv=refresh content='0; url=/plant/0'>"),
    ("navigation", "", "<iframe src='/plant/2'></iframe>"),
    ("popup", "", "<script>open('about:blank')</script>"),
    ("stopped", "default-src 'none'", "<script>window.hd = 1</script>"),
    ("stopped", "default-src 'none'", f"<img src={OFF}/pixel>"),
    ("stopped", "sandbox", "<script>window.hd = 1</script>"),
    ("markup", "", "<a href='javascript:window.hd = 1'>k</a>"),
    ("markup", "", "<p onclick='window.hd = 1'>k</p>"),
    ("markup", "", "<a href='data:text/html,k'>k</a><base href='//evil.example/'>"),
)
"""Kind that must be noticed, policy the page is sent with, and what stands on it."""


def missed(browser: Browser, address: str) -> list[str]:
    """Open every plant, each in a page of its own; those that were not noticed within ten seconds."""
    context = browser.new_context()
    try:
        tabs = [Tab(context, (address,), Sightings()) for _plant in PLANTS]
        for index, tab in enumerate(tabs):
            tab.start(f"{address}/plant/{index}")
        for _ in range(_LOOKS):
            for tab, (kind, _policy, _html) in zip(tabs, PLANTS, strict=True):
                if kind == "markup" and not tab.seen.counts[kind]:
                    tab.audit()
            left = [index for index, tab in enumerate(tabs) if not tab.seen.counts[PLANTS[index][0]]]
            if not left:
                break
            tabs[0].page.wait_for_timeout(100)
    finally:
        context.close()
    return [f"plant {index} ({PLANTS[index][0]}) was not noticed: {tabs[index].seen.lines}" for index in left]
