"""Signing in and out: passwords, second factor, throttles and sessions, all in the database; fails closed."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, select, update

from helpdesk.errors import Invalid, NotSignedIn
from helpdesk.models import Account, AccountRole, WebSession
from helpdesk.people import second_factor
from helpdesk.people.accounts import desks_in, end_sessions, hashed, is_password
from helpdesk.people.addresses import normal
from helpdesk.people.attempts import count_try, forget_tries, one_at_a_time, tried
from helpdesk.security_log import note
from helpdesk.unit import Unit

TRIES_PER_ACCOUNT = 10
TRIES_IN_ALL = 200
WINDOW = dt.timedelta(minutes=15)
_NOTED_EVERY = dt.timedelta(minutes=1)
_WHO = (
    select(
        *(WebSession.id.label("session_id"), WebSession.seen_at, AccountRole.role),
        *(Account.id.label("account_id"), Account.name, Account.email, Account.active, Account.desks),
        *(Account.language, Account.theme, Account.shortcuts, Account.undo_seconds, Account.text_size, Account.density),
    )
    .join(Account, Account.id == WebSession.account_id)
    .outerjoin(AccountRole, AccountRole.account_id == Account.id)
    .where(WebSession.token_hmac == bindparam("digest"))
)
"""Written once: each request asks it."""


@dataclass(frozen=True, slots=True)
class SignInResult:
    """A session token, or the problem: wrong_password, code_needed, wrong_code or too_many."""

    token: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a session belongs to; `shortcuts` is None for somebody who never chose, `desks` for who works for all.

    `ends`: when the session ends if nothing is done any more. `touch_due`: it is to be noted now that it is in use.
    """

    account_id: int
    session_id: int
    name: str
    email: str
    roles: frozenset[str]
    language: str | None
    ends: dt.datetime
    theme: str | None = None
    shortcuts: str | None = None
    undo_seconds: int | None = None
    text_size: int = 100
    density: str = "normal"
    desks: frozenset[str] | None = None
    touch_due: bool = False


def _throttled(unit: Unit, email: str) -> bool:
    """Count this try; true when the account, or the whole door, had too many in the window.

    What was asked at other doors, such as that of people who ask, closes this one to nobody.
    """
    own, door = _keys(unit, email)
    one_at_a_time(unit, own)
    before, at_the_door = tried(unit, own, WINDOW), tried(unit, door, WINDOW)
    count_try(unit, own)
    return before >= TRIES_PER_ACCOUNT or at_the_door >= TRIES_IN_ALL


def _keys(unit: Unit, email: str) -> tuple[str, str]:
    """Under what tries are counted: those of one account, and the refused ones of the whole door."""
    keys = unit.ports.keys
    return keys.word_digest("sign-in", normal(email)), keys.word_digest("sign-ins", "all")


def sign_in(unit: Unit, email: str, password: str, code: str | None = None) -> SignInResult:
    """Try to sign in; the try is counted whatever comes of it, so commit the unit in any case."""
    if _throttled(unit, email):
        return SignInResult(None, "too_many")
    account = unit.session.scalar(select(Account).where(Account.email == normal(email)))
    if account is None or not is_password(account, password[:500]):
        return _refused(unit, email, account, "wrong_password")
    if account.totp_secret:
        if not code:
            return SignInResult(None, "code_needed")
        if not second_factor.matches(unit, account, code):
            return _refused(unit, email, account, "wrong_code")
    forget_tries(unit, _keys(unit, email)[0])
    return SignInResult(open_session(unit, account.id))


def _refused(unit: Unit, email: str, account: Account | None, problem: str) -> SignInResult:
    """Note the refusal, whether there is such an account or not; the throttle keeps these lines from being many."""
    count_try(unit, _keys(unit, email)[1])
    note(unit, f"sign_in.{problem}", "account", account.id if account else None)
    return SignInResult(None, problem)


def open_session(unit: Unit, account_id: int) -> str:
    """A session for who proved just now that the account is theirs. Returns its token."""
    token = secrets.token_urlsafe(32)
    unit.session.add(
        WebSession(
            token_hmac=unit.ports.keys.session_digest(token),
            account_id=account_id,
            created_at=unit.now,
            seen_at=unit.now,
            data={},
        )
    )
    unit.session.flush()
    return token


def session_for(unit: Unit, token: str) -> SignedIn:
    """Who the token belongs to. Raises NotSignedIn when it is unknown, idle for too long, or the account is closed."""
    rows = unit.session.execute(_WHO, {"digest": unit.ports.keys.session_digest(token)}).all()
    if not rows:
        raise NotSignedIn("Sign in to go on.")
    row = rows[0]
    ends = row.seen_at + dt.timedelta(hours=unit.ports.settings.session_hours)
    if not row.active or ends < unit.now:
        raise NotSignedIn("Your session has ended. Sign in to go on.")
    return SignedIn(
        row.account_id,
        row.session_id,
        row.name,
        row.email,
        frozenset(one.role for one in rows if one.role),
        row.language,
        ends,
        row.theme,
        row.shortcuts,
        row.undo_seconds,
        row.text_size or 100,
        row.density or "normal",
        desks_in(row.desks),
        row.seen_at < unit.now - _NOTED_EVERY,
    )


def touch(unit: Unit, session_id: int) -> None:
    """Note that the session is in use, at most once a minute."""
    unit.session.execute(
        update(WebSession)
        .where(WebSession.id == session_id, WebSession.seen_at < unit.now - _NOTED_EVERY)
        .values(seen_at=unit.now)
    )


def sign_out(unit: Unit, token: str) -> None:
    """End the session of this token, and the streams it opened."""
    mine = delete(WebSession).where(WebSession.token_hmac == unit.ports.keys.session_digest(token))
    for session_id in unit.session.scalars(mine.returning(WebSession.id)):
        unit.hint(f"session:staff-{session_id}", {"kind": "ended"})


def sign_out_everywhere(unit: Unit, account_id: int) -> int:
    """End every session of the account; returns how many."""
    return end_sessions(unit, account_id)


def change_password(unit: Unit, account_id: int, old: str, new: str) -> None:
    """Replace one's own password and end all sessions. Raises Invalid when the old one is wrong."""
    account = unit.session.get_one(Account, account_id)
    if not is_password(account, old):
        raise Invalid("The present password is not right.", field="old")
    account.password_hash = hashed(new)
    end_sessions(unit, account_id)


def set_language(unit: Unit, account_id: int, language: str) -> None:
    """Remember the language an account chose."""
    if language not in ("nl", "en"):
        raise Invalid("Choose Dutch or English.", field="language")
    unit.session.execute(update(Account).where(Account.id == account_id).values(language=language))


def forget_old_sessions(unit: Unit) -> None:
    """Delete sessions that have ended by themselves."""
    limit = unit.now - dt.timedelta(hours=unit.ports.settings.session_hours)
    unit.session.execute(delete(WebSession).where(WebSession.seen_at < limit))
