"""The shipped texts are whole in both languages; a replaced one is used, or reported and passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpdesk.mail.texts import MAILS, PARTS, SAMPLE, mail_text, text_problems
from helpdesk.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path)


def replaced(settings: Settings, name: str, text: str) -> None:
    path = settings.data / "texts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("mail", MAILS)
def test_every_text_can_be_rendered_and_is_wholly_of_its_language(settings: Settings, mail: str, language: str) -> None:
    for part in PARTS:
        said = mail_text(settings, mail, language, part, SAMPLE)
        assert said.strip()
        assert not [word for word in ("helaas", "oeps", "!") if word in said.lower().replace("<!doctype", "")]
        assert ("vraag" if language == "en" else "ticket") not in said.replace(
            SAMPLE["quote"], ""
        ).lower() or mail == "answer"


def test_without_replacements_there_is_nothing_to_report(settings: Settings) -> None:
    assert text_problems(settings) == []


def test_a_replaced_text_is_used(settings: Settings) -> None:
    replaced(settings, "receipt/nl/body.txt", "Dank. Nummer {{ number }}, binnen {{ answer_within }}.")
    assert (
        mail_text(settings, "receipt", "nl", "body.txt", SAMPLE) == "Dank. Nummer V-2026-01342, binnen twee werkdagen."
    )
    assert text_problems(settings) == []


@pytest.mark.parametrize(
    "broken",
    [
        "{% if %}",
        "Nummer {{ nummer }}",
        "{{ number.__class__.__mro__[1].__subclasses__() }}",
        "{% include 'nowhere' %}",
        "{{ 1 / 0 }} {{ number }}",
        "{{ number }} {{ alarms.append(1) }}",
        "Dank voor je bericht.",
    ],
)
def test_a_broken_replacement_is_passed_over_and_reported(settings: Settings, broken: str) -> None:
    shipped = mail_text(settings, "receipt", "nl", "body.txt", SAMPLE)
    replaced(settings, "receipt/nl/body.txt", broken)
    assert mail_text(settings, "receipt", "nl", "body.txt", SAMPLE) == shipped
    (problem,) = text_problems(settings)
    assert "receipt/nl/body.txt" in problem


def test_a_replacement_that_is_no_text_at_all_is_passed_over(settings: Settings) -> None:
    (settings.data / "texts" / "answer" / "nl").mkdir(parents=True)
    (settings.data / "texts" / "answer" / "nl" / "body.txt").write_bytes(b"\xff\xfe\x00")
    assert SAMPLE["answer"] in mail_text(settings, "answer", "nl", "body.txt", SAMPLE)
    assert len(text_problems(settings)) == 1


def test_a_file_nobody_reads_is_reported(settings: Settings) -> None:
    replaced(settings, "receipt/de/body.txt", "Danke")
    (problem,) = text_problems(settings)
    assert "receipt/de/body.txt" in problem


def test_html_texts_escape_what_they_are_given(settings: Settings) -> None:
    said = mail_text(settings, "receipt", "nl", "body.html", {**SAMPLE, "desk": "<script>"})
    assert "<script>" not in said
    assert "&lt;script&gt;" in said
