"""When the desks can be reached: hours by day of the week, and days that are otherwise. Nothing of anybody."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import CheckConstraint, Date, String, Time
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, own_id, plain

_NOBODY = "words of the desk that everybody reads"


class OpeningSpell(Base):
    """Hours on one day of the week; a day may have several."""

    __tablename__ = "opening_spell"
    __table_args__ = (
        CheckConstraint("weekday >= 0 and weekday <= 6", name="weekday"),
        CheckConstraint("since < until", name="order"),
    )

    id: Mapped[int] = own_id()
    weekday: Mapped[int] = plain("day of the week, Monday is 0")
    since: Mapped[dt.time] = plain("its first minute, in the time zone of the desks", Time)
    until: Mapped[dt.time] = plain("the first minute after it", Time)


class OpeningDay(Base):
    """Days on which the desks are closed, with the reason; or a public holiday on which they are not."""

    __tablename__ = "opening_day"
    __table_args__ = (CheckConstraint("first <= last", name="order"),)

    id: Mapped[int] = own_id()
    first: Mapped[dt.date] = plain("the first day", Date)
    last: Mapped[dt.date] = plain("the last day", Date)
    is_open: Mapped[bool] = plain("whether it is a holiday with the hours of any day")
    reason_nl: Mapped[str] = plain(_NOBODY, String(200), default="")
    reason_en: Mapped[str] = plain(_NOBODY, String(200), default="")
