"""Header fields as text, addresses, ids, dates and parameters. Each reader is capped, linear and never raises."""

import binascii
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

import pybase64

from helpdesk.mail.incoming import Sender
from mail_ingest import charsets

MAX_VALUE = 16 * 1024
MAX_ADDRESSES = 100
MAX_REFERENCES = 50
MAX_BASE64_PIECES = 10_000

_ENCODED_WORD = re.compile(rb"=\?([^?\s]{1,60})\?([bBqQ])\?([^?\n]*(?:\?(?!=)[^?\n]*)*)\?=")
_FOLD = re.compile(rb"[ \t]*\r?\n[ \t]*")
_SPACES = re.compile(r"[ \t\r\n\f\v\x00-\x08\x0e-\x1f\x7f]+")
_MESSAGE_ID = re.compile(rb"<\s*([^<>]{1,998}?)\s*>")
_BARE_ID = re.compile(rb"[^\s<>\"',;()]{1,500}@[^\s<>\"',;()]{1,500}")
_PARAMETER = re.compile(rb";\s*([^\s=;\"]{1,100})\s*=\s*(\"(?:[^\"\\]|\\.)*\"|[^;]*)", re.S)
_CONTENT_TYPE = re.compile(r"\s*\"?([a-z0-9.+_-]+)\s*/\s*([a-z0-9.+_-]+)", re.I)
_ADDRESS_ITEM = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"?)|(?P<angle><[^<>]*>)|(?P<comment>\([^()]*\))|(?P<comma>[,;])|(?P<plain>[^"<(,;]+|.)""",
    re.S,
)
_GROUP = re.compile(r"(^|[,;])\s{0,9}[^:@<>\",;]{1,100}:")
_ADDRESS = re.compile(r"[^\s<>()\[\]\",;:\\]{1,200}@(?:\[[0-9A-Fa-fIPv:.]{3,60}\]|[^\s<>()\[\]\",;:\\]{1,255})")


def text(value: bytes, charset: str | None = None) -> str:
    """A field's value as text: unfolded, encoded words decoded (RFC 2047), control characters made spaces.

    `charset` is a hint for raw 8-bit bytes, usually the body's.
    """
    if not value:
        return ""
    value = _FOLD.sub(b" ", value[:MAX_VALUE])
    return _SPACES.sub(" ", _decode_words(value, charset)).strip()


def _decode_words(value: bytes, charset: str | None) -> str:
    """Adjacent words of one charset are joined as bytes first: senders cut inside a character."""
    if b"=?" not in value:
        return charsets.decode(value, charset)[0]
    out: list[str] = []
    pending, pending_charset, position = b"", "", 0
    for word in _ENCODED_WORD.finditer(value):
        between = value[position : word.start()]
        label = word.group(1).decode("ascii", "replace").split("*")[0].lower()
        if between.strip() or not position or label != pending_charset:
            out.append(charsets.decode(pending, pending_charset)[0])
            pending = b""
            if between.strip() or not position:
                out.append(charsets.decode(between, charset)[0])
        pending += _word_bytes(word.group(2), word.group(3))
        pending_charset, position = label, word.end()
    out += [charsets.decode(pending, pending_charset)[0], charsets.decode(value[position:], charset)[0]]
    return "".join(out)


def _word_bytes(encoding: bytes, data: bytes) -> bytes:
    if encoding in b"qQ":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    return base64_bytes(data)


def base64_bytes(data: bytes) -> bytes:
    """Base64 however damaged: what is no base64 is skipped, wrong padding is mended, joined pieces are read on."""
    core = data.rstrip(b"= \t\r\n")
    if b"=" not in core:
        try:
            return pybase64.b64decode(core + b"=" * data.count(b"=", len(core)))
        except binascii.Error:
            pass
    return _mended_base64(data)


def _mended_base64(data: bytes) -> bytes:
    letters = data.translate(None, _NOT_BASE64)
    return b"".join(_base64_piece(piece) for piece in re.split(rb"=+", letters, maxsplit=MAX_BASE64_PIECES))


def _base64_piece(letters: bytes) -> bytes:
    letters = letters.replace(b"=", b"")
    letters = letters[:-1] if len(letters) % 4 == 1 else letters
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))


def addresses(value: bytes, charset: str | None = None) -> tuple[Sender, ...]:
    """The mailboxes of a From, To, Cc or Reply-To field, at most 100, junk skipped (RFC 5322, and worse)."""
    if len(value) > MAX_VALUE:
        value = value[:MAX_VALUE].rpartition(b",")[0] or value[:MAX_VALUE]
    raw = _FOLD.sub(b" ", value)
    # Encoded words hold no bytes of the grammar, so they stay until the list is cut.
    source = raw.decode("ascii") if raw.isascii() else charsets.decode(raw, charset)[0]
    found = _mailboxes(_SPACES.sub(" ", source))
    if not any(each.address for each in found) and "=?" in source:
        found = _mailboxes(_decode_words(raw, charset))
    return tuple(found[:MAX_ADDRESSES])


def _mailboxes(source: str) -> list[Sender]:
    found: list[Sender] = []
    names: list[str] = []
    address = ""
    source = _GROUP.sub(r"\1", source) if ";" in source else source
    named = False
    for item in _ADDRESS_ITEM.finditer(source):
        kind, word = item.lastgroup, item.group()
        if kind == "angle":
            address = address if address and "@" not in word else word[1:-1]
        elif kind == "quoted":
            names.append(word.strip('"').replace('\\"', '"').replace("\\\\", "\\"))
        elif kind != "comma":
            names.append(word)
            named = named or "@" in word
        elif address or named:
            _add(found, names, address)
            names, address, named = [], "", False
        else:
            names.append(",")
    _add(found, names, address)
    return found


def _add(found: list[Sender], names: list[str], address: str) -> None:
    name = "".join(names)
    if not address:
        bare = _ADDRESS.search(name)
        if bare is None:
            return
        address, name = bare.group(), (name[: bare.start()] + name[bare.end() :]).strip(" <>()")
    name = text(name.encode("utf-8", "replace")).strip(" '\"(),;:<>")
    address = _tidy_address(address)
    if address:
        found.append(Sender(address, "" if name == address else name))


def _tidy_address(address: str) -> str:
    """The addr-spec with its domain in lower case; empty when it is none."""
    address = _decode_words(address.encode("utf-8", "replace"), None) if "=?" in address else address
    found = _ADDRESS.search(address.replace(" ", ""))
    if found is None:
        return ""
    local, _, domain = found.group().strip("'.").rpartition("@")
    return f"{local.removeprefix('mailto')}@{domain.lower()}" if local and domain else ""


def message_ids(value: bytes) -> tuple[str, ...]:
    """The ids of a References or In-Reply-To field, oldest first, the newest 50, without angle brackets."""
    value = value[-64 * 1024 :]
    found = _MESSAGE_ID.findall(value) or _BARE_ID.findall(value)
    unique = dict.fromkeys(_id_text(each) for each in found[-MAX_REFERENCES:])
    return tuple(each for each in unique if each)


def message_id(value: bytes) -> str:
    """The id of a Message-ID field without angle brackets, however it is written; empty when there is none."""
    found = _MESSAGE_ID.search(value[:2000])
    return _id_text(found.group(1) if found else value[:998])


def _id_text(value: bytes) -> str:
    return "".join(charsets.decode(value)[0].split()).strip("<>")


def date(value: bytes) -> datetime | None:
    """The moment of a Date field in UTC, or None when it cannot be understood."""
    try:
        moment = parsedate_to_datetime(text(value[:200]))
        return (moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def content_type(value: bytes, default: str) -> tuple[str, dict[str, str]]:
    """`type/subtype` in lower case and its parameters."""
    found = _CONTENT_TYPE.match(value[:300].decode("latin-1"))
    kind = f"{found.group(1)}/{found.group(2)}".lower() if found else ""
    if not kind:
        word = value[:100].split(b";")[0].strip().lower()
        kind = {b"text": "text/plain", b"html": "text/html", b"plain": "text/plain"}.get(word, default)
    return kind, parameters(value)


def parameters(value: bytes) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition field, names in lower case (RFC 2231, 2047, raw)."""
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[bytes, bool]]] = {}
    for found in _PARAMETER.finditer(b";" + value[:MAX_VALUE].partition(b";")[2]):
        name, content = found.group(1).decode("latin-1").lower(), _unquote(found.group(2))
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(name, text(content))
            continue
        number = rest.rstrip("*")
        pieces.setdefault(base, {})[int(number) if number.isdecimal() and len(number) < 4 else 0] = (
            content,
            name.endswith("*"),
        )
    return plain | {name: _join(numbered) for name, numbered in pieces.items()}


def _unquote(content: bytes) -> bytes:
    content = content.strip()
    if content[:1] == b'"':
        content = content[1:-1] if len(content) > 1 and content[-1:] == b'"' else content[1:]
        return re.sub(rb'\\(["\\])', rb"\1", content)
    return content


def _join(numbered: dict[int, tuple[bytes, bool]]) -> str:
    """RFC 2231 pieces in order; the charset stands in front of the first encoded one."""
    charset: str | None = None
    data = b""
    for number in sorted(numbered):
        content, encoded = numbered[number]
        if encoded and charset is None and content.count(b"'") >= 2:
            label, _, content = content.split(b"'", 2)
            charset = label.decode("latin-1")
        data += unquote_to_bytes(content) if encoded else content
    return text(data, charset)
