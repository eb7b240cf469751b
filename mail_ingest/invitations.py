"""Calendar invitations as readable text. The only importer of icalendar; answers nothing and adds to no calendar."""

from datetime import date, datetime
from typing import Any

from icalendar import Calendar

MAX_BYTES = 200_000
MAX_EVENTS = 5
MAX_TEXT = 20_000

_TITLES = {
    "REQUEST": "Uitnodiging / Invitation",
    "CANCEL": "Afgezegd / Cancelled",
    "REPLY": "Antwoord op uitnodiging / Reply to invitation",
}


def to_text(data: bytes) -> str:
    """The events of an iCalendar object (RFC 5545) as a few lines each; empty when it cannot be read."""
    try:
        calendar = Calendar.from_ical(data[:MAX_BYTES])
        events = [part for part in calendar.subcomponents if part.name in ("VEVENT", "VTODO")][:MAX_EVENTS]
        method = str(calendar.get("METHOD", "")).upper()
        return "\n\n".join(_event(event, method) for event in events)[:MAX_TEXT]
    except Exception:  # the library raises many kinds on hostile input; the file itself stays attached
        return ""


def _event(event: Any, method: str) -> str:
    lines = [f"{_TITLES.get(method, 'Agenda / Calendar')}: {event.get('SUMMARY', '')}".rstrip()]
    start, end = event.get("DTSTART"), event.get("DTEND")
    if start is not None:
        when = _moment(start.dt) + (f" – {_moment(end.dt)}" if end is not None else "")
        lines.append(f"Wanneer / When: {when}")
    for label, key in (("Waar / Where", "LOCATION"), ("Van / From", "ORGANIZER")):
        if event.get(key):
            lines.append(f"{label}: {str(event[key]).replace('mailto:', '').replace('MAILTO:', '')}")
    if event.get("DESCRIPTION"):
        lines += ["", str(event["DESCRIPTION"])]
    return "\n".join(lines)


def _moment(value: date | datetime) -> str:
    if not isinstance(value, datetime):
        return value.isoformat()
    zone = getattr(value.tzinfo, "key", None) or value.tzname() or ""
    return f"{value:%Y-%m-%d %H:%M} {zone}".rstrip()
