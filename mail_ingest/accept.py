"""The door: keep the bytes, record each mail once, commit once per batch, nudge. Parses and decides nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from helpdesk.errors import Unavailable
from helpdesk.leases import is_held
from helpdesk.models import Flag, InboundMail, MailSeen
from helpdesk.ports import FILE_WAITING, Ports
from helpdesk.row_sets import among, insert_once
from helpdesk.rows import table_of
from helpdesk.unit import SYSTEM, Unit, unit_of_work
from mail_ingest.envelope import Envelope, Raw, Receipt
from mail_ingest.identity import Identity, file_size, identify
from mail_ingest.waiting import MANY, filing_lease

_TOKEN = re.compile(r"\+([0-9a-z]+-[0-9a-f]+-[0-9a-f]+-[a-z2-7]{20})@")


def accept(mails: Sequence[tuple[Raw, Envelope]], ports: Ports) -> list[Receipt]:
    """Keep all mails durably and say what each is: new, a duplicate in content, or a UID already seen.

    When it returns, bytes and rows are synced and the originals may go. Raises Unavailable when the disk is nearly
    full or the database can't be reached: then nothing is kept and the originals must stay.
    """
    if not mails:
        return []
    if ports.blobs.free() < ports.settings.min_free + sum(envelope.size for _raw, envelope in mails):
        raise Unavailable("The disk is nearly full: no mail is taken in.", code="disk_full")
    known = [identify(raw, ports.keys, ports.settings.trace_headers) for raw, _envelope in mails]
    keys = ports.blobs.stage([raw for raw, _envelope in mails])
    sizes = [file_size(raw) for raw, _envelope in mails]
    recorded = False
    try:
        with unit_of_work(ports, SYSTEM) as unit:
            receipts = _record(unit, [envelope for _raw, envelope in mails], known, keys, sizes)
            recorded = True
    except BaseException:
        # A commit that failed may have happened all the same (the line broke before its answer): then the rows need
        # these bytes. If it did not happen, the sweep finds the bytes without a row.
        if not recorded:
            ports.blobs.destroy(keys)
        raise
    kept = [key for key, receipt in zip(keys, receipts, strict=True) if receipt.state == "received"]
    dropped = [key for key, receipt in zip(keys, receipts, strict=True) if receipt.state != "received"]
    ports.blobs.settle(kept)
    if dropped:
        ports.blobs.destroy(dropped)
    if kept and not _filer_is_at_it(ports, {envelope.mailbox for _raw, envelope in mails}, len(kept)):
        ports.jobs.nudge(FILE_WAITING)
    return receipts


def _filer_is_at_it(ports: Ports, mailboxes: set[str], count: int) -> bool:
    """Whether these mails will be filed without a nudge: while a mailbox is emptied, a job for each batch is a waste.

    The filer looks once more after it let go of its lease, so who holds it now, after our commit, sees our rows.
    """
    return count >= MANY and all(is_held(ports, filing_lease(mailbox)) for mailbox in mailboxes)


def _record(
    unit: Unit, envelopes: list[Envelope], known: list[Identity], keys: list[str], sizes: list[int]
) -> list[Receipt]:
    if unit.session.scalar(select(Flag.value).where(Flag.name == "maintenance")) == "on":
        raise Unavailable("The helpdesk is being updated.", code="maintenance")
    rows = [
        _row(unit, envelope, identity, key, size)
        for envelope, identity, key, size in zip(envelopes, known, keys, sizes, strict=True)
    ]
    fresh = _insert_or_ignore(unit.session, rows)
    receipts = []
    for envelope, identity, row in zip(envelopes, known, rows, strict=True):
        inbound_id = fresh.get(row["blob"])
        if inbound_id is None:
            receipts.append(_clashed(unit, envelope, identity, row))
        else:
            receipts.append(Receipt("received", inbound_id))
    _remember(unit, envelopes, known, receipts)
    _flag_same_message_id(unit, rows, fresh)
    return receipts


def _row(unit: Unit, envelope: Envelope, identity: Identity, key: str, size: int) -> dict[str, Any]:
    token = _TOKEN.search(" ".join(envelope.recipients).lower())
    return {
        "source": envelope.source,
        "mailbox": envelope.mailbox,
        "desk_key": envelope.desk,
        "uidvalidity": envelope.uidvalidity,
        "uid": envelope.uid,
        "arrived_at": envelope.arrived_at,
        "received_at": unit.now,
        "size": size,
        "blob": key,
        "digest": identity.digest,
        "message_id_digest": identity.message_id,
        "parent_digests": " ".join(identity.parents) or None,
        "token": token.group(1) if token else None,
        "envelope_null": envelope.sender == "",
        "state": "received",
        "skip_rules": False,
        "same_message_id": False,
        "attempts": 0,
    }


def _insert_or_ignore(session: Session, rows: list[dict[str, Any]]) -> dict[str, int]:
    """New rows as blob key -> id; a row that clashes on content or UID is left out, its neighbours are not."""
    insert_once(session.connection(), table_of(InboundMail), rows)
    # Their keys are new and random, so a row that has one is of this batch; asking for them in the statement of many
    # rows would cost more than all else that is done here.
    new = among(session, InboundMail.blob, [row["blob"] for row in rows])
    kept = session.execute(select(InboundMail.blob, InboundMail.id).where(new))
    return {str(blob): int(row_id) for blob, row_id in kept}


def _clashed(unit: Unit, envelope: Envelope, identity: Identity, row: dict[str, Any]) -> Receipt:
    """A row that was not inserted: this UID was seen before, or its content was."""
    if envelope.uid is not None:
        seen = unit.session.execute(
            select(MailSeen.inbound_id, MailSeen.digest).where(
                MailSeen.mailbox == envelope.mailbox,
                MailSeen.uidvalidity == envelope.uidvalidity,
                MailSeen.uid == envelope.uid,
            )
        ).first()
        if seen is not None and seen.digest == identity.digest:
            return Receipt("seen", seen.inbound_id)
        if seen is not None:
            row |= {"uid": None, "uidvalidity": None}
            fresh = _insert_or_ignore(unit.session, [row])
            if row["blob"] in fresh:
                return Receipt("received", fresh[row["blob"]])
    first = unit.session.scalar(select(InboundMail.id).where(InboundMail.digest == identity.digest))
    if first is None:
        raise Unavailable("Two doors took the same mail at once; it stays for the next round.", code="clash")
    duplicate = row | {"blob": None, "digest": None, "state": "duplicate", "duplicate_of_id": first}
    duplicate["filed_at"] = unit.now
    unit.session.execute(insert(InboundMail).values(duplicate))
    return Receipt("duplicate", first)


def _remember(unit: Unit, envelopes: list[Envelope], known: list[Identity], receipts: list[Receipt]) -> None:
    rows = [
        {
            "digest": identity.digest,
            "mailbox": envelope.mailbox,
            "uidvalidity": envelope.uidvalidity,
            "uid": envelope.uid,
            "last_seen_on": unit.now,
            "inbound_id": receipt.inbound_id,
        }
        for envelope, identity, receipt in zip(envelopes, known, receipts, strict=True)
    ]
    insert_once(unit.session.connection(), table_of(MailSeen), rows)


def _flag_same_message_id(unit: Unit, rows: list[dict[str, Any]], fresh: dict[str, int]) -> None:
    """Another mail with a Message-ID we know is imported all the same, and flagged (RD-02)."""
    by_digest = {row["message_id_digest"]: fresh[row["blob"]] for row in rows if row["blob"] in fresh}
    by_digest.pop(None, None)
    if not by_digest:
        return
    known = unit.session.execute(
        select(InboundMail.message_id_digest)
        .where(
            among(unit.session, InboundMail.message_id_digest, by_digest),
            ~among(unit.session, InboundMail.id, by_digest.values()),
        )
        .distinct()
    ).scalars()
    again = [by_digest[digest] for digest in known if digest]
    if again:
        unit.session.execute(update(InboundMail).where(InboundMail.id.in_(again)).values(same_message_id=True))
