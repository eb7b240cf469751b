"""The optional second factor: codes of an authenticator app (RFC 6238), each good for one sign-in."""

from __future__ import annotations

import hmac

import pyotp

from helpdesk.errors import Invalid
from helpdesk.models import Account
from helpdesk.people.accounts import account_named, end_sessions, is_password
from helpdesk.unit import Unit

_WINDOW = (-1, 0, 1)
_SECRET_LENGTH = 32


def fresh_secret() -> str:
    """A secret for an app, in base 32: 160 random bits (RFC 4226 4)."""
    return pyotp.random_base32(_SECRET_LENGTH)


def app_address(secret: str, email: str, issuer: str) -> str:
    """What an authenticator app reads from the picture or the link: an `otpauth:` address."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def matches(unit: Unit, account: Account, code: str) -> bool:
    """Whether the code is right now, half a minute of drift allowed, and was not used before; it is used up by this."""
    step = _step(unit, account.totp_secret or "", code)
    if step is None or (account.totp_step is not None and step <= account.totp_step):
        return False
    account.totp_step = step
    return True


def _step(unit: Unit, secret: str, code: str) -> int | None:
    """The time step whose code this is."""
    totp = pyotp.TOTP(secret)
    now = totp.timecode(unit.now)
    given = code.replace(" ", "")
    return next((now + at for at in _WINDOW if _same(totp.generate_otp(now + at), given)), None)


def _same(expected: str, given: str) -> bool:
    return hmac.compare_digest(expected.encode(), given.encode())


def turn_on(unit: Unit, account_id: int, password: str, secret: str, code: str) -> None:
    """Ask for a code at every sign-in from now on. The code proves that the app has the secret.

    Raises Invalid (field password or code), and for a secret that is not one of `fresh_secret`.
    """
    account = _proven(unit, account_id, password)
    if account.totp_secret:
        raise Invalid("Signing in with a code is on already.", field="code")
    if len(secret) != _SECRET_LENGTH or not set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"):
        raise Invalid("This code is not right. Give the newest one.", field="code")
    step = _step(unit, secret, code)
    if step is None:
        raise Invalid("This code is not right. Give the newest one.", field="code")
    account.totp_secret, account.totp_step = secret, step


def turn_off(unit: Unit, account_id: int, password: str) -> None:
    """Ask for no code any more. Raises Invalid when the password is wrong."""
    account = _proven(unit, account_id, password)
    account.totp_secret = account.totp_step = None


def take_off(unit: Unit, email: str) -> None:
    """For an administrator, when the app is lost: no code any more, and all sessions of the account end."""
    account = account_named(unit, email)
    account.totp_secret = account.totp_step = None
    end_sessions(unit, account.id)


def is_on(unit: Unit, account_id: int) -> bool:
    """Whether signing in asks this account for a code."""
    return bool(unit.session.get_one(Account, account_id).totp_secret)


def _proven(unit: Unit, account_id: int, password: str) -> Account:
    account = unit.session.get_one(Account, account_id)
    if not is_password(account, password):
        raise Invalid("The present password is not right.", field="password")
    return account
