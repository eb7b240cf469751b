"""Signing in with the work account, by the provider the operator named: for people who ask, and for staff.

A sign-in that is begun is written down nowhere: its state is signed, belongs to one browser and one door, and is used
up when it comes back. What the provider must give back with it follows from the same words and our key.
"""

from __future__ import annotations

import datetime as dt
import hmac
import secrets

from sqlalchemy import select, update

from helpdesk.errors import Conflict, NotFound
from helpdesk.models import Account
from helpdesk.people.addresses import normal
from helpdesk.people.requester_sessions import open_session as open_requester_session
from helpdesk.people.sign_in import open_session
from helpdesk.people.spent import spend
from helpdesk.ports import Asked, Ports, WorkAccount, WorkAccounts
from helpdesk.security_log import note
from helpdesk.sign_in.requesters import is_address, may_sign_in
from helpdesk.unit import Unit

LIFETIME = dt.timedelta(minutes=10)
"""How long somebody may take at the provider."""
STAFF, REQUESTER = "staff", "requester"
"""The two doors: a sign-in that was begun at one ends at no other."""

UNKNOWN = frozenset({"work_unverified", "work_unknown", "work_other", "work_code"})
"""Codes of refusals of somebody whom the provider did sign in."""


def provider(ports: Ports) -> WorkAccounts:
    """The provider. Raises NotFound where the operator named none: then there is no such way in."""
    if ports.work_accounts is None:
        raise NotFound("There is no such page.")
    return ports.work_accounts


def begin(ports: Ports, door: str, browser: str, redirect_uri: str) -> str:
    """Where this browser goes to sign in; `browser` is a random word that it keeps. Raises NotFound, Unavailable."""
    there, now = provider(ports), ports.now()
    begun = f"{door}.{int(now.timestamp())}.{secrets.token_urlsafe(24)}"
    state = f"{begun}.{_seal(ports, browser, begun)}"
    return there.sign_in_address(_asked(ports, browser, state, redirect_uri), now)


def _seal(ports: Ports, browser: str, word: str) -> str:
    return ports.keys.session_digest(f"work-account:{browser}:{word}")


def _asked(ports: Ports, browser: str, state: str, redirect_uri: str) -> Asked:
    """The nonce (Core 3.1.2.1) and the PKCE verifier (RFC 7636 4.1) of this state in this browser."""
    nonce, verifier = (_seal(ports, browser, f"{what}:{state}") for what in ("nonce", "verifier"))
    return Asked(redirect_uri, state, nonce, verifier)


def come_back(unit: Unit, door: str, browser: str, state: str, redirect_uri: str) -> Asked:
    """Use a state up; of any number who bring it at once one succeeds. Commit whatever the provider says next.

    Raises Conflict (`work_state`) for one that is forged, too old, of another browser or door, or used.
    """
    begun, _dot, seal = state.rpartition(".")
    said_door, _, rest = begun.partition(".")
    whole = bool(browser) and hmac.compare_digest(seal.encode(), _seal(unit.ports, browser, begun).encode())
    if whole and said_door == door:
        at = dt.datetime.fromtimestamp(int(rest.partition(".")[0]), dt.UTC)
        if at <= unit.now < at + LIFETIME and spend(unit, "work-account", state, at + LIFETIME):
            return _asked(unit.ports, browser, state, redirect_uri)
    raise Conflict("This sign-in is too old, or was used already. Start again.", code="work_state")


def _address(who: WorkAccount) -> str:
    address = normal(who.address or "")
    if not is_address(address):
        raise Conflict(
            "Your work account has no e-mail address that is confirmed. Ask your IT service to confirm it, or sign in "
            "another way.",
            code="work_unverified",
        )
    return address


def enter(unit: Unit, who: WorkAccount) -> str:
    """A session for somebody who asks, by the address the provider verified; returns its token.

    The rules are those of sign-in by mail. Raises Conflict: `work_unverified`, or `work_unknown` for an address that
    may not sign in.
    """
    address = _address(who)
    if not may_sign_in(unit, address):
        raise Conflict(
            "We do not know the address of your work account. Mail us your question, or sign in with the address from "
            "which you mailed us before.",
            code="work_unknown",
        )
    return open_requester_session(unit, address)


def enter_staff(unit: Unit, who: WorkAccount) -> str:
    """A session for the account that this work account signs in to; returns its token. Its roles stay as they are.

    The first time the verified address finds the account, from then on the provider's own name for the person, so that
    an address that passes on to somebody else opens nothing. Raises Conflict: `work_unverified`, `work_unknown`,
    `work_other` for an account that belongs to another work account, and `work_code` for one that asks for a code, with
    which the password goes.
    """
    subject = unit.ports.keys.word_digest("work-account", f"{unit.ports.settings.oidc_issuer} {who.subject}")
    account = _account_of(unit, subject, who)
    if account.totp_secret:
        raise Conflict(
            "This account asks for a code of an authenticator app. Sign in with your password and the code.",
            code="work_code",
        )
    mine = (Account.id == account.id) & ((Account.work_subject == subject) | Account.work_subject.is_(None))
    bound = update(Account).where(mine).values(work_subject=subject).returning(Account.id)
    if unit.session.scalar(bound.execution_options(synchronize_session=False)) is None:
        raise Conflict(
            "This account belongs to another work account. Ask the technical administrator to part them.",
            code="work_other",
        )
    return open_session(unit, account.id)


def _account_of(unit: Unit, subject: str, who: WorkAccount) -> Account:
    account = unit.session.scalar(select(Account).where(Account.work_subject == subject))
    if account is None:
        account = unit.session.scalar(select(Account).where(Account.email == _address(who)))
    if account is None or not account.active:
        raise Conflict(
            "There is no account here for your work account. Ask the functional administrator for one.",
            code="work_unknown",
        )
    return account


def note_refused(unit: Unit) -> None:
    """Write into the security log that a work account was not let in; of whom it was nothing is written down."""
    note(unit, "sign_in.work_account", "account")
