"""Puts an answer or a reply to use again into an answer that is being written, filled in for its asker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.knowledge.canned import canned_for, canned_replies
from helpdesk.knowledge.finding import find_all, suggest_to_staff
from helpdesk.models import Account, Article, ArticleText, Ticket
from helpdesk.people.access import ticket_for
from helpdesk.text.placeholders import fill
from helpdesk.text.rendering import preview, without_marks
from helpdesk.tickets import drafts
from helpdesk.tickets.drafts import DraftForm
from helpdesk.tickets.lists import subjects_of
from helpdesk.tickets.thread import people_of
from helpdesk.unit import Unit

KINDS = ("canned", "text", "link")
"""A reply to use again, the words of an answer, a link to one."""
_MOST, _LEAD = 8, 120


@dataclass(frozen=True, slots=True)
class Piece:
    """What can be put in: a reply, or an answer, `internal` or with a page that everybody can read by its `link`."""

    id: int
    title: str
    lead: str
    language: str
    internal: bool = False
    link: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """What there is to put in, best first; `language` is the asker's."""

    language: str
    canned: list[Piece]
    answers: list[Piece]


def pieces(unit: Unit, number: str, words: str = "") -> Pieces:
    """What fits these words; without any, all replies and the answers that fit the ticket's subject."""
    ticket = ticket_for(unit, number, "ticket.reply")
    language = _language(unit, ticket)
    subject = subjects_of(unit, [ticket.id]).get(ticket.id, "")
    found = find_all(unit, words) if words.strip() else suggest_to_staff(unit, subject)
    replies = [
        Piece(one.id, one.name, preview(without_marks(one.text(language)), _LEAD), one.language(language))
        for one in canned_replies(unit, words)
    ]
    return Pieces(language, replies, _answers(unit, found, language)[:_MOST])


def words_of(unit: Unit, number: str, kind: str, piece_id: int) -> str:
    """The Markdown of a piece, in the asker's language where it has one, its places filled in for the ticket.

    Raises NotFound for what is not there for this person, and for a link to what the asker can't read.
    """
    ticket = ticket_for(unit, number, "ticket.reply")
    language = _language(unit, ticket)
    if kind == "canned":
        return fill(canned_for(unit, piece_id).text(language), _values(unit, ticket, language))
    found = _texts(unit, [piece_id], language).get(piece_id) if kind in KINDS else None
    if found is None:
        raise NotFound("There is no such answer.")
    article, text = found
    if kind == "link" and not _linkable(unit, article):
        raise NotFound("There is no such answer.")
    if kind == "text":
        return text.body
    title = text.title.replace("[", "(").replace("]", ")")
    return f"[{title}]({unit.ports.settings.public_url.rstrip('/')}/antwoorden/{article.id}?taal={text.language})"


def insert(unit: Unit, number: str, kind: str, piece_id: int) -> None:
    """Put a piece below what one has written so far: the draft of the answer, which is made if need be."""
    said = words_of(unit, number, kind, piece_id)
    ticket = ticket_for(unit, number, "ticket.reply")
    known = drafts.draft_of(unit, number, "answer")
    form = known.form if known else DraftForm("", version=ticket.version)
    text = "\n\n".join(part for part in (form.text.rstrip(), said) if part)
    drafts.save_draft(unit, number, "answer", replace(form, text=text))


def _language(unit: Unit, ticket: Ticket) -> str:
    language: str = ticket.language or unit.ports.settings.language
    return language if language == "en" else "nl"


def _values(unit: Unit, ticket: Ticket, language: str) -> dict[str, str]:
    """What the places are filled with, by field; empty where nobody knows."""
    asker = next((one for one in people_of(unit, ticket.number) if one.role == "requester"), None)
    last, _comma, first = (asker.name if asker else "").partition(",")
    names = [*first.split(), *last.split()]
    desk = next((one for one in unit.ports.settings.desks if one.key == ticket.desk_key), None)
    advisor = select(Account.name).where(Account.id == (unit.actor.account_id or 0))
    return {
        "name": " ".join(names),
        "first_name": names[0] if names else "",
        "number": f"V-{ticket.number}",
        "subject": subjects_of(unit, [ticket.id]).get(ticket.id, ""),
        "advisor": unit.session.scalar(advisor) or "",
        "team": (desk.name_en if language == "en" else desk.name_nl) if desk else "",
    }


def _answers(unit: Unit, ids: Sequence[int], language: str) -> list[Piece]:
    """Those that are published, texts in the asker's language before others."""
    texts = _texts(unit, ids, language)
    found = [
        Piece(
            *(one, text.title, preview(without_marks(text.body), _LEAD), text.language),
            internal=article.internal,
            link=_linkable(unit, article),
        )
        for one in ids
        if one in texts
        for article, text in [texts[one]]
    ]
    return sorted(found, key=lambda piece: piece.language != language)


def _linkable(unit: Unit, article: Article) -> bool:
    return bool(unit.ports.settings.public_url) and not article.internal


def _texts(unit: Unit, ids: Sequence[int], language: str) -> dict[int, tuple[Article, ArticleText]]:
    """What readers see of these answers, in this language where there is a text in it."""
    rows = unit.session.execute(
        select(Article, ArticleText)
        .join(ArticleText, ArticleText.version_id == Article.live_id)
        .where(Article.id.in_(ids))
    )
    found: dict[int, tuple[Article, ArticleText]] = {}
    for article, text in rows:
        if article.id not in found or text.language == language:
            found[article.id] = (article, text)
    return found
