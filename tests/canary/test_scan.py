"""The scan finds a word in every form a file may hold it in, and nothing where it is not."""

from __future__ import annotations

import base64
import gzip
import io
import json
import pickle
import quopri
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.canary.scan import Scan
from tests.canary.without import STEPS
from tests.canary.words import PLACES, Words
from tests.house.code_tree import ROOT

WORD = "Zoë-Ångström 123456782"


def _zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("blad.xml", content)
    return packed.getvalue()


FORMS: dict[str, Callable[[str], bytes]] = {
    "raw": lambda word: f"voor {word} na".encode(),
    "folded": lambda word: word.upper().lower().encode(),
    "utf16": lambda word: f"xx{word}".encode("utf-16-le"),
    "latin": lambda word: word.encode("latin-1"),
    "base64 at 0": lambda word: base64.b64encode(word.encode() + b"abc"),
    "base64 at 1": lambda word: base64.b64encode(b"a" + word.encode() + b"abc"),
    "base64 at 2": lambda word: base64.b64encode(b"ab" + word.encode() + b"a"),
    "quoted": lambda word: quopri.encodestring(word.encode()),
    "url": lambda word: quote(word).encode(),
    "json": lambda word: json.dumps({"a": word}).encode(),
    "entities": lambda word: word.encode("ascii", "xmlcharrefreplace"),
    "pickled": lambda word: pickle.dumps([word]),
    "gzip": lambda word: b"head" + gzip.compress(word.encode() * 3),
    "zlib": lambda word: b"head" + zlib.compress(word.encode() * 3),
    "zip": lambda word: _zipped(word.encode() * 3),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("own", [True, False])
def test_a_word_is_found_in_every_form(tmp_path: Path, form: str, *, own: bool) -> None:
    words = Words(1, [WORD] if own else [])
    word = words.draw("text", 0, doomed=True)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0\1" + FORMS[form](word) + b"\xff")
    assert Scan(words.all).look({"data": tmp_path}).words() == set(words.all)


def test_what_postgresql_packed_is_read(tmp_path: Path) -> None:
    """The word twice, as LZ4 writes it: twelve bytes as they are, and a copy of them in the middle of the second."""
    words = Words(1, ["zwaluwzwaluwzwaluw"])
    word = words.draw("text", 0, doomed=True)
    packed = b"\x68zwaluw\x06\x00\x50 einde"
    value = ((len(packed) + 8) << 2 | 2).to_bytes(4, "little") + (60 | 1 << 30).to_bytes(4, "little") + packed
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "1").write_bytes(b"\0\0\0\0" + value)
    assert word.encode() not in value
    assert Scan(words.all).look({"data": tmp_path}).words() == set(words.all)


def test_what_is_not_there_is_not_found(tmp_path: Path) -> None:
    words = Words(1, [])
    for place in PLACES:
        words.draw(place, 0, doomed=True)
    (tmp_path / "file").write_bytes(words.all[0].word[:-1].encode() + FORMS["gzip"](WORD))
    assert Scan(words.all).look({"data": tmp_path}).words() == set()


def test_each_step_that_can_be_taken_away_is_still_there() -> None:
    for _database, _tickets, broken in STEPS.values():
        for edit in broken.edits:
            assert (ROOT / edit.path).read_text(encoding="utf-8").count(edit.find) == 1, edit
