"""Which answer did not help before a question was asked, so that nobody sends it again, and it can be made better."""

from __future__ import annotations

from sqlalchemy import insert, select

from helpdesk.knowledge.everybody import Lead, is_public, leads
from helpdesk.models import ArticleTicket
from helpdesk.people.access import own_ticket_for, ticket_for
from helpdesk.unit import Unit


def link(unit: Unit, ticket_id: int, article_id: int) -> bool:
    """Note that this new question was asked after that answer. Returns whether; what is not public is passed over.

    For whoever has just opened the ticket: it asks nobody whether he may.
    """
    there = select(ArticleTicket.article_id).where(
        ArticleTicket.ticket_id == ticket_id, ArticleTicket.article_id == article_id
    )
    if not is_public(unit, article_id):
        return False
    if unit.session.scalar(there) is None:
        unit.session.execute(insert(ArticleTicket).values(ticket_id=ticket_id, article_id=article_id))
    return True


def link_own(unit: Unit, number: str, article_id: int) -> bool:
    """As `link`, by whoever asked that question."""
    return link(unit, own_ticket_for(unit, number).id, article_id)


def read_before(unit: Unit, number: str) -> list[Lead]:
    """The answers that did not help the asker of a ticket, as far as they are still public."""
    ticket = ticket_for(unit, number, "ticket.read")
    ids = unit.session.scalars(
        select(ArticleTicket.article_id).where(ArticleTicket.ticket_id == ticket.id).order_by(ArticleTicket.article_id)
    )
    return leads(unit, list(ids), unit.actor.language)
