"""Bytes to text, whatever the mail claims about its charset. The only importer of cchardet; never raises."""

import codecs
import re
from functools import lru_cache

import cchardet

# What senders write -> the codec that reads what they mean (the WHATWG labels: the wider set wins).
_MEANT = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi_x3.4-1968": "cp1252",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "hz-gb-2312": "hz",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "x-windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "utf8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman",
    "x-mac-cyrillic": "mac-cyrillic",
    "koi8-ru": "koi8-u",
}
# Their bytes look like ASCII (or hold NULs), so they must be believed before UTF-8 is tried.
STATEFUL = frozenset({"utf-7", "hz", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})
_LABEL = re.compile(r"[a-z0-9][a-z0-9_.:+-]{1,39}")
_JAPANESE_SHIFT = re.compile(rb"\x1b\$[@B]|\x1b\([JI]")
_MULTIBYTE = frozenset({"utf-8", "gb18030", "cp949", "cp932", "big5hkscs", "euc_jp", "iso2022_jp_ext", "iso2022_kr"})


@lru_cache(maxsize=256)
def codec_for(label: str) -> str | None:
    """The Python codec that a charset label means, or None when there is no such text codec."""
    found = _LABEL.search(label.lower().replace(" ", ""))
    if found is None:
        return None
    name = found.group().rstrip(".:-_")
    name = _MEANT.get(name, name)
    for candidate in (name, name.removeprefix("x-"), name.replace("windows-", "cp").replace("cp-", "cp")):
        try:
            known = codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        # base64, zlib and the like are codecs too, but not of text; others are of names or of source code.
        fit = getattr(known, "_is_text_encoding", True) and known.name not in _NO_CHARSETS
        return _MEANT.get(known.name, known.name) if fit else None
    return None


def decode(data: bytes, declared: str | None = None) -> tuple[str, bool]:
    """The text of `data` and whether `declared` was missing or wrong for it.

    Order: UTF-8 when it is valid, the declared charset, a guess from the bytes, Windows-1252.
    """
    codec = codec_for(declared) if declared else None
    if codec in STATEFUL or (codec or "").startswith("iso2022"):
        text = _strict(data, codec or "")
        if text is not None:
            return clean(text), False
    if data.isascii():
        guess = "iso2022_jp_ext" if _JAPANESE_SHIFT.search(data) else "ascii"
        return clean(data.decode(guess, "replace")), declared is not None and codec is None
    text = _strict(data, "utf-8")
    if text is not None:
        return clean(text.removeprefix("\ufeff")), codec != "utf-8"
    return _decode_eight_bit(data, codec)


def _decode_eight_bit(data: bytes, codec: str | None) -> tuple[str, bool]:
    """For bytes that are no UTF-8: the declared codec where it fits, else a guess."""
    if codec is not None and codec != "utf-8":
        text = _strict(data, codec) if codec != "cp1252" else _windows_1252(data)
        if text is None and codec in _MULTIBYTE:
            text = _nearly(data, codec)
        if text is not None:
            return clean(text), False
    if codec == "utf-8":
        text = _nearly(data, codec)
        if text is not None:
            return clean(text), True
    guessed = cchardet.detect(data[:65536])
    name = codec_for(guessed["encoding"] or "") if (guessed["confidence"] or 0) > 0.3 else None
    text = (_strict(data, name) or _nearly(data, name)) if name and name != "cp1252" else None
    return clean(text if text is not None else _windows_1252(data)), True


def clean(text: str) -> str:
    """The text without NUL and without half surrogate pairs: neither can be stored or sent."""
    if "\0" in text:
        text = text.replace("\0", "")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _nearly(data: bytes, codec: str) -> str | None:
    """The text with replacement marks, when they are few (a cut or mixed text)."""
    try:
        text = data.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return None
    return text if text.count("\ufffd") <= 1 + len(text) // 50 else None


def _windows_1252(data: bytes) -> str:
    """Windows-1252, with the five bytes it leaves open read as Latin-1."""
    return codecs.charmap_decode(data, "strict", _WINDOWS_1252)[0]


_OPEN = frozenset({0x81, 0x8D, 0x8F, 0x90, 0x9D})
_WINDOWS_1252 = "".join(chr(byte) if byte in _OPEN else bytes((byte,)).decode("cp1252") for byte in range(256))
