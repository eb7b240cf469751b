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


def _mac(key: bytes, kid: str, ticket_id: int, entry_id: int) -> str:
    digest = hmac.new(key, f"{ticket_id}:{entry_id}:{kid}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest).decode().lower()[:20]


def make_token(keys: Keys, ticket_id: int, entry_id: int) -> str:
    """A token under the current key; 100 bits of HMAC-SHA-256, safe in a local part whatever folds its case."""
    mac = _mac(keys.tokens[keys.current], keys.current, ticket_id, entry_id)
    return f"{keys.current}-{ticket_id:x}-{entry_id:x}-{mac}"


def read_token(keys: Keys, token: str) -> Reference | None:
    """What the token says, when one of our keys, old ones included, signed it; else nothing."""
    match = _TOKEN.fullmatch(token.lower())
    if match is None or match.group(1) not in keys.tokens:
        return None
    kid, ticket_id, entry_id = match.group(1), int(match.group(2), 16), int(match.group(3), 16)
    if not hmac.compare_digest(match.group(4), _mac(keys.tokens[kid], kid, ticket_id, entry_id)):
        return None
    return Reference(ticket_id, entry_id)


def message_id_with(token: str, domain: str) -> str:
    """A new Message-ID of ours that carries the token, without angle brackets."""
    return f"hd.{token}.{secrets.token_hex(5)}@{domain}"


def tokens_in(keys: Keys, addresses: Iterable[str], message_ids: Iterable[str]) -> list[Reference]:
    """Every valid token among recipients and Message-IDs, the latter newest first, each once."""
    found = [match.group(1) for address in addresses if (match := _IN_ADDRESS.search(address))]
    found += [match.group(1) for item in message_ids if (match := _IN_MESSAGE_ID.match(item))]
    read = (read_token(keys, token) for token in found)
    return list(dict.fromkeys(reference for reference in read if reference is not None))
