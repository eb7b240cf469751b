"""Accounts of the people who work here: sign-in, roles, sessions and throttles."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, Json, UtcTime, own_id, personal, plain

ROLES = (
    "advisor",
    "functional_admin",
    "privacy_officer",
    "record_manager",
    "technical_admin",
    "auditor",
    "cfb",
)
THEMES = ("light", "dark")
SHORTCUTS = ("on", "off", "ctrl")
TEXT_SIZES = (100, 112, 125)
DENSITIES = ("roomy", "normal", "compact")
UNDO_SECONDS = (0, 5, 10, 20, 30)


class Account(Base):
    """A member of staff who signs in."""

    __tablename__ = "account"

    id: Mapped[int] = own_id()
    email: Mapped[str] = personal("staff", String(320), unique=True)
    name: Mapped[str] = personal("staff", String(200))
    password_hash: Mapped[str | None] = personal("staff", String(200))
    totp_secret: Mapped[str | None] = personal("staff", String(64))
    language: Mapped[str | None] = personal("preference", String(8))
    signature: Mapped[str | None] = personal("staff", String(2000))
    theme: Mapped[str | None] = personal("preference", String(8))
    shortcuts: Mapped[str | None] = personal("preference", String(8))
    notify_mail: Mapped[bool | None] = personal("preference")
    undo_seconds: Mapped[int | None] = personal("preference")
    text_size: Mapped[int | None] = personal("preference")
    density: Mapped[str | None] = personal("preference", String(8))
    work_subject: Mapped[str | None] = plain(
        "keyed digest of the work account that signs in to it", String(64), index=True, unique=True
    )
    totp_step: Mapped[int | None] = plain("the newest time step whose code was used (RFC 6238 5.2)")
    desks: Mapped[str | None] = plain("keys of the desks it works for, by spaces; none stands for all", String(400))
    active: Mapped[bool] = plain("whether the account may sign in", default=True)
    created_at: Mapped[dt.datetime] = plain("time of the row", UtcTime)
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class AccountRole(Base):
    """One role of one account."""

    __tablename__ = "account_role"
    __table_args__ = (UniqueConstraint("account_id", "role"),)

    id: Mapped[int] = own_id()
    account_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"), index=True)
    role: Mapped[str] = plain("one of the fixed roles", String(32))
    desk_key: Mapped[str | None] = plain("the desk the role is for; none means all", String(64))
    granted_at: Mapped[dt.datetime | None] = plain("time of the grant; none was there from the start", UtcTime)
    granted_by_id: Mapped[int | None] = plain("points at an account", BigId)


class WebSession(Base):
    """A signed-in browser; the cookie holds the token, the row only its HMAC, so a stolen database opens no session."""

    __tablename__ = "web_session"

    id: Mapped[int] = own_id()
    token_hmac: Mapped[str] = plain("keyed digest of a random token", String(64), unique=True)
    account_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"), index=True)
    created_at: Mapped[dt.datetime] = plain("time of sign-in", UtcTime)
    seen_at: Mapped[dt.datetime] = plain("time of the last request, to the minute", UtcTime)
    data: Mapped[dict[str, Any]] = plain("codes of messages to show once, never text of people", Json, default=dict)


class SignInLink(Base):
    """A link mailed to somebody who forgot the password: works once and for a short while; only its HMAC is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = own_id()
    account_id: Mapped[int] = plain("points at an account", BigId, ForeignKey("account.id"), index=True)
    token_hmac: Mapped[str] = plain("keyed digest of the link's token", String(64), unique=True)
    expires_at: Mapped[dt.datetime] = plain("time from which it is worth nothing", UtcTime)


class SpentToken(Base):
    """Something signed that was used, so that it opens nothing again; the row goes when it would be too old anyway."""

    __tablename__ = "spent_token"

    digest: Mapped[str] = plain("keyed digest of what was used", String(64), primary_key=True)
    expires_at: Mapped[dt.datetime] = plain("time from which it is worth nothing", UtcTime, index=True)


class SearchQuery(Base):
    """What was typed in the search box, kept with the session so that no address holds it; gone with the session."""

    __tablename__ = "search_query"

    id: Mapped[str] = plain("random id in the address", String(32), primary_key=True)
    session_id: Mapped[int] = plain(
        "points at a session", BigId, ForeignKey("web_session.id", ondelete="CASCADE"), index=True
    )
    query: Mapped[str] = personal("conversation", String(500))
    created_at: Mapped[dt.datetime] = plain("time of the search", UtcTime)


class Attempt(Base):
    """One try at a throttled door; rows go after a day."""

    __tablename__ = "attempt"

    id: Mapped[int] = own_id()
    key_hmac: Mapped[str] = plain("keyed digest of what is throttled", String(64), index=True)
    at: Mapped[dt.datetime] = plain("time of the try", UtcTime)


class AccessLog(Base):
    """Who read the content of which ticket, when and how; destroyed with the ticket (RD-110)."""

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "account_id", "id"), Index(None, "at"))

    id: Mapped[int] = own_id()
    ticket_id: Mapped[int] = plain("points at a ticket", BigId, ForeignKey("ticket.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = personal("security_log", BigId, ForeignKey("account.id"))
    verb: Mapped[str] = plain("how it was read, a fixed word", String(32))
    at: Mapped[dt.datetime] = personal("security_log", UtcTime)
