"""What the pages for people who ask share: who it is, the form's token. Decides nothing."""

from __future__ import annotations

import secrets

from flask import request

from helpdesk.errors import HelpdeskError, Invalid
from helpdesk.people.requester_sessions import SignedInRequester
from web.errors import sentence
from web.unit import requester


def signed_in() -> SignedInRequester:
    """Who asks, on a page that the gate lets nobody else see."""
    who = requester()
    assert who is not None  # noqa: S101 - the gate has looked
    return who


def form_id() -> str:
    """The random id of the form: the one that was sent, so that sending it again is once, else a fresh one."""
    return request.form.get("client_id", "")[:64] or secrets.token_hex(16)


def words(name: str) -> str:
    """A text of the form, its line ends as we write them."""
    return request.form.get(name, "").replace("\r\n", "\n")


def trouble(fault: HelpdeskError | None) -> dict[str, str]:
    """What a page says of a form that failed, and at which field."""
    return {
        "problem": sentence(fault) if fault else "",
        "problem_field": (fault.field or "") if isinstance(fault, Invalid) else "",
    }
