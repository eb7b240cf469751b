"""What one mail may cost is counted over all its parts and the mails inside it, and what is left out is said."""

from __future__ import annotations

import pytest

from mail_ingest.budget import LIMITS, Budget
from mail_ingest.parse import parse

HEAD = b"From: a@example.nl\r\nTo: b@example.nl\r\nSubject: x\r\n"
INNER = b"Content-Type: message/rfc822\r\n\r\nFrom: c@example.nl\r\n"


def mixed(*parts: bytes, boundary: bytes = b"m") -> bytes:
    body = b"".join(b"--%s\r\n%s\r\n" % (boundary, part) for part in parts)
    return b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n" % boundary + body + b"--%s--\r\n" % boundary


def test_a_budget_gives_what_is_left_and_says_once_what_was_not() -> None:
    budget = Budget()
    limit, code = LIMITS["files"]
    assert (budget.take("files", limit - 1), budget.defects) == (limit - 1, ())
    assert [budget.take("files", 5), budget.take("files"), budget.take("files", 0)] == [1, 0, 0]
    assert budget.defects == (code,)


def test_parts_are_counted_over_the_mails_inside() -> None:
    inner = INNER + mixed(*[b"\r\nx"] * 90, boundary=b"i")
    mail = parse(HEAD + mixed(b"\r\nhallo", *[inner] * 10))
    assert mail.text.startswith("hallo")
    assert {"too_many_parts"} == set(mail.defects)
    assert mail.text.partition("--i")[0].count("\nx") <= LIMITS["parts"][0]
    assert len(mail.attachments) == 10


def test_mails_inside_are_read_as_far_as_there_may_be() -> None:
    mail = parse(HEAD + mixed(*[INNER + b"\r\nbinnen"] * 30))
    assert mail.text.count("binnen") == LIMITS["mails"][0]
    assert len(mail.attachments) == 30
    assert "mails_unread" in mail.defects


def test_a_calendar_beyond_what_may_be_read_stays_a_file() -> None:
    event = b"BEGIN:VEVENT\r\nSUMMARY:overleg\r\nEND:VEVENT\r\n"
    calendar = b"Content-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\n" + event * 900 + b"END:VCALENDAR\r\n"
    mail = parse(HEAD + mixed(*[calendar] * 10))
    assert mail.text.count("overleg") == 5 * (LIMITS["calendars"][0] // len(calendar))
    assert len(mail.attachments) == 10
    assert "calendar_unread" in mail.defects


def test_text_is_counted_over_all_parts() -> None:
    mail = parse(HEAD + mixed(b"\r\neerst", *[b"\r\n" + b"woord " * 60_000] * 8))
    assert mail.text.startswith("eerst")
    assert len(mail.text) <= LIMITS["text"][0]
    assert "text_too_large" in mail.defects


def test_html_parts_beyond_the_share_of_the_good_text_form_are_read_in_a_simple_way() -> None:
    page = b"Content-Type: text/html\r\n\r\n<p>regel</p>" + b"<p>x</p>" * 4_000 + b"<p>laatste</p>"
    mail = parse(HEAD + mixed(*[page] * 5))
    assert mail.text.count("regel") == mail.text.count("laatste") == 5
    assert "text_simplified" in mail.defects


@pytest.mark.parametrize("field", [b"Subject: " + b"woord " * 300, b"To: " + b"a@b.example, " * 5_000])
def test_a_header_that_is_cut_is_said(field: bytes) -> None:
    mail = parse(b"From: a@example.nl\r\n" + field + b"\r\n\r\nhallo")
    assert {"subject_too_long", "too_many_recipients"} & set(mail.defects)
    assert len(mail.subject) <= 1_000


def test_a_file_name_that_is_cut_is_said() -> None:
    part = b'Content-Type: application/pdf; name="%s.pdf"\r\n\r\n%%PDF-1.4' % (b"n" * 300)
    mail = parse(HEAD + mixed(part))
    assert mail.attachments[0].filename.endswith(".pdf")
    assert len(mail.attachments[0].filename) <= 200
    assert "name_too_long" in mail.defects


def test_one_line_broken_into_a_hundred_thousand_is_joined() -> None:
    mail = parse(HEAD + b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"ab \r\n" * 100_000)
    assert mail.text.startswith("ab ab ab")
    assert "\n" not in mail.text
