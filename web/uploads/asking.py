"""Files of people who ask, sent in pieces ahead of their form. Each act is one verb of the domain."""

from __future__ import annotations

from flask import Blueprint, Response

from web.errors import shown_again
from web.guards import REQUESTER, needs, takes
from web.uploads import parts

blueprint = Blueprint("uploads", __name__)

FILES = "/mijn-bestanden"
FILE = FILES + "/<token>"


@blueprint.post(FILES)
@needs(REQUESTER)
@shown_again(parts.refused)
def begin() -> Response:
    """Begin a file."""
    return parts.begun("uploads.where")


@blueprint.get(FILE)
@needs(REQUESTER)
def where(token: str) -> Response:
    """How much of it is here; also as HEAD."""
    return parts.where(token)


@blueprint.patch(FILE)
@needs(REQUESTER)
@takes(parts.LARGEST, parts.TOO_LARGE)
@shown_again(parts.refused)
def piece(token: str) -> Response:
    """Keep a piece of it."""
    return parts.piece(token)


@blueprint.post(FILE + "/weg")
@needs(REQUESTER)
def drop(token: str) -> Response:
    """Throw it away."""
    return parts.dropped(token)
