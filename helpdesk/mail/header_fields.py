"""Header fields of our own mails as folded ASCII lines (RFC 5322, RFC 2047). Pure.

Must not: trust a word it is given. Names, subjects and ids come from strangers; none can break or add a field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from email.header import Header

from helpdesk.mail.incoming import Sender

CRLF = "\r\n"
_LINE = 76
_TEXT_LIMIT = 2000
_WORD_LIMIT = 200
_QUOTED_NAME_LIMIT = 60
_BOM = "\ufeff"
_PLAIN = re.compile(r"[ -~]*")
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(
    r"(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*"
)
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,900}")


def one_line(text: str, limit: int = _TEXT_LIMIT) -> str:
    """Text that fits on one line: spaces and control characters become single spaces, half pairs question marks."""
    whole = text[: 4 * limit].encode("utf-8", "replace").decode()
    spaced = "".join(" " if letter == _BOM or unicodedata.category(letter) == "Cc" else letter for letter in whole)
    return " ".join(spaced.split())[:limit].strip()


def sendable(address: str) -> str | None:
    """The address as SMTP without SMTPUTF8 takes it: an ASCII local part, the domain in IDNA; None when it is none.

    A domain under `invalid` never exists (RFC 6761 6.4).
    """
    local, at, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if domain.lower().endswith(".invalid"):
        return None
    if not at or len(local) > _WORD_LIMIT or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return f"{local}@{domain}"


def text_field(name: str, text: str) -> str:
    """An unstructured field such as Subject; encoded words where ASCII can't say it."""
    words = one_line(text)
    if _is_plain(words):
        return _folded(name, words.split(" "))
    return f"{name}: {_encoded(words, len(name) + 2)}{CRLF}"


def address_field(name: str, mailboxes: Sequence[Sender]) -> str:
    """A field of mailboxes such as To; those that can't be sent to are left out, and with none there is no field."""
    shown = [
        _mailbox(one_line(mailbox.name, 300), address, len(name) + 2)
        for mailbox in mailboxes
        if (address := sendable(mailbox.address))
    ]
    return f"{name}: {f',{CRLF} '.join(shown)}{CRLF}" if shown else ""


def ids_field(name: str, message_ids: Sequence[str]) -> str:
    """A field of Message-IDs (given without angle brackets), never encoded or cut; with none there is no field."""
    return _folded(name, [f"<{item}>" for item in message_ids]) if message_ids else ""


def usable_ids(message_ids: Sequence[str]) -> list[str]:
    """The ids that may stand in a header of ours: ASCII, no space, no bracket, not endless."""
    bare = (item.strip().removeprefix("<").removesuffix(">") for item in message_ids)
    return [item for item in bare if _MESSAGE_ID.fullmatch(item)]


def _is_plain(words: str) -> bool:
    fits = _PLAIN.fullmatch(words) is not None and "=?" not in words
    return fits and all(len(word) <= _WORD_LIMIT for word in words.split(" "))


def _folded(name: str, words: Sequence[str]) -> str:
    lines = [f"{name}:"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) > _LINE and not lines[-1].endswith(":"):
            lines.append("")
        lines[-1] += f" {word}"
    return CRLF.join(lines) + CRLF


def _encoded(words: str, taken: int) -> str:
    return Header(words, "utf-8", maxlinelen=_LINE, header_name="x" * max(taken - 2, 0)).encode(linesep=CRLF)


def _mailbox(name: str, address: str, taken: int) -> str:
    if not name or name == address:
        return address
    if _is_plain(name) and len(name) <= _QUOTED_NAME_LIMIT:
        escaped = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}" <{address}>'
    return f"{_encoded(name, taken)}{CRLF} <{address}>"
