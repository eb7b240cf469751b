"""The bytes of our mails: the same each time, whole whatever is put in, and what RFC 5322 and 3834 ask for."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.compose import AlarmLine, Letter, compose, reply_subject, return_path
from helpdesk.mail.header_fields import one_line
from helpdesk.mail.incoming import Part, Sender
from helpdesk.mail.quoted import MAX_QUOTED, Quote
from helpdesk.settings import DeskSettings, Settings
from helpdesk.text.rendering import tidy
from mail_ingest.parse import parse

SETTINGS = Settings(data=Path("/nowhere"), public_url="https://helpdesk.example/")
DESK = DeskSettings(
    "academy", "academy@academie.example", "Leeradvies Académie", "Learning advice", signature_nl="Groet,\nde Academie"
)
NOON = dt.datetime(2026, 11, 22, 12, 0, tzinfo=dt.UTC)
FEMKE = Sender("femke@ministerie.example", "Femke de Vries")
QUOTE = Quote(FEMKE, "Kan ik <b>nog</b>?\n\n> eerder", "Vraag", NOON, (Sender("academy@academie.example", ""),))
LETTER = Letter(
    kind="answer",
    language="nl",
    message_id="hd.1-2a-3b-abcdefghijklmnopqrst.0123456789@academie.example",
    token="1-2a-3b-abcdefghijklmnopqrst",
    return_token="1-7-0-tsrqponmlkjihgfedcba",
    date=NOON,
    seed="0123456789abcdef",
    desk=DESK,
    to=(FEMKE,),
    number="2026-01342",
    subject="Inschrijven",
    markdown="Dat kan **nog**.\n\nFrom hier af: é",
    in_reply_to="b@ministerie.example",
    references=("a@ministerie.example", "b@ministerie.example"),
    quote=QUOTE,
)
RECEIPT = replace(LETTER, kind="receipt", quote=None, markdown="")
WILD = st.text(max_size=400) | st.sampled_from(
    ["x\r\nBcc: evil@x.example\r\n\r\nHoi", ".\r\n.\r\nMAIL FROM", "{{ 7*7 }}"]
)


def read(letter: Letter, settings: Settings = SETTINGS) -> EmailMessage:
    raw = compose(letter, settings)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    mail = BytesParser(policy=policy.default).parsebytes(raw)
    assert isinstance(mail, EmailMessage)
    return mail


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content.replace("\r\n", "\n")


def test_the_same_letter_gives_the_same_bytes() -> None:
    letter = replace(LETTER, files=(Part("a.pdf", "application/pdf", b"%PDF"),))
    assert compose(letter, SETTINGS) == compose(letter, SETTINGS)


def test_an_answer_has_the_headers_of_its_conversation() -> None:
    mail = read(LETTER)
    assert mail["Subject"] == "Re: Inschrijven"
    assert mail["From"] == "Leeradvies Académie <academy@academie.example>"
    assert mail["Reply-To"].addresses[0].addr_spec == "academy@academie.example"
    assert (
        mail["To"] == '"Femke de Vries" <femke@ministerie.example>'
        or mail["To"].addresses[0].display_name == FEMKE.name
    )
    assert mail["Date"].datetime == NOON
    assert mail["Message-ID"] == f"<{LETTER.message_id}>"
    assert mail["In-Reply-To"] == "<b@ministerie.example>"
    assert mail["References"] == "<a@ministerie.example> <b@ministerie.example>"
    assert mail["Content-Language"] == "nl"
    for absent in ("Auto-Submitted", "Precedence", "List-Unsubscribe", "Bcc", "X-Auto-Response-Suppress"):
        assert mail[absent] is None


def test_an_answer_says_the_words_the_number_the_signature_and_the_question_in_that_order() -> None:
    mail = read(LETTER)
    assert body(mail, "plain") == (
        "Dat kan **nog**.\n\nFrom hier af: é\n\n"
        "Vraag V-2026-01342: https://helpdesk.example/mijn-vragen/2026-01342\n\n"
        "Groet,\nde Academie\n\n"
        "Op zondag 22 november 2026, 13:00 schreef Femke de Vries:\n"
        "> Kan ik <b>nog</b>?\n>\n>> eerder\n"
    )
    html = body(mail, "html")
    places = [
        html.index(words)
        for words in (
            "<strong>nog</strong>",
            '<a href="https://helpdesk.example/mijn-vragen/2026-01342">V-2026-01342</a>',
            "Groet,<br>",
            "<b>Van:</b> Femke de Vries &lt;femke@ministerie.example&gt;",
            "<b>Verzonden:</b> zondag 22 november 2026, 13:00",
            "<b>Aan:</b> academy@academie.example",
            "<b>Onderwerp:</b> Vraag",
            "Kan ik &lt;b&gt;nog&lt;/b&gt;?",
        )
    ]
    assert places == sorted(places)


def test_an_answer_in_english_speaks_english() -> None:
    text = body(read(replace(LETTER, language="en")), "plain")
    assert "Question V-2026-01342: https://helpdesk.example/mijn-vragen/2026-01342" in text
    assert "On Sunday 22 November 2026, 13:00 Femke de Vries wrote:" in text


def test_without_a_public_address_there_is_a_number_and_no_link() -> None:
    mail = read(LETTER, replace(SETTINGS, public_url=""))
    assert "Vraag V-2026-01342\n" in body(mail, "plain")
    assert "/mijn-vragen/2026-01342" not in body(mail, "html")


def test_our_own_parser_finds_only_what_is_new() -> None:
    found = parse(compose(LETTER, SETTINGS))
    assert found.message_id == LETTER.message_id
    assert found.references == LETTER.references
    assert "Kan ik" not in found.reply_text
    assert found.reply_text.startswith("Dat kan **nog**.")
    assert not found.is_auto_reply


def test_plus_addresses_carry_the_token_and_plain_ones_do_not() -> None:
    plus = replace(SETTINGS, reply_address="plus")
    wanted = "academy+1-2a-3b-abcdefghijklmnopqrst@academie.example"
    assert read(LETTER, plus)["Reply-To"].addresses[0].addr_spec == wanted
    assert read(LETTER)["Reply-To"].addresses[0].addr_spec == "academy@academie.example"
    assert return_path(LETTER, plus) == "academy+1-7-0-tsrqponmlkjihgfedcba@academie.example"
    assert return_path(LETTER, SETTINGS) == "academy@academie.example"


def test_the_token_of_the_return_path_stands_in_no_byte_of_the_mail() -> None:
    assert LETTER.return_token.encode() not in compose(LETTER, replace(SETTINGS, reply_address="plus"))


@pytest.mark.parametrize(
    ("subject", "wanted"),
    [
        ("Vraag", "Re: Vraag"),
        ("Re: Vraag", "Re: Vraag"),
        ("RE: Antw: re[2]: AW: Vraag", "Re: Vraag"),
        ("FW: Vraag", "Re: FW: Vraag"),
        ("Rechten: vraag", "Re: Rechten: vraag"),
        ("Re:", "Re: V-2026-01342"),
        ("", "Re: V-2026-01342"),
    ],
)
def test_the_subject_of_an_answer(subject: str, wanted: str) -> None:
    assert read(replace(LETTER, subject=subject))["Subject"] == wanted


def test_the_number_stands_in_the_subject_only_when_asked_for_and_once() -> None:
    on = replace(SETTINGS, number_in_subject=True)
    assert read(LETTER, on)["Subject"] == "Re: Inschrijven [V-2026-01342]"
    assert (
        read(replace(LETTER, subject="Re: Inschrijven [v-2026-01342]"), on)["Subject"]
        == "Re: Inschrijven [v-2026-01342]"
    )


def test_a_receipt_is_marked_as_automatic_and_says_what_it_must() -> None:
    mail = read(RECEIPT)
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["Precedence"] is None
    assert mail["Subject"] == "Ontvangen: Inschrijven"
    for form in ("plain", "html"):
        words = " ".join(body(mail, form).split())
        for said in (
            "V-2026-01342",
            "binnen twee werkdagen antwoord",
            "zeven jaar nadat je ontslag administratief",
            "medische",
        ):
            assert said in words
        assert "helaas" not in words.lower()
    assert parse(compose(RECEIPT, SETTINGS)).is_auto_reply


def test_a_receipt_in_an_unknown_language_speaks_both_dutch_first() -> None:
    mail = read(replace(RECEIPT, language="both"))
    assert mail["Content-Language"] == "nl, en"
    assert mail["Subject"] == "Ontvangen: Inschrijven"
    for form in ("plain", "html"):
        words = " ".join(body(mail, form).split())
        assert words.index("zeven jaar nadat je ontslag") < words.index(
            "until seven years after the end of your employment"
        )
        assert "two working days" in words


def test_an_alarm_lists_what_is_wrong() -> None:
    lines = (AlarmLine("disk", "data", "1234", NOON), AlarmLine("new_kind", "academy", "", NOON))
    mail = read(replace(LETTER, kind="alarm", number="", token="", quote=None, markdown="", alarms=lines))
    assert mail["Subject"] == "Helpdesk: 2 waarschuwingen"
    assert mail["Auto-Submitted"] == "auto-generated"
    for form in ("plain", "html"):
        assert "De schijf is bijna vol: data (1234), sinds zondag 22 november 2026, 13:00" in body(mail, form)
        assert "new_kind: academy, sinds" in body(mail, form)


def test_a_notice_says_number_and_link_and_not_a_word_of_the_ticket() -> None:
    mail = read(replace(LETTER, kind="notice", language="en", quote=None, markdown="", subject="Geheim"))
    assert b"Geheim" not in compose(replace(LETTER, kind="notice", quote=None, markdown="", subject="Geheim"), SETTINGS)
    assert mail["Subject"] == "News about ticket V-2026-01342"
    assert "https://helpdesk.example/v/2026-01342" in body(mail, "plain")


def test_files_come_back_whole_under_their_names() -> None:
    files = (
        Part("Überblick 2026 – definitief.pdf", "application/pdf", bytes(range(256)) * 500),
        Part("../../etc/passwd", "message/rfc822", b"Subject: x\n\nFrom y"),
        Part("a" * 300 + ".docx", "text/html; charset=x", b""),
        Part("\r\nBcc: x@y.example", "text/plain\r\nBcc: z@y.example", b"\xff\xfe."),
    )
    mail = read(replace(LETTER, files=files))
    found = list(mail.iter_attachments())
    assert mail.get_content_type() == "multipart/mixed"
    assert [part.get_payload(decode=True) for part in found] == [file.content for file in files]
    names = [part.get_filename() or "" for part in found]
    assert names[0] == "Überblick 2026 – definitief.pdf"
    assert "/" not in names[1]
    assert names[2].endswith(".docx")
    assert len(names[2]) <= 120
    assert [part.get_content_type() for part in found] == ["application/pdf", *["application/octet-stream"] * 3]
    assert {part.filename for part in parse(compose(replace(LETTER, files=files), SETTINGS)).attachments} >= {names[0]}


def test_a_long_question_is_quoted_up_to_a_limit() -> None:
    lines = "\n".join(f"regel {number}" for number in range(20_000))
    raw = compose(replace(LETTER, quote=replace(QUOTE, text=lines)), SETTINGS)
    text = body(read(replace(LETTER, quote=replace(QUOTE, text=lines))), "plain")
    assert text.rstrip().endswith("> […]")
    assert len(raw) < 6 * MAX_QUOTED


@given(subject=WILD, name=WILD, address=WILD, text=WILD, filename=WILD)
def test_hostile_words_never_break_a_mail(subject: str, name: str, address: str, text: str, filename: str) -> None:
    letter = replace(
        LETTER,
        subject=subject,
        to=(FEMKE, Sender(address, name)),
        quote=Quote(Sender(address, name), text, subject, NOON, (Sender(address, name),)),
        markdown=f"Hoi\n\n{text}",
        signature=text,
        files=(Part(filename, subject, text.encode("utf-8", "replace")),),
    )
    mail = read(letter)
    assert sorted(set(mail.keys())) == sorted(
        {"Date", "From", "Reply-To", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Content-Language"}
        | {"MIME-Version", "Content-Type"}
    )
    wanted = reply_subject(subject)
    assert " ".join(mail["Subject"].split()) == (wanted if wanted != "Re:" else "Re: V-2026-01342")
    assert body(mail, "plain").startswith(tidy(f"Hoi\n\n{text}"))
    attached = [part.get_payload(decode=True) for part in mail.iter_attachments()]
    assert attached == [text.encode("utf-8", "replace")]
    assert parse(compose(letter, SETTINGS)).subject == one_line(str(mail["Subject"]))
