"""A mail out of an SMTP stream, however it is cut into pieces."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mail_ingest.dot_stream import DotStream


def received(stream: bytes, pieces: list[int]) -> tuple[bytes, bytes, bool]:
    """What comes out when the stream comes in pieces of these sizes, over and over."""
    reader, out, position, turn = DotStream(), b"", 0, 0
    while position < len(stream) and not reader.ended:
        size = pieces[turn % len(pieces)]
        out += reader.feed(stream[position : position + size])
        position, turn = position + size, turn + 1
    return out, reader.beyond + stream[position:], reader.ended


def sent(mail: bytes) -> bytes:
    """As a client sends it: dots at line starts doubled, the lone dot at the end (RFC 5321 4.5.2)."""
    lines = [b"." + line if line.startswith(b".") else line for line in mail.split(b"\r\n")]
    return b"\r\n".join(lines) + (b".\r\n" if mail.endswith(b"\r\n") or not mail else b"\r\n.\r\n")


@given(
    st.lists(st.sampled_from([b".", b"..", b"\r\n", b"\r", b"\n", b"a", b".a", b"\n.\n"])),
    st.lists(st.integers(1, 7), min_size=1),
)
def test_every_mail_comes_out_as_it_was_however_it_is_cut(words: list[bytes], pieces: list[int]) -> None:
    mail = b"".join(words)
    mail += b"" if mail.endswith(b"\r\n") or not mail else b"\r\n"
    assert received(sent(mail) + b"QUIT\r\n", pieces) == (mail, b"QUIT\r\n", True)


def test_a_lone_dot_between_other_line_ends_ends_nothing() -> None:
    assert received(b"a\n.\nb\r.\r\n.\nc", [3])[2] is False
