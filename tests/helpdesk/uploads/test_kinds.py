"""What a page lets in is known by its bytes, whatever its name says; what is refused hears why."""

from __future__ import annotations

import io
import zipfile

import pytest

from helpdesk.errors import Invalid
from helpdesk.uploads.kinds import check, check_start

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
EXE = b"MZ\x90\0" + b"\0" * 60


def package(**members: str) -> bytes:
    """A ZIP with these members; `__` in a name is a slash."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as into:
        for name, text in members.items():
            into.writestr(name.replace("__", "/").replace("_dot_", "."), text)
    return made.getvalue()


WORD = package(word__document_dot_xml="<w/>")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("rooster.PDF", b"%PDF-1.7\n...", "application/pdf"),
        ("foto.jpeg", b"\xff\xd8\xff\xe0" + b"\0" * 20, "image/jpeg"),
        ("foto.png", PNG, "image/png"),
        ("foto.heic", b"\0\0\0\x18ftypheic" + b"\0" * 20, "image/heic"),
        ("lijst.csv", "naam;dag\nFemke;maandag\n".encode("cp1252"), "text/plain"),
        ("lijst.txt", "سؤال 🙂".encode("utf-16"), "text/plain"),
        ("brief.docx", WORD, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("oud.doc", OLE + b"\0" * 600, "application/x-ole-storage"),
        ("blad.ods", package(mimetype="application/vnd.oasis.opendocument.spreadsheet"), None),
    ],
)
def test_what_people_send_comes(name: str, content: bytes, kind: str | None) -> None:
    assert check(name, content) == (kind or "application/vnd.oasis.opendocument.spreadsheet")
    check_start(name, content[:16])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("leeg.pdf", b"", "is empty"),
        ("rooster.pdf", EXE, "must be a PDF"),
        ("rooster.exe", b"%PDF-1.7", "must be a PDF"),
        ("foto.pdf", PNG, "must be a PDF"),
        ("rooster.txt", EXE, "must be a PDF"),
        ("rooster.txt", b"\0\1\2\3", "must be a PDF"),
        ("twee.pdf", b"%PDF-1.7\n" + WORD, "must be a PDF"),
        ("bom.docx", WORD[:-30], "must be a PDF"),
        ("archief.zip", package(a_dot_txt="a"), "must be a PDF"),
        ("macro.docx", package(word__document_dot_xml="<w/>", word__vbaProject_dot_bin="x"), "holds macros"),
        ("macro.doc", OLE + "_VBA_PROJECT".encode("utf-16-le"), "holds macros"),
        ("slot.docx", OLE + "EncryptedPackage".encode("utf-16-le"), "locked with a password"),
    ],
)
def test_what_may_not_come_is_refused_by_its_bytes(name: str, content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        check(name, content)


def test_a_packed_bomb_is_told_by_what_it_says_of_itself() -> None:
    bomb = bytearray(WORD)
    place = bomb.rindex(b"PK\x01\x02")
    bomb[place + 24 : place + 28] = (2_000_000_000).to_bytes(4, "little")
    with pytest.raises(Invalid, match="must be a PDF"):
        check("bom.docx", bytes(bomb))


def test_most_is_refused_by_its_first_bytes_alone() -> None:
    for name, head in (("a.exe", b"%PDF-"), ("a.pdf", EXE), ("a.png", b"%PDF-1.7"), ("a", b"%PDF-")):
        with pytest.raises(Invalid, match="must be a PDF"):
            check_start(name, head[:16])
