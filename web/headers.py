"""Headers of every answer, and addresses of our static files that may be kept for ever; no page is made here."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, request, url_for

PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "connect-src 'self'",
    )
)
_FIXED = {
    "Content-Security-Policy": PAGE_POLICY,
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


def install(app: Flask) -> None:
    """Set the headers on every answer; give templates `asset(name)`."""
    versions = _versions(Path(str(app.static_folder)))

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=versions[name])

    def dress(answer: Response) -> Response:
        for name, value in _FIXED.items():
            answer.headers.setdefault(name, value)
        answer.headers["Cache-Control"] = _caching(answer)
        answer.headers.add("Vary", "Cookie")
        return answer

    def _caching(answer: Response) -> str:
        if request.endpoint != "static" or answer.status_code >= 400:
            return "no-store"
        known = versions.get((request.view_args or {}).get("filename", ""))
        return "public, max-age=31536000, immutable" if request.args.get("v") == known else "no-cache"

    app.jinja_env.globals["asset"] = asset
    app.after_request(dress)
