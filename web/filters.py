"""Words, dates and sizes as the reader of this request wants them; the only place of the web that translates."""

from __future__ import annotations

import datetime as dt
import re
from zlib import crc32
from zoneinfo import ZoneInfo

from flask import Flask, Response, current_app, g, request

from helpdesk.text import language as words
from helpdesk.text.language import LANGUAGES, PSEUDO_LANGUAGE, translator
from helpdesk.tickets.lists import COUNT_LIMIT
from web import areas, csrf
from web.tokens import AVATARS
from web.unit import me, ports, requester

_LANGUAGE_COOKIE = "language"
_SAFE_NAME = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def language_for(chosen: str | None) -> str:
    """The language of the pages for somebody who chose this one, or none."""
    default = ports().settings.language
    if default == PSEUDO_LANGUAGE:
        return default
    return chosen if chosen in LANGUAGES else default


def choose_language() -> None:
    """Before a request: the language of a reader who isn't signed in; who comes from an answer goes on in its own."""
    g.language = language_for(_asked_language() or request.cookies.get(_LANGUAGE_COOKIE))


def _asked_language() -> str | None:
    """The language that the address of a page for people who ask says; pages for everybody are the same for all."""
    asked = request.args.get("taal")
    return asked if asked in LANGUAGES and areas.is_portal() else None


def remember_language(answer: Response, chosen: str) -> None:
    """Let this browser have its pages in this language until it says otherwise."""
    csrf.set_cookie(answer, _LANGUAGE_COOKIE, chosen, max_age=365 * 86400)


def _keep_asked_language(answer: Response) -> Response:
    asked = _asked_language()
    if asked is not None and asked != request.cookies.get(_LANGUAGE_COOKIE):
        remember_language(answer, asked)
    return answer


def _language() -> str:
    chosen: str | None = g.get("language") if g else None
    return chosen or ports().settings.language


def _(message: str, /, **values: object) -> str:
    """The message in the reader's language, with its {placeholders} filled."""
    text = translator(_language()).gettext(message)
    return text.format(**values) if values else text


def ngettext(singular: str, plural: str, count: int, /, **values: object) -> str:
    """The message for a number; {count} is filled."""
    text = translator(_language()).ngettext(singular, plural, count)
    return text.format(count=words.number_text(count, _language()), **values)


def counted(found: int) -> str:
    """A count that was made to a thousand: "17", "1.000+"."""
    shown = words.number_text(min(found, COUNT_LIMIT), _language())
    return f"{shown}+" if found > COUNT_LIMIT else shown


def _zone() -> ZoneInfo:
    return ZoneInfo(ports().settings.timezone)


def now() -> dt.datetime:
    """The time of this request."""
    if "now" not in g:
        g.now = ports().now()
    moment: dt.datetime = g.now
    return moment


def moment(at: dt.datetime) -> str:
    """A time in full."""
    return words.moment_text(at, _language(), _zone())


def day(when: dt.date) -> str:
    """A day in full."""
    return words.day_text(when, _language())


def weekday(number: int) -> str:
    """The name of a day of the week, Monday is 0."""
    return words.weekday_text(number, _language())


def month(first: dt.date) -> str:
    """A month with its year."""
    return words.month_text(first, _language())


def month_short(first: dt.date) -> str:
    """A month, as short as a chart needs it."""
    return words.month_short_text(first, _language())


def short_time(at: dt.datetime) -> str:
    """A time as lists show it."""
    return words.list_time(at, now(), _language(), _zone())


def stamp(at: dt.datetime) -> str:
    """A time as a log shows it."""
    return words.stamp_text(at, _language(), _zone())


def clock_time(at: dt.datetime) -> str:
    """Hour, minute and second of a time close by."""
    return at.astimezone(_zone()).strftime("%H:%M:%S")


def minute_time(at: dt.datetime) -> str:
    """Hour and minute of a time close by."""
    return at.astimezone(_zone()).strftime("%H:%M")


def span(seconds: int) -> str:
    """A number of seconds in hours and minutes."""
    return words.duration_text(dt.timedelta(seconds=max(seconds, 0)), _language())


def file_size(size: int) -> str:
    """A number of bytes in words."""
    return words.size_text(size, _language())


def whole(number: int) -> str:
    """A whole number with the separators of the language."""
    return words.number_text(number, _language())


def capitalised(text: str) -> str:
    """The text with a capital in front, as a label or a cell begins."""
    return text[:1].upper() + text[1:]


def visible(name: str) -> str:
    """A file name or header without characters that hide or turn round what stands there."""
    return _SAFE_NAME.sub("\ufffd", name)


def initials(name: str) -> str:
    """At most two letters that stand for a person: of the first and the last word of the name; "?" without letters."""
    words_of = [word for word in name.partition("@")[0].split() if word[0].isalpha()] or [name.strip()]
    letters = words_of[0][:1] + (words_of[-1][:1] if len(words_of) > 1 else "")
    return letters.upper() if letters[:1].isalpha() else "?"


def tint(name: str) -> int:
    """The number of the colour pair of a person's initials (`tokens.AVATARS`): the same name, the same colour."""
    return crc32(name.encode("utf-8", "replace")) % len(AVATARS)


def number_name(number: str) -> str:
    """A ticket's number as people say it."""
    return f"V-{number}"


def install(app: Flask) -> None:
    """Give the templates these words."""
    app.jinja_env.filters.update(
        moment=moment,
        day=day,
        weekday=weekday,
        month=month,
        month_short=month_short,
        short_time=short_time,
        stamp=stamp,
        clock_time=clock_time,
        minute_time=minute_time,
        span=span,
        iso=dt.datetime.fromisoformat,
        file_size=file_size,
        visible=visible,
        whole=whole,
        capitalised=capitalised,
        number_name=number_name,
        initials=initials,
        tint=tint,
    )
    app.jinja_env.globals.update(_=_, ngettext=ngettext, form_token=csrf.token, form_field=csrf.FIELD)
    app.context_processor(_about_this_request)
    app.after_request(_keep_asked_language)


def _about_this_request() -> dict[str, object]:
    return {
        "language": _language(),
        "html_language": "en" if _language() == PSEUDO_LANGUAGE else _language(),
        "me": me(),
        "requester": requester(),
        "now": now(),
        "settings": current_app.extensions["helpdesk.ports"].settings,
    }
