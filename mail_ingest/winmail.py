"""Files and text inside winmail.dat (TNEF, MS-OXTNEF). Reads what is asked for and skips the rest; never raises.

No library: the one there is loops four billion times on a 40-byte block that claims so many properties.
"""

import struct
from dataclasses import dataclass, field

from mail_ingest import charsets

_SIGNATURE = 0x223E9F78
MAX_OBJECTS = 5_000
MAX_PROPERTIES = 2_000
MAX_NESTED = 3

_ATTACH_RENDER_DATA, _ATTACH_DATA, _ATTACH_TITLE, _ATTACHMENT = 0x9002, 0x800F, 0x8010, 0x9005
_BODY, _MAPI_PROPERTIES, _OEM_CODEPAGE = 0x800C, 0x9003, 0x9007
_PR_BODY, _PR_HTML, _PR_CODEPAGE = 0x1000, 0x1013, 0x3FDE
_PR_DATA, _PR_NAME, _PR_LONG_NAME, _PR_DISPLAY_NAME, _PR_MIME, _PR_CONTENT_ID = (
    0x3701,
    0x3704,
    0x3707,
    0x3001,
    0x370E,
    0x3712,
)
_FIXED = {0x2: 4, 0x3: 4, 0x4: 4, 0x5: 8, 0x6: 8, 0x7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset({0xD, 0x1E, 0x1F, 0x102})
_UNICODE, _OBJECT = 0x1F, 0xD
_MULTIPLE = 0x1000


@dataclass(slots=True)
class File:
    """One file of a TNEF stream."""

    name: str = ""
    content: bytes = b""
    content_type: str = ""
    content_id: str = ""


@dataclass(slots=True)
class Winmail:
    """What a TNEF stream holds that a reader wants to see."""

    files: list[File] = field(default_factory=list)
    text: str = ""
    html: str = ""


def read(data: bytes, nested: int = 0) -> Winmail | None:
    """The files, text and HTML of a TNEF stream; None when it is none or is broken from the start."""
    found = Winmail()
    if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
        return None
    position, codepage = 6, "cp1252"
    for _ in range(MAX_OBJECTS):
        if position + 11 > len(data):
            break
        _, name, _, length = struct.unpack_from("<BHHI", data, position)
        content = data[position + 9 : position + 9 + length]
        position += 11 + length
        if name == _OEM_CODEPAGE and len(content) >= 4:
            codepage = f"cp{struct.unpack_from('<I', content)[0]}"
        elif name == _ATTACH_RENDER_DATA:
            found.files.append(File())
        else:
            _take(found, name, content, codepage, nested)
    found.files = [file for file in found.files if file.content or file.name]
    return found


def _take(found: Winmail, name: int, content: bytes, codepage: str, nested: int) -> None:
    if name == _BODY:
        found.text = found.text or _text(content, codepage)
    elif name == _MAPI_PROPERTIES:
        properties = _properties(content)
        found.text = found.text or _property_text(properties, _PR_BODY, codepage)
        found.html = found.html or _property_text(properties, _PR_HTML, _internet_codepage(properties) or codepage)
    elif found.files and name in (_ATTACH_TITLE, _ATTACH_DATA):
        file = found.files[-1]
        if name == _ATTACH_TITLE:
            file.name = file.name or _text(content, codepage)
        else:
            file.content = content
    elif found.files and name == _ATTACHMENT:
        _attachment(found, _properties(content), codepage, nested)


def _attachment(found: Winmail, properties: dict[int, tuple[int, bytes]], codepage: str, nested: int) -> None:
    file = found.files[-1]
    for number in (_PR_LONG_NAME, _PR_NAME, _PR_DISPLAY_NAME):
        name = _property_text(properties, number, codepage)
        if name and (number != _PR_DISPLAY_NAME or not file.name):
            file.name = name
            break
    file.content_type = _property_text(properties, _PR_MIME, "ascii")
    file.content_id = _property_text(properties, _PR_CONTENT_ID, "ascii")
    kind, data = properties.get(_PR_DATA, (0, b""))
    if not data:
        return
    inner = read(data[16:], nested + 1) if kind == _OBJECT and nested < MAX_NESTED else None
    if inner is None:
        file.content = data[16:] if kind == _OBJECT else data
        return
    found.files.extend(inner.files)
    found.text = "\n\n".join(each for each in (found.text, inner.text) if each)


def _properties(data: bytes) -> dict[int, tuple[int, bytes]]:
    """Property number -> (type, first value); stops at the first byte that makes no sense."""
    found: dict[int, tuple[int, bytes]] = {}
    try:
        count = min(struct.unpack_from("<I", data)[0], MAX_PROPERTIES)
        position = 4
        for _ in range(count):
            kind, number = struct.unpack_from("<HH", data, position)
            position = _skip_name(data, position + 4, number)
            value, position = _value(data, position, kind)
            found.setdefault(number, (kind & ~_MULTIPLE, value))
    except (struct.error, ValueError):
        pass
    return found


def _skip_name(data: bytes, position: int, number: int) -> int:
    """Named properties carry a GUID and a number or a name."""
    if number < 0x8000:
        return position
    (kind,) = struct.unpack_from("<I", data, position + 16)
    if kind == 0:
        return position + 24
    (length,) = struct.unpack_from("<I", data, position + 20)
    return position + 24 + _padded(length)


def _value(data: bytes, position: int, kind: int) -> tuple[bytes, int]:
    base, count = kind & ~_MULTIPLE, 1
    if kind & _MULTIPLE or base in _VARIABLE:
        (count,) = struct.unpack_from("<I", data, position)
        position += 4
    if base in _FIXED:
        size = 2 if base in (0x2, 0xB) and kind & _MULTIPLE else _FIXED[base]
        return data[position : position + size], position + _padded(size * count)
    if base not in _VARIABLE or count > MAX_PROPERTIES:
        raise ValueError(kind)
    first = b""
    for index in range(count):
        (length,) = struct.unpack_from("<I", data, position)
        first = data[position + 4 : position + 4 + length] if index == 0 else first
        position += 4 + _padded(length)
    return first, position


def _padded(length: int) -> int:
    return length + (-length % 4)


def _internet_codepage(properties: dict[int, tuple[int, bytes]]) -> str:
    _, value = properties.get(_PR_CODEPAGE, (0, b""))
    if len(value) < 4:
        return ""
    (number,) = struct.unpack_from("<I", value)
    return {65001: "utf-8", 20127: "ascii", 28591: "iso-8859-1", 20866: "koi8-r"}.get(number, f"cp{number}")


def _property_text(properties: dict[int, tuple[int, bytes]], number: int, codepage: str) -> str:
    kind, value = properties.get(number, (0, b""))
    return charsets.clean(value.decode("utf-16-le", "replace")) if kind == _UNICODE else _text(value, codepage)


def _text(value: bytes, codepage: str) -> str:
    return charsets.decode(value.rstrip(b"\0"), codepage)[0]
