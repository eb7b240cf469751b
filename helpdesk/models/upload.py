"""Files on their way: sent in pieces ahead of the form they belong to, and gone after a day when no form came."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, UtcTime, own_id, personal, plain


class Upload(Base):
    """A file that somebody sends; whose it is says the address or the account, and neither once those are gone."""

    __tablename__ = "upload"

    id: Mapped[int] = own_id()
    mark: Mapped[str] = plain("keyed digest of who sends it and of the page's random id", String(64), unique=True)
    address_id: Mapped[int | None] = plain(
        "points at the proven address of who asks", BigId, ForeignKey("address.id", ondelete="SET NULL"), index=True
    )
    account_id: Mapped[int | None] = plain(
        "points at the account that sends it", BigId, ForeignKey("account.id"), index=True
    )
    ticket_id: Mapped[int | None] = plain(
        "points at the ticket under which the form stands; none is a new question",
        BigId,
        ForeignKey("ticket.id", ondelete="CASCADE"),
        index=True,
    )
    name: Mapped[str] = personal("conversation", String(500))
    size: Mapped[int] = plain("bytes it will have", BigId)
    sha256: Mapped[str | None] = personal("conversation", String(64))
    content_type: Mapped[str | None] = plain("type by its content, once all of it is here", String(100))
    blob: Mapped[str | None] = plain("random key of the bytes, once all of them are here", String(64), unique=True)
    scan: Mapped[str] = plain("what the virus scanner said", String(12), default="none")
    begun_at: Mapped[dt.datetime] = plain("time it was begun", UtcTime, index=True)


class UploadPiece(Base):
    """A piece of a file on its way; unlinked once the whole is there."""

    __tablename__ = "upload_piece"
    __table_args__ = (UniqueConstraint("upload_id", "starts"),)

    id: Mapped[int] = own_id()
    upload_id: Mapped[int] = plain("points at the file", BigId, ForeignKey("upload.id", ondelete="CASCADE"))
    starts: Mapped[int] = plain("the first of its bytes in the file", BigId)
    size: Mapped[int] = plain("bytes", BigId)
    blob: Mapped[str] = plain("random key of the bytes", String(64), unique=True)
