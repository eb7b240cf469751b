"""How people who ask sign in: a link and a code by mail, each good once, for a quarter of an hour.

Nobody learns from it which addresses are known: whatever is asked for, the same is counted, written and answered.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, insert, select, update

from helpdesk.errors import Conflict, Invalid
from helpdesk.mail.header_fields import sendable
from helpdesk.mail.outbox import is_ours, queue_sign_in
from helpdesk.models import Address, BlockedSender, OutgoingRecipient, RequesterLink
from helpdesk.people.addresses import normal
from helpdesk.people.attempts import count_try, one_at_a_time, tried
from helpdesk.people.requester_sessions import open_session
from helpdesk.unit import Unit

LIFETIME = dt.timedelta(minutes=15)
ASKED_PER_ADDRESS, ASKED_PER_DAY = 4, 20
ASKED_IN_ALL = 400
WRONG_CODES = 10
_DAY = dt.timedelta(days=1)
_LONGEST = 254
"""Characters of an address that mail can be sent to (RFC 5321 4.5.3.1.3)."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The token of a session, or the problem: wrong_code, locked or link."""

    token: str | None
    problem: str | None = None


def ask_for_link(unit: Unit, address: str, language: str) -> str | None:
    """Queue the mail, if this address may sign in. Returns what the browser keeps to enter the code with.

    None when too many were asked for: for this address, or in all. Commit in any case. Raises Invalid for what is no
    address.
    """
    value = _checked(address)
    if _throttled(unit, value):
        return None
    wanted = may_sign_in(unit, value)
    mail = queue_sign_in(unit, value, language, unit.now + LIFETIME, wanted=wanted)
    unit.rows.write()
    keys, browser = unit.ports.keys, secrets.token_urlsafe(32)
    token, code = keys.link_token(mail.seed), keys.link_code(mail.seed)
    if not wanted:
        token, code = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    link = {
        "outgoing_id": mail.id,
        "token_hmac": keys.session_digest(token),
        "code_hmac": keys.session_digest(f"{browser}:{code}"),
        "browser_hmac": keys.session_digest(browser),
        "wrong_codes": 0,
        "expires_at": unit.now + LIFETIME,
    }
    unit.session.execute(insert(RequesterLink).values(link))
    return browser


def is_address(value: str) -> bool:
    """Whether mail can be sent to this normalised address."""
    local, _at, domain = value.rpartition("@")
    return bool(local) and "." in domain and len(value) <= _LONGEST and sendable(value) is not None


def _checked(address: str) -> str:
    value = normal(address)
    if not is_address(value):
        raise Invalid("Write your e-mail address, such as name@example.org.", field="email")
    return value


def _throttled(unit: Unit, address: str) -> bool:
    """Count this request under its address and under the door; a refused one is not counted again."""
    keys = unit.ports.keys
    own, door = keys.word_digest("requester-link", address), keys.word_digest("requester-links", "all")
    one_at_a_time(unit, own)
    if (
        tried(unit, own, LIFETIME) >= ASKED_PER_ADDRESS
        or tried(unit, own, _DAY) >= ASKED_PER_DAY
        or tried(unit, door, LIFETIME) >= ASKED_IN_ALL
    ):
        return True
    count_try(unit, own, door)
    return False


def may_sign_in(unit: Unit, address: str) -> bool:
    """An address that is known, or of a domain the operator named; never one of our own, or a blocked sender's."""
    if not is_address(address):
        return False
    known = unit.session.scalar(select(Address.id).where(Address.value == address)) is not None
    blocked = unit.session.scalar(select(BlockedSender.id).where(BlockedSender.address == address)) is not None
    named = address.rpartition("@")[2] in {domain.lower() for domain in unit.ports.settings.portal_domains}
    return (known or named) and not blocked and not is_ours(unit.ports.settings, address)


def _good(unit: Unit) -> ColumnElement[bool]:
    return RequesterLink.used_at.is_(None) & (RequesterLink.expires_at > unit.now)


def masked(address: str) -> str:
    """An address so that its owner knows it and nobody else reads it: f•••@example.org."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}"


def whose(unit: Unit, token: str) -> str | None:
    """The masked address that the link signs in, none when it does not work any more; reads only."""
    found = (
        select(OutgoingRecipient.address)
        .join(RequesterLink, RequesterLink.outgoing_id == OutgoingRecipient.outgoing_id)
        .where(RequesterLink.token_hmac == unit.ports.keys.session_digest(token), _good(unit))
    )
    address = unit.session.scalar(found)
    return None if address is None else masked(address)


def redeem(unit: Unit, token: str) -> str:
    """Use the link up and open a session; returns its token. Of any number at once one succeeds.

    Raises Conflict (`link`) for a link that does not work any more.
    """
    session = _used(unit, RequesterLink.token_hmac == unit.ports.keys.session_digest(token))
    if session is None:
        raise Conflict("This link does not work any more. Ask for a new one.", code="link")
    return session


def _used(unit: Unit, which: ColumnElement[bool]) -> str | None:
    """Use a link up in one statement, so that it opens one session at most."""
    used = update(RequesterLink).where(which, _good(unit)).values(used_at=unit.now)
    outgoing_id = unit.session.scalar(
        used.returning(RequesterLink.outgoing_id), execution_options={"synchronize_session": False}
    )
    if outgoing_id is None:
        return None
    asked = select(OutgoingRecipient.address).where(OutgoingRecipient.outgoing_id == outgoing_id)
    return open_session(unit, unit.session.scalars(asked).one())


def redeem_code(unit: Unit, browser: str, code: str) -> Entered:
    """Enter the code of the mail in the browser that asked for it. Commit in any case: a wrong one is counted.

    After ten wrong ones the code is worth nothing any more; the link of the same mail still is.
    """
    keys = unit.ports.keys
    mine = RequesterLink.browser_hmac == keys.session_digest(browser)
    tried = (
        update(RequesterLink)
        .where(mine, _good(unit), RequesterLink.wrong_codes < WRONG_CODES)
        .values(wrong_codes=RequesterLink.wrong_codes + 1)
        .returning(RequesterLink.code_hmac, RequesterLink.wrong_codes)
    )
    found = unit.session.execute(tried, execution_options={"synchronize_session": False}).one_or_none()
    if found is None:
        locked = unit.session.scalar(select(RequesterLink.id).where(mine, _good(unit))) is not None
        return Entered(None, "locked" if locked else "link")
    digits = "".join(sign for sign in code if sign.isdigit())
    if not hmac.compare_digest(found.code_hmac, keys.session_digest(f"{browser}:{digits}")):
        return Entered(None, "locked" if found.wrong_codes >= WRONG_CODES else "wrong_code")
    session = _used(unit, mine)
    return Entered(session, None if session else "link")
