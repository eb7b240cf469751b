"""Small mails stay in memory, big ones become files, and nothing is left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from mail_ingest.spool import Spool, discard, sweep


@pytest.mark.parametrize(("pieces", "in_memory"), [([b"a", b"bc"], True), ([b"abcdef", b"ghij"], False)])
def test_the_whole_comes_back(tmp_path: Path, pieces: list[bytes], *, in_memory: bool) -> None:
    spool = Spool(tmp_path, 4)
    for piece in pieces:
        spool.write(piece)
    raw = spool.take()
    assert isinstance(raw, bytes) is in_memory
    assert (raw if isinstance(raw, bytes) else raw.read_bytes()) == b"".join(pieces)
    assert spool.size == len(b"".join(pieces))
    discard(raw)
    assert not list(tmp_path.iterdir())


def test_dropped_and_forgotten_files_go(tmp_path: Path) -> None:
    dropped, forgotten = Spool(tmp_path, 1), Spool(tmp_path, 1)
    for spool in (dropped, forgotten):
        spool.write(b"abc")
    dropped.drop()
    forgotten.take()
    assert sweep(tmp_path) == 1
    assert not list(tmp_path.iterdir())
