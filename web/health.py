"""Two questions of whoever runs us: is the process up, and can it do its work. Says nothing of what is inside."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.errors import Misconfigured, Unavailable
from helpdesk.migrating import require_head
from web.guards import open_to_all
from web.unit import ports

blueprint = Blueprint("health", __name__)


def _plain(word: str, status: int = 200) -> Response:
    return Response(word + "\n", status, mimetype="text/plain")


@blueprint.get("/healthz")
@open_to_all("a load balancer asks; the answer is one word")
def alive() -> Response:
    """The process answers."""
    return _plain("ok")


@blueprint.get("/readyz")
@open_to_all("a load balancer asks; the answer is one word")
def ready() -> Response:
    """The database answers and has our schema."""
    try:
        require_head(ports().engine)
    except (SQLAlchemyError, Unavailable):
        return _plain("database", 503)
    except Misconfigured:
        return _plain("schema", 503)
    return _plain("ready")
