"""Reads the common form of a FETCH answer (RFC 3501 7.4.2) as imaplib hands it over. Pure; imapclient reads any other.

imapclient's reader looks at every letter that is not in a literal; for a short mail that costs more than fetching it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence

_FIELD = rb'(?:UID (?P<uid>\d{1,10})|INTERNALDATE "(?P<date>[^"]{26})"|FLAGS \([^()]*\))'
_HEAD = re.compile(rb"\d{1,10} \((?P<fields>(?:" + re.sub(rb"\?P<\w+>", b"", _FIELD) + rb" )*)BODY\[\] \{\d{1,10}\}")
_TAIL = re.compile(rb"(?P<fields>(?: " + re.sub(rb"\?P<\w+>", b"", _FIELD) + rb")*)\)")
_FIELDS = re.compile(_FIELD)
_DATE = re.compile(rb"([ \d]\d)-([A-Z][a-z]{2})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
Answers = dict[int, tuple[bytes, dt.datetime | None]]


def common_answers(data: Sequence[object]) -> Answers | None:
    """Bytes and INTERNALDATE by UID, when every answer is in the common form; else None.

    `data` is what imaplib makes of the answers to `UID FETCH … (BODY.PEEK[] INTERNALDATE)`: for each a pair of what
    stands before the literal and the literal, and then what stands behind it.
    """
    found: Answers = {}
    for pair, rest in zip(data[::2], data[1::2], strict=False):
        if not (isinstance(pair, tuple) and isinstance(rest, bytes)):
            return None
        head, tail = _HEAD.fullmatch(pair[0]), _TAIL.fullmatch(rest)
        if head is None or tail is None:
            return None
        said = [*_FIELDS.finditer(head["fields"]), *_FIELDS.finditer(tail["fields"])]
        uids = [each["uid"] for each in said if each["uid"]]
        dates = [each["date"] for each in said if each["date"]]
        moment = _moment(dates[0]) if len(dates) == 1 else None
        if len(uids) != 1 or moment is None:
            return None
        found[int(uids[0])] = (pair[1], moment)
    return found if len(data) % 2 == 0 and len(found) * 2 == len(data) else None


def _moment(date: bytes) -> dt.datetime | None:
    match = _DATE.fullmatch(date)
    if match is None or match[2] not in _MONTHS:
        return None
    day, year, hour, minute, second, hours, minutes = (int(match[n]) for n in (1, 3, 4, 5, 6, 8, 9))
    offset = dt.timedelta(hours=hours, minutes=minutes) * (-1 if match[7] == b"-" else 1)
    try:
        return dt.datetime(year, _MONTHS.index(match[2]) + 1, day, hour, minute, second, tzinfo=dt.timezone(offset))
    except ValueError:
        return None
