"""Days as people write them into a form. Asks no database."""

from __future__ import annotations

import datetime as dt

from flask import request

from helpdesk.errors import Invalid
from helpdesk.facts import cells


def day_in(said: str) -> dt.date | None:
    """The day that is meant; none for what is none."""
    try:
        return cells.date(said, "dmy")
    except cells.Unreadable:
        return None


def day_of_form(field: str) -> dt.date:
    """The day in a field of the form that was sent. Raises Invalid, with the field."""
    day = day_in(request.form.get(field, ""))
    if day is None:
        raise Invalid("Write the day as 31-12-2026.", field=field)
    return day
