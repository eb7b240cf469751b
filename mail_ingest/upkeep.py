"""Keeps the intake tidy: completes renames, removes bytes without a row, forgets what may be forgotten."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, select, update

from helpdesk.mail.outbox import forget_sign_in
from helpdesk.models import (
    Attachment,
    DraftFile,
    ImportRun,
    InboundMail,
    MailSeen,
    Redaction,
    RightsRequest,
    Upload,
    UploadPiece,
)
from helpdesk.people.requester_sessions import forget_ended
from helpdesk.people.sign_in import forget_old_sessions
from helpdesk.people.spent import forget_spent
from helpdesk.ports import Ports
from helpdesk.retention.restored import mailbox_kept
from helpdesk.row_sets import among
from helpdesk.unit import SYSTEM, Unit, unit_of_work
from helpdesk.uploads import sending

STAGED_FOR = dt.timedelta(hours=1)
SEEN_FOR = dt.timedelta(days=30)
AT_ONCE, TURNS = 500, 20
"""Contents that are forgotten in one transaction, and transactions in one turn."""


def settle_blobs(ports: Ports, older_than: dt.timedelta = STAGED_FOR) -> tuple[int, int]:
    """Complete renames a crash interrupted, and unlink staged bytes without a row; returns how many of each.

    Bytes younger than `older_than` without a row are left: their commit may be on its way.
    """
    staged = dict(ports.blobs.staged())
    if not staged:
        return 0, 0
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        kept = set(unit.session.scalars(select(InboundMail.blob).where(InboundMail.blob.in_(staged))))
        kept |= set(unit.session.scalars(select(Attachment.blob).where(Attachment.blob.in_(staged))))
        kept |= set(unit.session.scalars(select(DraftFile.blob).where(DraftFile.blob.in_(staged))))
        of_uploads = (Upload.blob, UploadPiece.blob)
        for column in (ImportRun.blob, ImportRun.found_blob, RightsRequest.export_blob, Redaction.blob, *of_uploads):
            kept |= set(unit.session.scalars(select(column).where(column.in_(staged))))
        young = unit.now - older_than
    orphans = [key for key, at in staged.items() if key not in kept and at <= young]
    ports.blobs.settle(key for key in staged if key in kept)
    ports.blobs.destroy(orphans)
    return len(kept), len(orphans)


def forget(ports: Ports) -> None:
    """Forget contents whose UID was last seen 30 days ago, sessions, ways to sign in and uploads that have ended.

    Contents go in short transactions, so many at a time that no writer waits; what is left is for the next time.
    After a restored backup nobody knows what still lies in a mailbox, until somebody confirmed it: none is forgotten.
    """
    with unit_of_work(ports, SYSTEM) as unit:
        forget_old_sessions(unit)
        forget_ended(unit)
        forget_sign_in(unit)
        sending.forget(unit)
        forget_spent(unit)
        if mailbox_kept(unit):
            return
        limit = unit.now - SEEN_FOR
    for some in (_sightings, _contents):
        for _turn in range(TURNS):
            with unit_of_work(ports, SYSTEM) as unit:
                if some(unit, limit) < AT_ONCE:
                    break


def _sightings(unit: Unit, limit: dt.datetime) -> int:
    """Where contents were seen before then. Returns how many were forgotten."""
    old = select(MailSeen.id).where(MailSeen.last_seen_on < limit).limit(AT_ONCE)
    ids = unit.session.scalars(old).all()
    gone = delete(MailSeen).where(among(unit.session, MailSeen.id, ids))
    unit.session.execute(gone.execution_options(synchronize_session=False))
    return len(ids)


def _contents(unit: Unit, limit: dt.datetime) -> int:
    """Digests of mails kept before then that lie nowhere any more. Returns how many were forgotten."""
    old = select(InboundMail.id).where(
        InboundMail.digest.is_not(None),
        InboundMail.received_at < limit,
        InboundMail.state != "received",
        InboundMail.digest.not_in(select(MailSeen.digest)),
    )
    ids = unit.session.scalars(old.limit(AT_ONCE)).all()
    forgotten = update(InboundMail).where(among(unit.session, InboundMail.id, ids)).values(digest=None)
    unit.session.execute(forgotten.execution_options(synchronize_session=False))
    return len(ids)
