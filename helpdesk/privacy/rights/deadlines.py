"""Until when a request must be answered: one month, or three with an extension, and never on a day of rest. Pure.

AVG art. 12(3) with Regulation (EEC, Euratom) 1182/71: the month ends on the same date, on the last day of a month
that lacks it (art. 3(2)(c)), and on the next working day where that is a Saturday, a Sunday or a public holiday
(art. 3(4)). Which days those are the Member State says (art. 2(1)): `service_levels/days.py`. Days that a decree adds
for one year are not known there: without them a deadline is earlier, never later.
"""

from __future__ import annotations

import datetime as dt

from helpdesk.retention.terms import Period, last_day
from helpdesk.service_levels.days import is_working_day

ANSWER_WITHIN, EXTENDED_WITHIN = Period(months=1), Period(months=3)
"""Both are counted from the day of receipt, in one addition."""
_ONE = dt.timedelta(days=1)


def answer_by(received_on: dt.date, *, extended: bool = False) -> dt.date:
    """The last day on which a request that came on this day may be answered (RD-84)."""
    day = last_day(received_on, EXTENDED_WITHIN if extended else ANSWER_WITHIN)
    while not is_working_day(day):
        day += _ONE
    return day
