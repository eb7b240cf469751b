"""Messages, dates, numbers and the language of a text, in Dutch, English and the pseudo-language."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.text.language import (
    LANGUAGES,
    N_,
    PSEUDO_LANGUAGE,
    day_text,
    detect,
    duration_text,
    list_time,
    moment_text,
    number_text,
    pseudo,
    size_text,
    stamp_text,
    translator,
)

NOW = datetime(2026, 11, 22, 8, 42, tzinfo=UTC)


def test_messages_are_found_by_their_english_source() -> None:
    assert translator("nl").gettext("yesterday") == "gisteren"
    assert translator("en").gettext("yesterday") == "yesterday"
    assert translator("nl").gettext("No such message.") == "No such message."
    assert translator("nl").gettext("") == ""
    assert N_("yesterday") == "yesterday"
    assert translator("nl") is translator("nl")


def test_plurals_without_translation_are_english() -> None:
    for language in LANGUAGES:
        forms = [translator(language).ngettext("%(n)s odd thing", "%(n)s odd things", number) for number in (0, 1, 2)]
        assert forms == ["%(n)s odd things", "%(n)s odd thing", "%(n)s odd things"]


def test_another_language_is_refused() -> None:
    with pytest.raises(ValueError, match="'fr'"):
        translator("fr")


@pytest.mark.parametrize(
    "message", ["Hello %(name)s, <b>you</b> have %d of %(total)s.", "100%% of {what} &amp; more", "yesterday"]
)
def test_the_pseudo_language_touches_words_only(message: str) -> None:
    shown = pseudo(message)
    placeholders = re.compile(r"%\(\w+\)s|%[d%]|\{\w+\}|</?b>|&amp;")
    assert placeholders.findall(shown) == placeholders.findall(message)
    assert shown.startswith("⟦")
    assert shown.endswith("⟧")
    assert re.search("[aeionsuy]", placeholders.sub("", shown)) is None
    assert len(shown) >= 1.25 * len(message)
    assert translator(PSEUDO_LANGUAGE).ngettext("{count} alarm", "{count} alarms", 2) == "⟦{count} åļåŕmş~~~~⟧"
    assert translator(PSEUDO_LANGUAGE).gettext("in no catalogue") == "in no catalogue"


@pytest.mark.parametrize(
    ("age", "nl", "en"),
    [
        (timedelta(seconds=10), "zojuist", "just now"),
        (timedelta(minutes=59), "59 min", "59 min"),
        (timedelta(hours=1), "08:42", "08:42"),
        (timedelta(hours=9), "00:42", "00:42"),
        (timedelta(hours=10), "gisteren", "yesterday"),
        (timedelta(days=6), "ma 16 nov", "Mon 16 Nov"),
        (timedelta(days=7), "15 nov", "15 Nov"),
        (timedelta(days=730), "22 nov 2024", "22 Nov 2024"),
        (-timedelta(hours=3), "12:42", "12:42"),
        (-timedelta(days=1), "morgen", "tomorrow"),
        (-timedelta(days=3), "wo 25 nov", "Wed 25 Nov"),
        (-timedelta(days=60), "21 jan 2027", "21 Jan 2027"),
    ],
)
def test_times_in_lists(age: timedelta, nl: str, en: str) -> None:
    assert (list_time(NOW - age, NOW, "nl"), list_time(NOW - age, NOW, "en")) == (nl, en)


def test_days_and_moments_in_full() -> None:
    assert moment_text(NOW, "nl") == "zondag 22 november 2026, 09:42"
    assert moment_text(NOW, "en") == "Sunday 22 November 2026, 09:42"
    assert (stamp_text(NOW, "nl"), stamp_text(NOW, "en")) == ("22 nov 2026, 09:42", "22 Nov 2026, 09:42")
    assert moment_text(NOW, "nl", ZoneInfo("Africa/Nairobi")) == "zondag 22 november 2026, 11:42"
    assert moment_text(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "nl") == "donderdag 2 juli 2026, 00:30"
    assert day_text(date(2026, 3, 1), "nl") == "zondag 1 maart 2026"
    assert day_text(date(2026, 3, 1), PSEUDO_LANGUAGE).startswith("⟦")


def test_numbers_sizes_and_durations() -> None:
    assert (number_text(2418, "nl"), number_text(2418, "en"), number_text(12.5, "nl")) == ("2.418", "2,418", "12,5")
    sizes = [size_text(size, "nl") for size in (0, 999, 1_000, 12_345, 999_600, 12_500_000, 1_200_000_000)]
    assert [size.replace("\u202f", " ") for size in sizes] == [
        "0 byte",
        "999 byte",
        "1 kB",
        "12,3 kB",
        "1 MB",
        "12,5 MB",
        "1,2 GB",
    ]
    assert size_text(12_500_000, "en") == "12.5\u202fMB"
    assert duration_text(timedelta(hours=2, minutes=10), "nl") == "2 u 10 min"
    assert duration_text(timedelta(hours=2, minutes=10), "en") == "2 h 10 min"
    assert duration_text(timedelta(minutes=5, seconds=59), "nl") == "5 min"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Beste collega, ik heb een vraag over mijn certificaat.", "nl"),
        ("Dear colleague, I have a question about my certificate.", "en"),
        ("Kunt u mij helpen met inloggen?", "nl"),
        ("Where can I find the course?", "en"),
        ("HELP! INLOGGEN LUKT NIET MEER", "nl"),
        ("V-2026-01342", None),
        ("ok", None),
        ("", None),
        ("Bonjour, où est mon certificat de formation ?", None),
        ("The course is full. De cursus is vol.", None),
    ],
)
def test_the_language_of_a_text(text: str, language: str | None) -> None:
    assert detect(text) == language
