"""A forgotten password: a link by mail that works once, for a quarter of an hour. Tells nobody which accounts exist."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select

from helpdesk.errors import Conflict
from helpdesk.mail.outbox import queue_password_link
from helpdesk.models import Account, SignInLink
from helpdesk.people.accounts import end_sessions, hashed
from helpdesk.people.addresses import normal
from helpdesk.people.attempts import count_try, one_at_a_time, tried
from helpdesk.unit import Unit

LIFETIME = dt.timedelta(minutes=15)
ASKED_PER_ADDRESS = 3
ASKED_IN_ALL = 40


def ask_for_link(unit: Unit, email: str) -> bool:
    """Queue the mail, if there is such an account; False when too many were asked for. Commit in any case.

    Nothing depends on whether the account exists: neither the answer nor the throttle.
    """
    if _throttled(unit, email):
        return False
    unit.session.execute(delete(SignInLink).where(SignInLink.expires_at <= unit.now))
    account = unit.session.scalar(select(Account).where(Account.email == normal(email), Account.active.is_(True)))
    if account is not None and unit.ports.settings.public_url:
        mail = queue_password_link(unit, account.email, account.name, account.language, unit.now + LIFETIME)
        digest = unit.ports.keys.session_digest(unit.ports.keys.link_token(mail.seed))
        unit.session.add(SignInLink(account_id=account.id, token_hmac=digest, expires_at=unit.now + LIFETIME))
    return True


def _throttled(unit: Unit, email: str) -> bool:
    """Count this request under its address and under the door; a refused one is not counted again."""
    keys = unit.ports.keys
    own, door = keys.word_digest("password-link", normal(email)), keys.word_digest("password-links", "all")
    one_at_a_time(unit, own)
    if tried(unit, own, LIFETIME) >= ASKED_PER_ADDRESS or tried(unit, door, LIFETIME) >= ASKED_IN_ALL:
        return True
    count_try(unit, own, door)
    return False


def is_good(unit: Unit, token: str) -> bool:
    """Whether the link still works; reads only."""
    return _link(unit, token) is not None


def set_forgotten_password(unit: Unit, token: str, password: str) -> None:
    """Set the password by a link, which is used up with all others of the account; every session ends.

    A second factor stays asked for. Raises Conflict (`link`) for a link that doesn't work any more, Invalid for a
    password that is too short, which leaves the link good.
    """
    link = _link(unit, token)
    if link is None:
        raise Conflict("This link does not work any more. Ask for a new one.", code="link")
    account = unit.session.get_one(Account, link.account_id)
    account.password_hash = hashed(password)
    used = delete(SignInLink).where(SignInLink.token_hmac == link.token_hmac).returning(SignInLink.id)
    if unit.session.scalar(used) is None:
        raise Conflict("This link does not work any more. Ask for a new one.", code="link")
    end_sessions(unit, account.id)


def _link(unit: Unit, token: str) -> SignInLink | None:
    return unit.session.scalar(
        select(SignInLink)
        .join(Account, Account.id == SignInLink.account_id)
        .where(
            SignInLink.token_hmac == unit.ports.keys.session_digest(token),
            SignInLink.expires_at > unit.now,
            Account.active.is_(True),
        )
    )
