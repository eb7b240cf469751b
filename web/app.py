"""Puts the web together: settings, ports, blueprints, guards, errors, headers. Holds no page itself."""

from __future__ import annotations

import logging
import time

from flask import Flask, Response, g, request

from helpdesk import wiring
from helpdesk.migrating import require_head
from helpdesk.ports import Ports
from helpdesk.settings import Settings
from web import compression, csrf, errors, filters, guards, headers, notices, wording
from web.admin import imports, kept, opening, people, request_tickets
from web.admin import rights as requests
from web.admin import views as admin
from web.chat import asking, desk, guests, widget
from web.files import views as files
from web.health import blueprint as health
from web.inbox import actions, askers, bell, drafts, inserting, own_drafts, papers, rights, selection
from web.inbox import help as helping
from web.inbox import views as inbox
from web.joined import OURS
from web.knowledge import canned, everybody, topics, written
from web.knowledge import versions as article_versions
from web.portal import entrance, own_data, questions, statements
from web.portal import work_account as own_work_account
from web.privacy import certificates, decisions, disposal, holds, reads, register, versions
from web.sign_in import forgotten, preferences, second_factor, work_account
from web.sign_in import views as sign_in
from web.unit import PORTS
from web.uploads import asking as own_uploads
from web.uploads import desk as staff_uploads

log = logging.getLogger("web.request")

LARGEST_REQUEST = 26_000_000
"""Bytes of one form with its files; relays commonly refuse mail above 25 to 30 MB."""
LARGEST_FIELD = 500_000
MOST_FIELDS = 200
OFFICE = (admin, imports, kept, opening, people, requests, request_tickets)
PRIVACY = (disposal, certificates, holds, register, versions, reads, decisions)
SIGN_IN = (sign_in, forgotten, preferences, second_factor, work_account)
PORTAL = (entrance, questions, own_data, statements, own_work_account)
INBOX = (inbox, actions, askers, drafts, own_drafts, bell, papers, helping, selection, rights, inserting)
KNOWLEDGE = (written, article_versions, topics, canned, everybody)
CHAT = (asking, desk, guests, widget)
UPLOADS = (own_uploads, staff_uploads)


def create_app(settings: Settings, ports: Ports | None = None) -> Flask:
    """The web application. Raises Misconfigured when the keys are missing or the database has another schema."""
    ports = ports or wiring.connect(settings, awaited=True)
    require_head(ports.engine)
    app = Flask(__name__)
    app.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_FIELD,
        MAX_FORM_PARTS=MOST_FIELDS,
        SESSION_COOKIE_NAME="unused",
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["by_work_account"] = ports.work_accounts is not None
    app.extensions[PORTS] = ports
    _hang_in(app)
    app.register_blueprint(health)
    for part in (*SIGN_IN, *INBOX, files, *KNOWLEDGE, *OFFICE, *PRIVACY, *PORTAL, *CHAT, *UPLOADS):
        app.register_blueprint(part.blueprint)
    for endpoint in OURS:
        guards.open_to_all("style sheets, scripts and icons hold no data")(app.view_functions[endpoint])
    return app


def _hang_in(app: Flask) -> None:
    """The order matters: language, then who it is and what he may; on the way back, headers last."""
    app.before_request(_start)
    app.before_request(filters.choose_language)
    app.before_request(guards.gate)
    app.after_request(_tell)
    compression.install(app)
    headers.install(app)
    app.after_request(csrf.keep_form_cookie)
    notices.install(app)
    filters.install(app)
    wording.install(app)
    errors.install(app)


def _start() -> None:
    g.started = time.monotonic()


def _tell(answer: Response) -> Response:
    """One log line for a request: the route's template, never its path or query."""
    seconds = round(time.monotonic() - g.get("started", time.monotonic()), 3)
    route = request.url_rule.rule if request.url_rule else "-"
    about = {"method": request.method, "route": route, "status": answer.status_code, "seconds": seconds}
    log.info("request", extra=about | ({"code": g.error_code} if "error_code" in g else {}))
    return answer
