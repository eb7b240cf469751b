"""The door: each mail once, durably, whatever its UID, its Message-ID or its neighbours."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.errors import Unavailable
from helpdesk.leases import hold
from helpdesk.models import Flag, InboundMail, MailSeen
from helpdesk.ports import FILE_WAITING, Ports
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.accept import accept
from mail_ingest.identity import identify
from mail_ingest.waiting import MANY, filing_lease
from tests.letters import envelope, letter


def rows(ports: Ports) -> list[tuple[str, int | None]]:
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        found = unit.session.execute(select(InboundMail.state, InboundMail.duplicate_of_id).order_by(InboundMail.id))
        return [(row.state, row.duplicate_of_id) for row in found]


def kept(ports: Ports) -> int:
    return len(list(ports.blobs.keys())) + len(list(ports.blobs.staged()))


def test_a_mail_is_kept_with_its_bytes_and_a_nudge(ports: Ports) -> None:
    raw = letter()
    receipt = accept([(raw, envelope(ports, raw, uid=7))], ports)[0]
    assert receipt.state == "received"
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        row = unit.session.get_one(InboundMail, receipt.inbound_id)
        assert ports.blobs.read(row.blob or "") == raw
    assert ports.jobs.nudges == [FILE_WAITING]  # type: ignore[attr-defined] # the memory adapter remembers


def test_the_same_uid_twice_is_one_row(ports: Ports) -> None:
    raw = letter()
    first = accept([(raw, envelope(ports, raw, uid=7))], ports)[0]
    again = accept([(raw, envelope(ports, raw, uid=7))], ports)[0]
    assert (again.state, again.inbound_id) == ("seen", first.inbound_id)
    assert rows(ports) == [("received", None)]
    assert kept(ports) == 1


@pytest.mark.parametrize("change", [{"uid": 8}, {"uid": 7, "uidvalidity": 2}, {"uid": 7, "mailbox": "other"}])
def test_the_same_content_elsewhere_is_a_duplicate_without_bytes(ports: Ports, change: dict[str, int]) -> None:
    raw = letter()
    first = accept([(raw, envelope(ports, raw, uid=7))], ports)[0]
    other = accept([(raw, envelope(ports, raw, **change))], ports)[0]  # type: ignore[arg-type] # names and values fit
    assert (other.state, other.inbound_id) == ("duplicate", first.inbound_id)
    assert rows(ports) == [("received", None), ("duplicate", first.inbound_id)]
    assert kept(ports) == 1


def test_trace_headers_do_not_make_another_mail(ports: Ports) -> None:
    raw = letter()
    traced = b"Return-Path: <a@b>\r\nReceived: from x\r\n by y\r\n" + raw.replace(b"\n", b"\r\n")
    receipts = accept([(raw, envelope(ports, raw, uid=1)), (traced, envelope(ports, traced, uid=2))], ports)
    assert [receipt.state for receipt in receipts] == ["received", "duplicate"]


def test_a_message_id_is_no_identity(ports: Ports) -> None:
    one, two, three = letter("een"), letter("twee"), letter("drie", message_id=None)
    receipts = accept([(raw, envelope(ports, raw, uid=n)) for n, raw in enumerate((one, two, three), 1)], ports)
    assert [receipt.state for receipt in receipts] == ["received"] * 3
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        flagged = unit.session.scalars(select(InboundMail.same_message_id).order_by(InboundMail.id)).all()
    assert sorted(flagged) in ([False, False, True], [False, False, False])


def test_another_mail_under_a_known_uid_is_kept(ports: Ports) -> None:
    """A server that gives out UIDs again under the same UIDVALIDITY must not cost a mail."""
    one, two = letter("een"), letter("twee")
    accept([(one, envelope(ports, one, uid=1))], ports)
    assert accept([(two, envelope(ports, two, uid=1))], ports)[0].state == "received"
    assert kept(ports) == 2


def test_a_clash_in_a_batch_hurts_no_neighbour(ports: Ports) -> None:
    raws = [letter("een"), letter("een"), letter("twee")]
    receipts = accept([(raw, envelope(ports, raw, uid=n)) for n, raw in enumerate(raws, 1)], ports)
    assert [receipt.state for receipt in receipts] == ["received", "duplicate", "received"]


def test_a_nearly_full_disk_keeps_nothing(ports: Ports) -> None:
    full = replace(ports, settings=replace(ports.settings, min_free=1 << 60))
    raw = letter()
    with pytest.raises(Unavailable, match="full"):
        accept([(raw, envelope(full, raw, uid=1))], full)
    assert rows(ports) == []
    assert kept(ports) == 0


def test_maintenance_keeps_nothing(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(Flag(name="maintenance", value="on"))
    raw = letter()
    with pytest.raises(Unavailable):
        accept([(raw, envelope(ports, raw, uid=1))], ports)
    assert kept(ports) == 0


def test_a_file_has_the_identity_of_its_bytes(ports: Ports, tmp_path: Path) -> None:
    raw = letter("x" * 3_000_000).replace(b"\n", b"\r\n")
    path = tmp_path / "big.eml"
    path.write_bytes(raw)
    assert identify(path, ports.keys) == identify(raw, ports.keys)
    assert accept([(path, envelope(ports, raw, uid=1))], ports)[0].state == "received"
    assert accept([(raw, envelope(ports, raw, uid=2))], ports)[0].state == "duplicate"


def test_line_ends_do_not_make_another_mail(ports: Ports) -> None:
    raw = letter("een\ntwee")
    assert identify(raw.replace(b"\n", b"\r\n"), ports.keys) == identify(raw, ports.keys)
    assert identify(raw.replace(b"een", b"elf"), ports.keys) != identify(raw, ports.keys)


def test_memory_holds_digests_and_places_only(ports: Ports) -> None:
    raw = letter()
    accept([(raw, envelope(ports, raw, uid=7))], ports)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        seen = unit.session.scalars(select(MailSeen)).one()
    assert (seen.mailbox, seen.uidvalidity, seen.uid) == ("academy", 1, 7)
    assert len(seen.digest) == 48
    assert "minbz" not in seen.digest


def test_while_a_mailbox_is_emptied_only_the_batch_that_finds_no_filer_nudges(ports: Ports) -> None:
    def batch(start: int, count: int) -> list[str]:
        raws = [letter(f"vraag {uid}", message_id=f"<n{uid}@x>") for uid in range(start, start + count)]
        accept([(raw, envelope(ports, raw, uid=start + n)) for n, raw in enumerate(raws)], ports)
        return ports.jobs.nudges  # type: ignore[attr-defined, no-any-return] # the memory adapter remembers

    assert len(batch(0, MANY)) == 1
    assert hold(ports, filing_lease("academy"), 60)
    assert len(batch(100, MANY)) == 1
    assert len(batch(200, 1)) == 2
    assert hold(ports, filing_lease("academy"), -1)
    assert len(batch(300, MANY)) == 3
