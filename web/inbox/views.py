"""The inbox as addresses to read: lists, tickets, search, the form for a ticket by hand. Changes nothing."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from helpdesk.people.access import can
from helpdesk.tickets.thread import merged_into
from web.guards import SIGNED_IN, asked_by_itself, needs
from web.headers import live_address
from web.inbox import pages
from web.live import make_token
from web.unit import actor, own_topics, ports, reading

blueprint = Blueprint("inbox", __name__)


@blueprint.get("/werk")
@needs(SIGNED_IN)
def start() -> AnyResponse:
    """The first page after sign-in: what this person may see first."""
    if can(actor(), "ticket.read"):
        return redirect(url_for("inbox.show_list", view="open"), 303)
    if can(actor(), "health.read"):
        return redirect(url_for("admin.health"), 303)
    if can(actor(), "retention.read"):
        return redirect(url_for("kept.show"), 303)
    return redirect(url_for("sign_in.settings"), 303)


@blueprint.get("/werk/w/<view>")
@needs("ticket.read")
def show_list(view: str) -> Response:
    """A view."""
    return pages.list_page(view)


@blueprint.get("/werk/w/<view>/<number>")
@needs("ticket.read")
def show_ticket(view: str, number: str) -> AnyResponse:
    """A ticket in a view; one that was merged sends on to where its entries are."""
    found = pages.ticket_page(pages.known_view(view), number)
    return found if found is not None else _merged_into(view, number)


def _merged_into(view: str, number: str) -> AnyResponse:
    with reading() as unit:
        target = merged_into(unit, number)
    return redirect(url_for("inbox.show_ticket", view=view, number=target, **pages.kept()), 303)


@blueprint.get("/v/<number>")
@needs("ticket.read")
def deep_link(number: str) -> AnyResponse:
    """The short address of a ticket, as mails carry it."""
    plain = number.lower().removeprefix("v-")
    return redirect(url_for("inbox.show_ticket", view="alle", number=plain), 303)


@blueprint.get("/werk/zoeken")
@needs("ticket.read")
def search_form() -> Response:
    """An empty search."""
    return pages.search_page()


@blueprint.get("/werk/zoeken/<query_id>")
@needs("ticket.read")
def search_results(query_id: str) -> Response:
    """What a search found; the words are kept with the session, not in the address."""
    return pages.search_page(query_id)


@blueprint.get("/werk/stroom")
@needs("ticket.read")
@asked_by_itself
def stream_token() -> dict[str, str]:
    """A token with which this browser may hear for two minutes, by hints without words, that tickets change."""
    return {"token": make_token(ports().keys.session, ["ticket:*", *own_topics()]), "url": live_address()}


@blueprint.get("/werk/nieuw")
@needs("ticket.open")
def new_form() -> str:
    """The form for a ticket by hand."""
    return pages.new_page()
