"""FETCH answers read without imapclient's reader: the same as it says, or nothing."""

from __future__ import annotations

import datetime as dt

import pytest
from imapclient.response_parser import parse_fetch_response  # type: ignore[import-untyped] # the package ships no types

from mail_ingest.imap_answers import common_answers

DATE = b'INTERNALDATE "22-Nov-2026 09:42:01 +0100"'
COMMON: list[list[object]] = [
    [(b"1 (UID 7 " + DATE + b" BODY[] {3}", b"abc"), b")"],
    [(b"1 (" + DATE + b" BODY[] {3}", b"a)c"), b" UID 7)", (b"2 (UID 8 BODY[] {0}", b""), b" " + DATE + b")"],
    [(b"12 (UID 7 BODY[] {3}", b"abc"), b' INTERNALDATE " 2-Jan-2026 23:59:59 -0330" FLAGS (\\Seen $Junk))'],
]
OTHER: list[list[object]] = [
    [None],
    [b"1 (FLAGS (\\Seen) UID 7)"],
    [(b"1 (UID 7 " + DATE + b" BODY[] {3}", b"abc"), b")", b"2 (FLAGS (\\Seen))"],
    [(b"1 (UID 7 " + DATE + b" BODY[] {3}", b"abc"), b" BODY[HEADER] {2}"],
    [(b"1 (UID 7 BODY[] {3}", b"abc"), b")"],
    [(b"1 (" + DATE + b" BODY[] {3}", b"abc"), b")"],
    [(b"1 (UID 7 UID 8 " + DATE + b" BODY[] {3}", b"abc"), b")"],
    [(b'1 (UID 7 INTERNALDATE "31-Feb-2026 09:42:01 +0100" BODY[] {3}', b"abc"), b")"],
    [(b'1 (UID 7 INTERNALDATE "22-XXX-2026 09:42:01 +0100" BODY[] {3}', b"abc"), b")"],
    [(b"1 (UID 7 " + DATE + b" BODY[]<0> {3}", b"abc"), b")"],
    [b"1 (UID 7 " + DATE + b' BODY[] "")', b")"],
    [(b"1 (UID 7 " + DATE + b" BODY[] {3}", b"abc"), b")", (b"2 (UID 7 " + DATE + b" BODY[] {3}", b"abd"), b")"],
]


@pytest.mark.parametrize("data", COMMON)
def test_the_common_form_is_read_as_imapclient_reads_it(data: list[object]) -> None:
    theirs = parse_fetch_response(data, normalise_times=False)
    found = common_answers(data)
    assert found == {uid: (said[b"BODY[]"], said[b"INTERNALDATE"]) for uid, said in theirs.items()}


@pytest.mark.parametrize("data", OTHER)
def test_anything_else_is_left_to_imapclient(data: list[object]) -> None:
    assert common_answers(data) is None


def test_no_answer_is_none_at_all() -> None:
    assert common_answers([]) == {}


def test_a_date_keeps_its_zone() -> None:
    found = common_answers(COMMON[0])
    assert found is not None
    assert found[7][1] == dt.datetime(2026, 11, 22, 8, 42, 1, tzinfo=dt.UTC)
