"""Headers of every answer, and addresses of our static files that may be kept for ever; no page is made here."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, request, url_for
from markupsafe import Markup

from web import areas
from web.joined import OURS, PORTAL_SHEETS, SHEETS, Sheet, joined_modules, joined_sheets
from web.unit import ports

_FOR_EVER = "public, max-age=31536000, immutable"
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


def install(app: Flask) -> None:
    """Set the headers on every answer; give templates `asset(name)`, `modules()` and `sheets()`."""
    folder = Path(str(app.static_folder))
    versions = _versions(folder)
    modules = joined_modules(folder)
    sheets = [Sheet(joined_sheets(folder / "css", names)) for names in (SHEETS, PORTAL_SHEETS)]
    policies, styles = [page_policy(sheet) for sheet in sheets], [Markup(sheet.text) for sheet in sheets]  # noqa: S704 - our own files

    @cache
    def address(name: str, _root: str) -> str:
        return url_for("static", filename=name, v=versions[name])

    def asset(name: str) -> str:
        return address(name, request.root_path)

    def dress(answer: Response) -> Response:
        for name, value in _FIXED.items():
            answer.headers.setdefault(name, value)
        policy = policies[areas.is_portal()]
        origin = "/".join(live_address().split("/")[:3])
        answer.headers.setdefault("Content-Security-Policy", f"{policy} {origin}" if origin[:4] == "http" else policy)
        answer.headers["Cache-Control"] = _caching(answer)
        answer.headers.add("Vary", "Cookie")
        return answer

    def _caching(answer: Response) -> str:
        said = request.view_args or {}
        if request.endpoint not in OURS or answer.status_code >= 400:
            return "no-store"
        known = modules.version if request.endpoint == "modules" else versions.get(said.get("filename", ""))
        return _FOR_EVER if (said.get("version") or request.args.get("v")) == known else "no-cache"

    def file(version: str) -> Response:  # noqa: ARG001 - only the address changes with it
        return Response(modules.text, mimetype="text/javascript")

    app.add_url_rule("/static/js-<version>/all.js", "modules", file)
    app.jinja_env.globals.update(asset=asset, sheets=lambda: styles[areas.is_portal()])
    app.jinja_env.globals["modules"] = lambda: url_for("modules", version=modules.version)
    app.after_request(dress)
