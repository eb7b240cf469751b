"""Which files people may send through the pages: known by their bytes, and named as what they are. Pure.

A mail may bring anything, for it can't be asked to come back otherwise. A page can say no at once.
"""

from __future__ import annotations

import io
import re
import zipfile

from helpdesk.errors import Invalid

_STARTS = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_IN_ZIP = {
    "word/document.xml": _OFFICE + "wordprocessingml.document",
    "xl/workbook.xml": _OFFICE + "spreadsheetml.sheet",
    "ppt/presentation.xml": _OFFICE + "presentationml.presentation",
}
"""What a package of Office Open XML (ECMA-376) holds, and which it is then."""
_OLE, _OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"
_ZIP = b"PK\x03\x04"
_NAMED = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/heic": ("heic", "heif"),
    "text/plain": ("txt", "csv", "log", "md"),
    _OFFICE + "wordprocessingml.document": ("docx",),
    _OFFICE + "spreadsheetml.sheet": ("xlsx",),
    _OFFICE + "presentationml.presentation": ("pptx",),
    _OPEN + "text": ("odt",),
    _OPEN + "spreadsheet": ("ods",),
    _OPEN + "presentation": ("odp",),
    _OLD_OFFICE: ("doc", "xls", "ppt", "msg"),
}
"""The kinds there may be, and how the name of one ends."""
_HEIC = (b"heic", b"heix", b"mif1", b"hevc")
_UNPACKED, _MEMBERS = 500_000_000, 20_000
"""Bytes and parts that a packed document may become: more is made to fill a disk."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_MACROS, _LOCKED = "_VBA_PROJECT".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")
HEAD = 16
"""First bytes by which most files are refused before the rest is sent."""


def check(name: str, content: bytes) -> str:
    """The media type of a file by its bytes. Raises Invalid, with what to do, for one that may not come."""
    if not content:
        raise Invalid("The file {name} is empty. Choose it again, or leave it out.", field="files", name=name)
    kind = _packed(name, content) if content.startswith(_ZIP) else _old(name, content) or _plain(content)
    if kind is None or _ending(name) not in _NAMED[kind]:
        raise _wrong(name)
    if not content.startswith(_ZIP) and zipfile.is_zipfile(io.BytesIO(content)):
        raise _wrong(name)
    return kind


def check_start(name: str, head: bytes) -> None:
    """The same of the first bytes alone: raises Invalid for what can't become right."""
    known = {ending for endings in _NAMED.values() for ending in endings}
    if _ending(name) not in known:
        raise _wrong(name)
    if head.startswith((_ZIP, _OLE)):
        return
    kind = _by_start(head)
    if kind is None and _ending(name) in _NAMED["text/plain"]:
        return
    if kind is None or _ending(name) not in _NAMED[kind]:
        raise _wrong(name)


def _wrong(name: str) -> Invalid:
    return Invalid(
        "The file {name} must be a PDF, a document of Word, Excel, PowerPoint or OpenDocument, a text or a picture "
        "(jpg, png, gif, webp or heic), and be named so.",
        field="files",
        code="file_kind",
        name=name,
    )


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""


def _by_start(content: bytes) -> str | None:
    for start, kind in _STARTS.items():
        if content.startswith(start):
            return kind
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/heic" if content[4:8] == b"ftyp" and content[8:12] in _HEIC else None


def _plain(content: bytes) -> str | None:
    found = _by_start(content)
    if found is not None:
        return found
    for encoding in ("utf-8-sig", "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if _CONTROL.search(text) or content.startswith(b"MZ") else "text/plain"
    return None


def _old(name: str, content: bytes) -> str | None:
    """The container of older Office files and of locked ones ([MS-CFB]); the names in it are UTF-16."""
    if not content.startswith(_OLE):
        return None
    if _LOCKED in content:
        raise Invalid("The file {name} is locked with a password. Send it without.", field="files", name=name)
    if _MACROS in content:
        raise _macros(name)
    return _OLD_OFFICE


def _macros(name: str) -> Invalid:
    return Invalid("The file {name} holds macros. Save it without them, or as a PDF.", field="files", name=name)


def _packed(name: str, content: bytes) -> str | None:
    """A document that is a package; nothing is unpacked but the few bytes that name an OpenDocument."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            members = package.infolist()
            if len(members) > _MEMBERS or sum(one.file_size for one in members) > _UNPACKED:
                return None
            names = {one.filename for one in members}
            if any(one.lower().endswith("vbaproject.bin") or one.startswith("Basic/") for one in names):
                raise _macros(name)
            if any(one.flag_bits & 1 for one in members):
                raise Invalid("The file {name} is locked with a password. Send it without.", field="files", name=name)
            if "mimetype" in names and package.getinfo("mimetype").file_size < 100:
                kind = package.read("mimetype").decode("ascii", "replace")
                return kind if kind in _NAMED and kind.startswith(_OPEN) else None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError):
        return None
    return next((kind for inside, kind in _IN_ZIP.items() if inside in names), None)
