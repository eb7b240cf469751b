"""Headers of every answer, and addresses of our static files that may be kept for ever; no page is made here."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, g, request, url_for
from markupsafe import Markup

from web.embedding import ancestors, embedded, sites
from web.joined import OURS, STYLES, Sheet, joined_modules, joined_sheets
from web.unit import ports

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_ALL = "public, max-age=60"
"""Of a page that is the same for everybody: a view that makes one says so in `g.for_all`."""
_FOR_READER = "private, no-cache"
"""Of a page that its reader alone may come back to, without sending its form again: `g.for_reader`."""
_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex, nofollow",
}


def _versions(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files}


def live_address() -> str:
    """Where this browser reaches the event stream; empty where there is none, and the pages ask by themselves."""
    settings = ports().settings
    if settings.live_url:
        return settings.live_url.rstrip("/")
    if not settings.live_port or request.scheme == "https":
        return ""
    return f"{request.scheme}://{urlsplit(request.host_url).hostname}:{settings.live_port}"


def page_policy(sheet: Sheet) -> str:
    """The policy of a page: scripts and pictures of ours, and of styles in the page this sheet alone."""
    rules = (
        "default-src 'none'",
        "script-src 'self'",
        f"style-src 'self' {sheet.source}",
        "img-src 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "connect-src 'self'",
    )
    return "; ".join(rules)


def _file_kept(answer: Response, versions: dict[str, str]) -> str:
    """How long a file of ours may be kept: for ever, by the address that names its version."""
    said = request.view_args or {}
    version = said.get("version") or request.args.get("v")
    fresh = answer.status_code < 400 and version == versions.get(said.get("filename", ""))
    return _FOR_EVER if fresh else "no-store" if answer.status_code >= 400 else "no-cache"


def _kept(answer: Response) -> str:
    """How long a page may be kept, and by whom: nothing of anybody's, unless its view says that it is for all."""
    if answer.status_code >= 400:
        return "no-store"
    return _FOR_ALL if g.get("for_all") else _FOR_READER if g.get("for_reader") else "no-store"


def install(app: Flask) -> None:
    """Set the headers on every answer; give templates `asset(name)`, `modules(name)` and `sheets(style)`."""
    folder = Path(str(app.static_folder))
    modules = joined_modules(folder)
    versions = _versions(folder) | {name: joined.version for name, joined in modules.items()}
    styles = {name: Sheet(joined_sheets(folder / "css", name)) for name in STYLES}
    policies = {name: page_policy(sheet) for name, sheet in styles.items()}

    @cache
    def address(name: str, _root: str) -> str:
        return url_for("static", filename=name, v=versions[name])

    def asset(name: str) -> str:
        return address(name, request.root_path)

    def sheets(style: str = "work") -> Markup:
        g.style = style
        return Markup(styles[style].text)  # noqa: S704 - our own files

    def dress(answer: Response) -> Response:
        for name, value in _FIXED.items():
            answer.headers.setdefault(name, value)
        policy = policies[g.get("style", "work")].replace("frame-ancestors 'none'", f"frame-ancestors {ancestors()}")
        origin = "/".join(live_address().split("/")[:3])
        answer.headers.setdefault("Content-Security-Policy", f"{policy} {origin}" if origin[:4] == "http" else policy)
        answer.headers["Cache-Control"] = _file_kept(answer, versions) if request.endpoint in OURS else _kept(answer)
        answer.headers.add("Vary", "Cookie")
        return answer

    def file(version: str, filename: str) -> Response:  # noqa: ARG001 - only the address changes with the version
        return Response(modules[filename].text, mimetype="text/javascript")

    for name in modules:
        app.add_url_rule(f"/static/js-<version>/{name}", "modules", file, defaults={"filename": name})
    app.jinja_env.globals.update(asset=asset, sheets=sheets, embedded=embedded, sites=sites)
    app.jinja_env.globals["modules"] = lambda name="all.js": url_for("modules", version=versions[name], filename=name)
    app.after_request(dress)
