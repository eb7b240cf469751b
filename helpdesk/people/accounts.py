"""Accounts of staff: making, changing and closing them."""

from __future__ import annotations

import datetime as dt
import functools
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from helpdesk.errors import Invalid, NotFound
from helpdesk.models import Account, AccountRole, SignInLink, WebSession
from helpdesk.models.account import ROLES
from helpdesk.people.addresses import normal
from helpdesk.security_log import note
from helpdesk.unit import Actor, Unit

PASSWORDS = PasswordHasher()
_SHORTEST = 12


@dataclass(frozen=True, slots=True)
class Staff:
    """An account as lists show it."""

    id: int
    name: str
    email: str
    active: bool
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class SessionView:
    """An open session of an account."""

    id: int
    created_at: dt.datetime
    seen_at: dt.datetime


def hashed(password: str) -> str:
    """The argon2id hash. Raises Invalid for a password that is too short."""
    if len(password) < _SHORTEST:
        raise Invalid("A password has at least {count} characters.", field="password", count=_SHORTEST)
    return PASSWORDS.hash(password)


@functools.cache
def _nobodys_hash() -> str:
    return PASSWORDS.hash(secrets.token_hex(16))


def is_password(account: Account | None, password: str) -> bool:
    """Whether the password is right; takes as long for an account that does not exist."""
    try:
        PASSWORDS.verify((account and account.password_hash) or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return account is not None and account.active and account.password_hash is not None


def account_named(unit: Unit, email: str) -> Account:
    """The account with this address; NotFound otherwise."""
    account = unit.session.scalar(select(Account).where(Account.email == normal(email)))
    if account is None:
        raise NotFound("There is no account with this address.")
    return account


def actor_named(unit: Unit, email: str) -> Actor:
    """The actor that an account which can sign in stands for; NotFound otherwise."""
    account = account_named(unit, email)
    if not account.active:
        raise NotFound("There is no account with this address.")
    roles = unit.session.scalars(select(AccountRole.role).where(AccountRole.account_id == account.id))
    return Actor(account.id, frozenset(roles), desks_of(account))


def desks_of(account: Account) -> frozenset[str] | None:
    """The desks that an account works for; none stands for all. Tickets of others are not there for it."""
    return desks_in(account.desks)


def desks_in(column: str | None) -> frozenset[str] | None:
    """The same of what an account's column says."""
    return None if column is None else frozenset(column.split())


def set_desks(unit: Unit, email: str, desks: Iterable[str]) -> None:
    """Say for which desks an account works; without any, for all. Raises Invalid for one that there is not."""
    account = account_named(unit, email)
    wanted, known = set(desks), {desk.key for desk in unit.ports.settings.desks}
    if unknown := wanted - known:
        raise Invalid(
            "There is no desk {desk}; choose from {desks}.",
            desk=", ".join(sorted(unknown)),
            desks=", ".join(sorted(known)),
        )
    account.desks = " ".join(sorted(wanted)) or None
    unit.session.flush()
    note(unit, "account.desks", "account", account.id)


def create_account(
    unit: Unit,
    email: str,
    name: str,
    roles: Iterable[str],
    password: str | None,
    language: str | None = None,
    *,
    from_start: bool = False,
) -> int:
    """A new account; without a password it can't sign in until one is set. Returns its id.

    Roles `from_start` count at once where a second person is needed; others a day after their grant (retention 4.4).
    """
    if "@" not in email or not name.strip():
        raise Invalid("An account needs a name and an e-mail address.", field="email")
    if unit.session.scalar(select(Account.id).where(Account.email == normal(email))) is not None:
        raise Invalid("There is already an account with this address.", field="email")
    account = Account(
        email=normal(email),
        name=name.strip()[:200],
        password_hash=hashed(password) if password else None,
        language=language,
        created_at=unit.now,
    )
    unit.session.add(account)
    unit.session.flush()
    set_roles(unit, email, roles, from_start=from_start)
    return account.id


def set_roles(unit: Unit, email: str, roles: Iterable[str], *, from_start: bool = False) -> None:
    """Replace the roles; one that stays keeps the time of its grant. Raises Invalid for one that does not exist."""
    account = account_named(unit, email)
    wanted = set(roles)
    if unknown := wanted - set(ROLES):
        raise Invalid("There is no role {role}; choose from {roles}.", role=", ".join(unknown), roles=", ".join(ROLES))
    mine = AccountRole.account_id == account.id
    there = set(unit.session.scalars(select(AccountRole.role).where(mine)))
    unit.session.execute(delete(AccountRole).where(mine, AccountRole.role.in_(there - wanted)))
    granted_at = None if from_start else unit.now
    unit.session.add_all(
        AccountRole(account_id=account.id, role=role, granted_at=granted_at, granted_by_id=unit.actor.account_id)
        for role in sorted(wanted - there)
    )
    unit.session.flush()
    if there != wanted:
        note(unit, "account.roles", "account", account.id)


def set_password(unit: Unit, email: str, password: str) -> None:
    """Replace the password and end every session of the account."""
    account = account_named(unit, email)
    account.password_hash = hashed(password)
    end_sessions(unit, account.id)


def part_work_account(unit: Unit, email: str) -> None:
    """Let another work account sign in to this account: the next one with its address; every session ends."""
    account = account_named(unit, email)
    account.work_subject = None
    end_sessions(unit, account.id)
    note(unit, "account.work_account", "account", account.id)


def deactivate(unit: Unit, email: str) -> None:
    """Close the account: nobody signs in with it, and its sessions end now."""
    account = account_named(unit, email)
    account.active = False
    end_sessions(unit, account.id)


def end_sessions(unit: Unit, account_id: int) -> int:
    """End every session of the account, and links that were mailed for its password; returns how many sessions."""
    ended = unit.session.scalars(
        delete(WebSession).where(WebSession.account_id == account_id).returning(WebSession.id)
    ).all()
    for session_id in ended:
        unit.hint(f"session:staff-{session_id}", {"kind": "ended"})
    unit.session.execute(delete(SignInLink).where(SignInLink.account_id == account_id))
    return len(ended)


def sessions_of(unit: Unit, email: str) -> list[SessionView]:
    """The open sessions of an account, newest first."""
    account = account_named(unit, email)
    rows = unit.session.scalars(
        select(WebSession).where(WebSession.account_id == account.id).order_by(WebSession.seen_at.desc())
    )
    return [SessionView(row.id, row.created_at, row.seen_at) for row in rows]


def staff(unit: Unit, *, active_only: bool = True) -> list[Staff]:
    """Accounts by name, with their roles."""
    return [one for one in unit.once(Staff, lambda: _everybody(unit)) if one.active or not active_only]


def account_names(unit: Unit) -> dict[int, str]:
    """How each account is called, those that are closed as well."""
    return {one.id: one.name for one in staff(unit, active_only=False)}


def _everybody(unit: Unit) -> list[Staff]:
    rows = unit.session.execute(
        select(Account.id, Account.name, Account.email, Account.active, AccountRole.role)
        .outerjoin(AccountRole, AccountRole.account_id == Account.id)
        .order_by(Account.name, Account.id)
    )
    each = groupby(rows, key=lambda row: (row.id, row.name, row.email, row.active))
    return [
        Staff(account_id, name, email, active, frozenset(row.role for row in held if row.role))
        for (account_id, name, email, active), held in each
    ]
