"""The languages we speak: catalogues, dates and numbers by CLDR, the language of a text; the only importer of babel.

Must not: read the clock or guess a reader's language; both are given.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit

from helpdesk.errors import HelpdeskError

LANGUAGES = ("nl", "en")
PSEUDO_LANGUAGE = "xx"
"""Every message of the catalogues accented and in brackets: a word without them on a screen is not in them."""
AMSTERDAM = ZoneInfo("Europe/Amsterdam")

_LOCALE_FOLDER = Path(__file__).parent.parent / "locale"
_CLDR = {"nl": "nl", "en": "en", PSEUDO_LANGUAGE: "en"}
# CLDR's own English order is American; ours is day, month, year and 24 hours in both languages.
_DAY, _MONTH, _MOMENT = "EEEE d MMMM y", "MMMM y", "EEEE d MMMM y, HH:mm"
_STAMP = "d MMM y, HH:mm"
_TIME, _WEEKDAY, _DAY_OF_YEAR, _OLD_DAY = "HH:mm", "EEE d MMM", "d MMM", "d MMM y"
_A_MONDAY = date(2024, 1, 1)
_NARROW_SPACE = "\u202f"
_SIZE_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")
_UNTOUCHED = re.compile(r"%(?:\([a-z_0-9]+\))?[a-z%]|\{[^{}]*\}|<[^<>]*>|&#?\w+;")
PLAIN_LETTERS = "acdeghilnorstuyzACDEGHILNORSTUYZ"
"""The letters that the pseudo-language replaces by accented ones."""
_ACCENTED = str.maketrans(PLAIN_LETTERS, "åçđéĝħîļñöŕşţûýžÅÇĐÉĜĦÎĻÑÖŔŞŢÛÝŽ")
_LONGER = 0.3


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools know
    """Mark `message` for the catalogues and return it; it is translated where it is shown."""
    return message


@dataclass(frozen=True, slots=True)
class Translator:
    """One language's messages. A message's id is its English source; what has no translation is shown in English."""

    language: str
    _messages: dict[str, tuple[str, ...]]

    def gettext(self, message: str) -> str:
        """Return `message` in this language, its placeholders unfilled."""
        return self._messages.get(message, (message,))[0]

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form for `number`: all our languages have one for 1 and one for the rest (CLDR plural rules)."""
        form = 0 if number == 1 else 1
        return self._messages.get(singular, (singular, plural))[form]


def terminal_language(environ: Mapping[str, str]) -> str:
    """The language to speak at a terminal: HELPDESK_LANGUAGE, else the first locale POSIX names, else English."""
    asked = environ.get("HELPDESK_LANGUAGE") or next(
        (environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), ""
    )
    code = asked[:2].lower()
    return code if code in _CLDR else "en"


Words = Callable[..., str]
"""A message in the language of who reads, its {placeholders} filled by name."""


def words_of(language: str) -> Words:
    """Speak this language: the function that code calls `_`."""

    def said(message: str, /, **values: str | int) -> str:
        return translator(language).gettext(message).format(**values)

    return said


def fault_text(fault: HelpdeskError, language: str) -> str:
    """The sentence of an error in this language, its values filled in."""
    return translator(language).gettext(fault.message).format(**fault.values)


@cache
def translator(language: str) -> Translator:
    """Return the translator of `nl`, `en` or `xx`, its catalogue read once. Raises ValueError for another language."""
    if language not in _CLDR:
        raise ValueError(f"No messages in language {language!r}.")
    return Translator(language, _pseudo_catalogue() if language == PSEUDO_LANGUAGE else _catalogue(language))


def _pseudo_catalogue() -> dict[str, tuple[str, ...]]:
    """Made from the Dutch catalogue, so that a message which it lacks stays bare English."""
    with (_LOCALE_FOLDER / "nl" / "messages.po").open("rb") as file:
        ids = [entry.id for entry in read_po(file, locale="nl", ignore_obsolete=True) if entry.id]
    forms = [(each,) if isinstance(each, str) else tuple(each) for each in ids]
    return {each[0]: tuple(pseudo(form) for form in each) for each in forms}


def _catalogue(language: str) -> dict[str, tuple[str, ...]]:
    with (_LOCALE_FOLDER / language / "messages.po").open("rb") as file:
        entries = read_po(file, locale=language, ignore_obsolete=True, abort_invalid=True)
    messages: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        forms = (entry.string,) if isinstance(entry.string, str) else tuple(entry.string or ("",))
        if entry.id and not entry.fuzzy and all(forms):
            messages[entry.id if isinstance(entry.id, str) else entry.id[0]] = forms
    return messages


@cache
def pseudo(text: str) -> str:
    """The text with its letters accented, in brackets and a third longer; placeholders, markup and Jinja as they are.

    No letter of `PLAIN_LETTERS` is left in what was translated, so one on a screen was not.
    """
    parts, start = [], 0
    for found in _UNTOUCHED.finditer(text):
        parts += [text[start : found.start()].translate(_ACCENTED), found[0]]
        start = found.end()
    said = "".join(parts) + text[start:].translate(_ACCENTED)
    return f"⟦{said}{'~' * round(len(text) * _LONGER)}⟧"


def day_text(day: date, language: str) -> str:
    """A day in full: "zondag 22 november 2026"."""
    return _shown(format_date(day, _DAY, locale=_CLDR[language]), language)


def weekday_text(weekday: int, language: str) -> str:
    """The name of a day of the week, Monday is 0: "maandag"."""
    return _shown(format_date(_A_MONDAY + timedelta(days=weekday), "EEEE", locale=_CLDR[language]), language)


def month_text(day: date, language: str) -> str:
    """The month of a day, with its year: "november 2026"."""
    return _shown(format_date(day, _MONTH, locale=_CLDR[language]), language)


def month_short_text(day: date, language: str) -> str:
    """The month of a day, as short as a chart needs it: "nov"."""
    return _shown(format_date(day, "LLL", locale=_CLDR[language]).rstrip("."), language)


def moment_text(moment: datetime, language: str, zone: tzinfo = AMSTERDAM) -> str:
    """An aware `moment` in full, in `zone`: "zondag 22 november 2026, 09:42"."""
    return _shown(_at_minute(moment.replace(second=0, microsecond=0), _MOMENT, zone, _CLDR[language]), language)


def stamp_text(moment: datetime, language: str, zone: tzinfo = AMSTERDAM) -> str:
    """An aware `moment` as a log shows it, in `zone`: "22 nov 2026, 09:42"."""
    return _shown(_at_minute(moment.replace(second=0, microsecond=0), _STAMP, zone, _CLDR[language]), language)


@lru_cache(maxsize=4096)
def _at_minute(moment: datetime, pattern: str, zone: tzinfo, locale: str) -> str:
    """A minute by a pattern of CLDR; kept, for the pages show the same moments over and over, and babel takes long."""
    return format_datetime(moment, pattern, tzinfo=zone, locale=locale)


def list_time(moment: datetime, now: datetime, language: str, zone: tzinfo = AMSTERDAM) -> str:
    """An aware `moment` as a list shows it: "zojuist", "12 min", "09:42", "gisteren", "ma 16 nov", "16 nov", and older
    ones with their year."""
    age = now - moment
    if timedelta(0) <= age < timedelta(minutes=1):
        return translator(language).gettext(N_("just now"))
    if timedelta(0) <= age < timedelta(hours=1):
        minutes = format_unit(age // timedelta(minutes=1), "duration-minute", "short", locale=_CLDR[language])
        return _shown(minutes, language)
    days = (now.astimezone(zone).date() - moment.astimezone(zone).date()).days
    if days in {1, -1}:
        return translator(language).gettext(N_("yesterday") if days == 1 else N_("tomorrow"))
    if days == 0:
        pattern = _TIME
    elif abs(days) < 7:
        pattern = _WEEKDAY
    else:
        same_year = now.astimezone(zone).year == moment.astimezone(zone).year
        pattern = _DAY_OF_YEAR if same_year else _OLD_DAY
    return _shown(_at_minute(moment.replace(second=0, microsecond=0), pattern, zone, _CLDR[language]), language)


def duration_text(duration: timedelta, language: str) -> str:
    """A duration in whole minutes: "2 u 10 min", "10 min"; not negative."""
    hours, minutes = divmod(duration // timedelta(minutes=1), 60)
    if not hours:
        return _shown(format_unit(minutes, "duration-minute", "short", locale=_CLDR[language]), language)
    return translator(language).gettext(N_("%(hours)s h %(minutes)s min")) % {
        "hours": number_text(hours, language),
        "minutes": number_text(minutes, language),
    }


def period_text(years: int, months: int, weeks: int, days: int, language: str) -> str:
    """A calendar period in words: "7 jaar", "1 year 6 months"; "0 dagen" when it has no length."""
    parts = [(years, "year"), (months, "month"), (weeks, "week"), (days, "day")]
    said = [(count, unit) for count, unit in parts if count] or [(0, "day")]
    words = (format_unit(count, f"duration-{unit}", "long", locale=_CLDR[language]) for count, unit in said)
    return _shown(" ".join(words), language)


def number_text(number: int | float, language: str) -> str:
    """A number with the language's separators: "2.418", "12,5"."""
    return format_decimal(number, locale=_CLDR[language])


def size_text(size: int, language: str) -> str:
    """A size in bytes as decimal kB, MB or GB, one decimal below a hundred: "12,5 MB", narrow space between."""
    amount, unit = float(size), 0
    while amount >= 999.5 and unit < len(_SIZE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    decimals = "#,##0.#" if amount < 100 else "#,##0"
    shown = format_unit(amount, f"digital-{_SIZE_UNITS[unit]}", "short", format=decimals, locale=_CLDR[language])
    return _shown(shown.replace(" ", _NARROW_SPACE).replace("\xa0", _NARROW_SPACE), language)


def _shown(formatted: str, language: str) -> str:
    return pseudo(formatted) if language == PSEUDO_LANGUAGE else formatted


# Frequent words that the other language does not have; words of both (in, is, of, was, we, over, had) say nothing.
_WORD = re.compile(r"[^\W\d_]+")
_DUTCH = """
    aan als bij dat de deze die dit door dus een en er ga geen goed graag groet groeten heb hebben heeft het hier hoe ik
    je jij jou jullie kan kunnen kunt maar mee meer met mij mijn moet naar niet nog nu om omdat ook op te tot u uit uw
    vaak van vanaf veel voor waar wat weer welke wel werkt wij wil willen ze zich zijn zo zou
"""
_ENGLISH = """
    about after all also am an and any are as at be because been but by can could did do does for from get has have he
    her his how if it its just know like my no not now on or our out please regards she should so than thank thanks that
    the their them there these they this to us what when where which who why will with would you your
"""
_STOP_WORDS = {"nl": frozenset(_WORD.findall(_DUTCH)), "en": frozenset(_WORD.findall(_ENGLISH))}
_OF_BOTH = frozenset({"had", "in", "is", "of", "over", "was", "we"})
_DETECTION_READS = 5_000


def detect(text: str) -> str | None:
    """Return "nl" or "en" by the stop words in the beginning of `text`; None when they say too little or both."""
    words = [word.lower() for word in _WORD.findall(text[:_DETECTION_READS])]
    scores = {language: sum(word in known for word in words) for language, known in _STOP_WORDS.items()}
    (best, most), (_, other) = sorted(scores.items(), key=lambda score: score[1], reverse=True)
    return best if most >= 2 and most > 2 * other else None


def telling_words(text: str) -> str:
    """The words of `text` that say what it is about: those left without the frequent words of our languages."""
    silent = _OF_BOTH.union(*_STOP_WORDS.values())
    return " ".join(word for word in text.split() if word.strip(".,:;?!()'\"").lower() not in silent)
