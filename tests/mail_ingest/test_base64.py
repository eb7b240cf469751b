"""Base64 in one go says what base64 mended piece by piece says, whatever is wrong with it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail_ingest import headers

LETTERS = st.sampled_from(list(b"ABCabcxyz019+/"))
JUNK = st.sampled_from(list(b"=\r\n \t-_,.!\x00\xff"))
DAMAGED = st.lists(st.one_of(LETTERS, LETTERS, LETTERS, LETTERS, JUNK), max_size=80).map(bytes)


@settings(max_examples=2_000, derandomize=True)
@given(DAMAGED, st.sampled_from([b"", b"=", b"==", b"===", b"=\r\n", b"==\n\n", b"=\x00"]))
def test_damaged_base64_is_read_the_same_in_one_go_and_in_pieces(data: bytes, end: bytes) -> None:
    assert headers.base64_bytes(data + end) == headers._mended_base64(data + end)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 56, 57, 58, 100_000])
@pytest.mark.parametrize("line", [b"\n", b"\r\n", b""])
def test_sound_base64_is_read_to_the_last_byte(size: int, line: bytes) -> None:
    whole = bytes(range(256)) * (size // 256 + 1)
    said = base64.encodebytes(whole[:size]).replace(b"\n", line)
    assert headers.base64_bytes(said) == whole[:size]
