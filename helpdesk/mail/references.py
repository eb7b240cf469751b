"""Signed tokens that lead an answer back to its ticket: made, put in Message-IDs and addresses, read. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from helpdesk.keys import Keys

_TOKEN = re.compile(r"([0-9a-z]{1,6})-([0-9a-f]{1,15})-([0-9a-f]{1,15})-([a-z2-7]{20})")
_IN_MESSAGE_ID = re.compile(rf"^hd\.({_TOKEN.pattern})\.[0-9a-z]+@", re.IGNORECASE)
_IN_ADDRESS = re.compile(rf"\+({_TOKEN.pattern})@", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a valid token says: the ticket, and the entry that was sent under it."""

    ticket_id: int
    entry_id: int


def _mac(key: bytes, signed: str) -> str:
    digest = hmac.new(key, signed.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:20]


def make_token(keys: Keys, ticket_id: int, entry_id: int) -> str:
    """A token under the current key; 100 bits of HMAC-SHA-256, safe in a local part whatever folds its case."""
    mac = _mac(keys.tokens[keys.current], f"{ticket_id}:{entry_id}:{keys.current}")
    return f"{keys.current}-{ticket_id:x}-{entry_id:x}-{mac}"


def read_token(keys: Keys, token: str) -> Reference | None:
    """What the token says, when one of our keys, old ones included, signed it; else nothing."""
    match = _TOKEN.fullmatch(token.lower())
    if match is None or match.group(1) not in keys.tokens:
        return None
    kid, ticket_id, entry_id = match.group(1), int(match.group(2), 16), int(match.group(3), 16)
    if not hmac.compare_digest(match.group(4), _mac(keys.tokens[kid], f"{ticket_id}:{entry_id}:{kid}")):
        return None
    return Reference(ticket_id, entry_id)


def make_return_token(keys: Keys, outgoing_id: int) -> str:
    """The token of one mail's return path (RFC 5321 4.4), in the same shape but signed for this use alone.

    It stands in no header that we write: who knows a Message-ID or Reply-To of ours can't make it.
    """
    mac = _mac(keys.tokens[keys.current], f"return:{outgoing_id}:{keys.current}")
    return f"{keys.current}-{outgoing_id:x}-0-{mac}"


def read_return_token(keys: Keys, token: str) -> int | None:
    """The id of the outgoing mail whose return path this is, when one of our keys signed it; else nothing."""
    match = _TOKEN.fullmatch(token.lower())
    if match is None or match.group(1) not in keys.tokens or match.group(3) != "0":
        return None
    kid, outgoing_id = match.group(1), int(match.group(2), 16)
    good = hmac.compare_digest(match.group(4), _mac(keys.tokens[kid], f"return:{outgoing_id}:{kid}"))
    return outgoing_id if good else None


def message_id_with(token: str, domain: str) -> str:
    """A new Message-ID of ours that carries the token, without angle brackets."""
    return f"hd.{token}.{secrets.token_hex(5)}@{domain}"


def tokens_in(keys: Keys, addresses: Iterable[str], message_ids: Iterable[str]) -> list[Reference]:
    """Every valid token among recipients and Message-IDs, the latter newest first, each once."""
    found = _in_addresses(addresses) + [match.group(1) for item in message_ids if (match := _IN_MESSAGE_ID.match(item))]
    read = (read_token(keys, token) for token in found)
    return list(dict.fromkeys(reference for reference in read if reference is not None))


def returned_to(keys: Keys, addresses: Iterable[str]) -> list[int]:
    """Ids of the outgoing mails whose return path is among these addresses, each once."""
    read = (read_return_token(keys, token) for token in _in_addresses(addresses))
    return list(dict.fromkeys(outgoing_id for outgoing_id in read if outgoing_id is not None))


def _in_addresses(addresses: Iterable[str]) -> list[str]:
    return [match.group(1) for address in addresses if (match := _IN_ADDRESS.search(address))]
