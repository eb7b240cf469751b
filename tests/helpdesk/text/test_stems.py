"""Stems: what a person types finds what another wrote, in Dutch and English, and no text takes long."""

import threading

import pytest

from helpdesk.text.stems import MAX_QUERY_WORDS, MAX_WORD_CHARACTERS, fold, query_stems, stem_text
from tests.pace import within


def finds(query: str, text: str) -> bool:
    words = set(stem_text(text).split())
    return all(words.intersection(stems) for stems in query_stems(query))


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("vergaderingen", "De vergadering is verzet."),
        ("vergadering", "Alle vergaderingen"),
        ("cafe", "Café de Zwaan"),
        ("café", "CAFE"),
        ("cafe\u0301", "café"),
        ("courses", "This course is full"),
        ("training", "trainings"),
        ("cursussen", "welke cursus"),
        ("soren", "Søren Łukasz"),
        ("lukasz", "Søren Łukasz"),
        ("strasse", "Straße"),
        ("rapport_v2.pdf", "Zie Rapport_V2.PDF"),
        ("rapport", "rapport_v2.pdf"),
        ("V-2026-01342", "Uw vraag v-2026-01342."),
        ("01342", "V-2026-01342"),
        ("coördinatie", "coordinatie"),
        ("e-learning", "E-learning module"),
        ("inloggen cursus", "Bij de cursus kan ik niet inloggen"),
    ],
)
def test_is_found(query: str, text: str) -> None:
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"), [("vergadering", "vergoeding"), ("1342", "11342"), ("cursus kat", "cursus")]
)
def test_is_not_found(query: str, text: str) -> None:
    assert not finds(query, text)


def test_the_search_form_holds_words_only() -> None:
    assert stem_text("De \"cursussen\"; <b>OR</b> NEAR(x*) 'y' -- \x00 %_") == "de cursus b or b near x y cursussen"
    assert stem_text("") == stem_text("... !? \u0301") == ""


def test_a_query_is_short() -> None:
    assert query_stems("kat kat katten KAT") == [("kat",), ("kat", "katten")]
    assert len(query_stems(" ".join(f"woord{number}" for number in range(1_500)))) == MAX_QUERY_WORDS
    assert query_stems("a" * 10_000) == [("a" * MAX_WORD_CHARACTERS,)]
    assert query_stems("?!") == []


def test_folding_keeps_the_word() -> None:
    assert fold("  Zoë VAN der Böll-Ångström ") == "zoe van der boll angstrom"


@pytest.mark.parametrize(
    "text",
    [
        "a" + "\u0301\u0323" * 500_000,
        "\u05d0" + "\u05b0\u05c1" * 500_000,
        "\ufdfa" * 1_000_000,
        "a" * 5_000_000,
        "a " * 2_000_000,
    ],
    ids=["marks", "points", "ligatures", "one word", "words"],
)
def test_no_text_takes_long(text: str) -> None:
    assert within(1.0, lambda: (stem_text(text), query_stems(text)))


def test_threads_stem_side_by_side() -> None:
    text = "vergaderingen en cursussen van de opleiding " * 50
    expected = stem_text(text)
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.extend(stem_text(text) for _ in range(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected] * 80
