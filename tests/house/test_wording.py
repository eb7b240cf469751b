"""Words on screens and in mails: Dutch complete, placeholders kept, one term for one thing."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from helpdesk.text.language import LANGUAGES
from tests.house.code_tree import ROOT, repository_files
from tests.house.messages import catalogue, forms, placeholders, used_messages

BANNED = {
    "nl": (
        "issue|melding|conversatie|klant|eindgebruiker|agent|behandelaar|overview|inbox|pending|slaapstand|gesnoozed|"
        "gesloten|resolved|privébericht|routeren|transfer|mergen|combineren|tag|macro|tekstmodule|kladje|attachment|"
        "offline|transcript|magic link|retentie|houdbaarheid|archiveren|helaas|oeps"
    ),
    "en": (
        "issue|customer|agent|overview|inbox|resolved|closed|comment|macro|magic link|case|sorry|oops|unfortunately|"
        "please|color|organization"
    ),
}
"""Words that the term list of the interface rules out; whole words only."""


def _translations(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def test_dutch_is_complete() -> None:
    used = used_messages()
    known = {forms(message)[0][0] for message in _translations("nl") if not message.fuzzy}
    missing = {f"{place}: {text!r}" for text, place in used.items() if text not in known}
    assert len(used) > 100, "the extraction finds too little"
    assert not missing, f"{len(missing)} sentences without a Dutch translation: {sorted(missing)}"


def test_the_catalogue_holds_nothing_unused() -> None:
    used = set(used_messages())
    unused = [forms(message)[0][0] for message in _translations("nl") if forms(message)[0][0] not in used]
    assert not unused, f"translations of sentences that nobody says any more: {unused}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_translation_is_empty_or_fuzzy(language: str) -> None:
    bad = [
        str(message.id)
        for message in _translations(language)
        if message.fuzzy or not all(translated for _source, translated in forms(message))
    ]
    assert not bad, f"empty or fuzzy in {language}: {bad}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_survive_translation(language: str) -> None:
    broken = [
        source
        for message in _translations(language)
        for source, translated in forms(message)
        if placeholders(source) != placeholders(translated)
    ]
    assert not broken, f"placeholders differ in {language}: {broken}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_term_list_holds(language: str) -> None:
    banned = re.compile(rf"\b({BANNED[language]})\b", re.IGNORECASE)
    texts = [translated for message in _translations(language) for _source, translated in forms(message)]
    texts += list(used_messages()) if language == "en" else []
    for path in repository_files():
        if path.parts[:3] == ("helpdesk", "mail", "templates") and path.parts[-2] == language:
            texts.append(re.sub(r"{[{%].*?[%}]}|<[^>]*>", " ", (ROOT / path).read_text(encoding="utf-8")))
    found = sorted({f"{match[0]!r} in {text.strip()!r}" for text in texts for match in banned.finditer(text)})
    assert not found, f"words the term list rules out ({language}): {found}"


def test_the_term_list_sees_a_banned_word() -> None:
    assert re.search(rf"\b({BANNED['nl']})\b", "Deze vraag is gesloten.")
    assert not re.search(rf"\b({BANNED['nl']})\b", "Deze vraag is afgehandeld.")
