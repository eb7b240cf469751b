"""Replies to use again: one's own, or everybody's at a desk; with places that are filled in when they are used."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, or_, select

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import CannedReply
from helpdesk.people.access import require
from helpdesk.text.rendering import tidy
from helpdesk.text.stems import fold
from helpdesk.unit import Unit

_NAME, _TEXT = 100, 20_000


@dataclass(frozen=True, slots=True)
class CannedForm:
    """A reply as its form gives it; without a desk it is one's own. The texts are Markdown; one may be empty."""

    name: str
    text_nl: str = ""
    text_en: str = ""
    desk_key: str | None = None


@dataclass(frozen=True, slots=True)
class CannedView:
    """A reply as lists and its form show it; `version` counts changes."""

    id: int
    name: str
    text_nl: str
    text_en: str
    desk_key: str | None
    changed_at: dt.datetime
    version: int

    def text(self, language: str) -> str:
        """The text for a reader of this language, else the one there is."""
        first, other = (self.text_nl, self.text_en) if language == "nl" else (self.text_en, self.text_nl)
        return first or other

    def language(self, language: str) -> str:
        """The language of that text."""
        return language if (self.text_nl if language == "nl" else self.text_en) else "en" if language == "nl" else "nl"


def canned_replies(unit: Unit, words: str = "") -> list[CannedView]:
    """One's own and those of one's desks, by name; those in which every word stands."""
    require(unit.actor, "canned.write")
    rows = unit.session.scalars(select(CannedReply).where(_mine(unit)).order_by(CannedReply.name, CannedReply.id))
    wanted = fold(words).split()
    views = [_view(row) for row in rows]
    return [one for one in views if all(word in _folded(one) for word in wanted)]


def canned_for(unit: Unit, reply_id: int) -> CannedView:
    """One that this person may use; else NotFound."""
    return _view(_one(unit, reply_id))


def add_canned(unit: Unit, form: CannedForm) -> int:
    """A new one. Returns its id. Raises Invalid for what can't be."""
    require(unit.actor, "canned.write")
    row = CannedReply(**_checked(unit, form), changed_at=unit.now)
    unit.session.add(row)
    unit.session.flush()
    return row.id


def save_canned(unit: Unit, reply_id: int, version: int, form: CannedForm) -> None:
    """Replace it. Raises Conflict when somebody changed it since the form was made, Invalid for what can't be."""
    row = _one(unit, reply_id)
    unit.claim(CannedReply, row.id, version)
    unit.session.refresh(row)
    for name, value in _checked(unit, form).items():
        setattr(row, name, value)
    row.changed_at = unit.now
    unit.session.flush()


def remove_canned(unit: Unit, reply_id: int) -> None:
    """Throw it away."""
    row = _one(unit, reply_id)
    unit.session.execute(delete(CannedReply).where(CannedReply.id == row.id))


def desks_of_actor(unit: Unit) -> list[str]:
    """The desks whose replies this person uses and writes."""
    keys = [desk.key for desk in unit.ports.settings.desks]
    return keys if unit.actor.desks is None else [key for key in keys if key in unit.actor.desks]


def _mine(unit: Unit) -> ColumnElement[bool]:
    own = CannedReply.account_id == (unit.actor.account_id or 0)
    return or_(own, CannedReply.desk_key.in_(desks_of_actor(unit)))


def _one(unit: Unit, reply_id: int) -> CannedReply:
    require(unit.actor, "canned.write")
    asked = select(CannedReply).where(CannedReply.id == reply_id, _mine(unit))
    row = unit.session.scalar(asked.execution_options(populate_existing=True))
    if row is None:
        raise NotFound("There is no such reply.")
    return row


def _view(row: CannedReply) -> CannedView:
    return CannedView(row.id, row.name, row.text_nl, row.text_en, row.desk_key, row.changed_at, row.version)


def _folded(one: CannedView) -> str:
    return fold(f"{one.name} {one.text_nl} {one.text_en}")


def _checked(unit: Unit, form: CannedForm) -> dict[str, object]:
    name = " ".join(tidy(form.name).split())
    if not 0 < len(name) <= _NAME:
        raise Invalid("Give it a name of at most {count} characters.", field="name", count=_NAME)
    texts = {"text_nl": tidy(form.text_nl), "text_en": tidy(form.text_en)}
    if not any(texts.values()):
        raise Invalid("Write the reply in one language at least.", field="text_nl")
    for field, text in texts.items():
        if len(text) > _TEXT:
            raise Invalid("A reply has at most {count} characters.", field=field, count=_TEXT)
    if form.desk_key is not None and form.desk_key not in desks_of_actor(unit):
        raise Invalid("Choose one of the teams.", field="desk")
    account_id = unit.actor.account_id if form.desk_key is None else None
    return {"name": name, "desk_key": form.desk_key, "account_id": account_id, **texts}
