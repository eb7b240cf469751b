"""The mail inside an opaque S/MIME signature (RFC 8551, CMS). Checks no signature and decrypts nothing."""

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_OCTETS, _CONSTRUCTED_OCTETS, _EXPLICIT = 0x04, 0x24, 0xA0
_INDEFINITE = -1
MAX_PIECES = 100_000


def signed_content(data: bytes) -> bytes | None:
    """The MIME entity that the signature encloses; None when the data are encrypted, detached or damaged."""
    if _SIGNED_DATA not in data[:64]:
        return None
    place = data.find(_DATA, 0, 4096)
    try:
        return _octets(data, place + len(_DATA)) if place >= 0 else None
    except (IndexError, ValueError):
        return None


def _octets(data: bytes, position: int) -> bytes | None:
    """The OCTET STRING (DER, or BER in pieces) behind the explicit tag at `position`."""
    tag, _, position = _header(data, position)
    if tag != _EXPLICIT:
        return None
    tag, length, position = _header(data, position)
    if tag == _OCTETS and length != _INDEFINITE:
        return data[position : position + length]
    if tag != _CONSTRUCTED_OCTETS:
        return None
    end = len(data) if length == _INDEFINITE else position + length
    pieces: list[bytes] = []
    while position < end and len(pieces) < MAX_PIECES:
        tag, length, position = _header(data, position)
        if tag != _OCTETS:
            break
        pieces.append(data[position : position + length])
        position += length
    return b"".join(pieces)


def _header(data: bytes, position: int) -> tuple[int, int, int]:
    """Tag, length and the place of the content of the element at `position`."""
    tag, first = data[position], data[position + 1]
    if first < 0x80:
        return tag, first, position + 2
    if first == 0x80:
        return tag, _INDEFINITE, position + 2
    size = first & 0x7F
    if size > 4:
        raise ValueError(first)
    length = int.from_bytes(data[position + 2 : position + 2 + size])
    return tag, length, position + 2 + size
