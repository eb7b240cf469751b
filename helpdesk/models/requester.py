"""Sign-in of people who ask: links and codes by mail, and the sessions that come of them; never mixed with staff's."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, plain


class RequesterLink(Base):
    """A sign-in link and code that were asked for: each works once, for a short while; only their HMACs are kept.

    There is one for any address that asks, known or not; for one that may not sign in nobody knows what would open it.
    """

    __tablename__ = "requester_link"

    id: Mapped[int] = own_id()
    outgoing_id: Mapped[int] = plain(
        "points at the mail, which has the address",
        BigId,
        ForeignKey("outgoing_mail.id", ondelete="CASCADE"),
        index=True,
    )
    token_hmac: Mapped[str] = plain("keyed digest of the link's token", String(64), unique=True)
    code_hmac: Mapped[str] = plain("keyed digest of browser and code", String(64))
    browser_hmac: Mapped[str] = plain("keyed digest of what the asking browser holds", String(64), unique=True)
    wrong_codes: Mapped[int] = plain("codes that were tried and not right", default=0)
    used_at: Mapped[dt.datetime | None] = plain("time it opened a session", UtcTime)
    expires_at: Mapped[dt.datetime] = plain("time from which it is worth nothing", UtcTime)


class RequesterSession(Base):
    """A browser signed in by one proven address; whose that is says the address, also when it changes hands."""

    __tablename__ = "requester_session"

    id: Mapped[int] = own_id()
    token_hmac: Mapped[str] = plain("keyed digest of a random token", String(64), unique=True)
    address_id: Mapped[int] = plain(
        "points at the address that was proven", BigId, ForeignKey("address.id", ondelete="CASCADE"), index=True
    )
    site: Mapped[str | None] = plain("origin of the page that vouched for the address; none: proven here", String(200))
    created_at: Mapped[dt.datetime] = plain("time of sign-in", UtcTime)
    ends: Mapped[dt.datetime] = plain("time it ends unless it is used before, to the minute", UtcTime)
