"""The files of a mail: laid beside the blobs by whoever reads it, adopted by whoever files it, and never left over."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.confined import Confined
from helpdesk.errors import Unavailable
from helpdesk.models import Attachment, BlockedSender, InboundMail
from helpdesk.ports import Ports
from helpdesk.unit import SYSTEM, unit_of_work
from mail_ingest.filing import drain
from mail_ingest.reading import Kept, Readers, read_whole
from tests.letters import ASKER, letter, put, receive

FILES = (("plan.bin", b"\x00plan" * 5_000), ("leeg.bin", b""), ("klein.bin", b"k"))


def kept(folder: Path, raw: bytes, hatch: Path | None) -> Kept:
    (folder / "raw").write_bytes(raw)
    return Kept((folder / "raw",), len(raw), None, hatch)


def loose(ports: Ports) -> list[str]:
    return [key for key, _at in ports.blobs.staged()]


def test_files_are_adopted_with_the_bytes_they_had(ports: Ports) -> None:
    with Confined(1) as confined:
        put(ports, letter(files=FILES), letter("nog een", message_id="<m2@x>", files=FILES[:1]))
        assert drain(ports, Readers(confined=confined)) == 2
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        rows = unit.session.execute(select(Attachment.blob, Attachment.size).order_by(Attachment.id)).all()
    assert [ports.blobs.read(row.blob) for row in rows] == [content for _name, content in FILES + FILES[:1]]
    assert [row.size for row in rows] == [len(content) for _name, content in FILES + FILES[:1]]
    assert loose(ports) == []


def test_the_files_of_a_parked_mail_stay_in_its_raw_bytes_alone(ports: Ports) -> None:
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.add(BlockedSender(address=ASKER, blocked_at=unit.now))
    receive(ports, letter(files=FILES))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.scalars(select(InboundMail.state)).all() == ["parked"]
    assert loose(ports) == []


def test_without_a_hatch_or_with_a_full_disk_they_come_with_the_mail(tmp_path: Path) -> None:
    for hatch in (None, tmp_path / "not there"):
        mail = read_whole(kept(tmp_path, letter(files=FILES), hatch))
        assert [(part.filename, part.content) for part in mail.attachments] == list(FILES)


def test_a_disk_that_fails_half_way_keeps_nothing(tmp_path: Path) -> None:
    hatch = tmp_path / "hatch"
    hatch.mkdir()
    wanted = kept(tmp_path, letter(files=(*FILES[1:], FILES[0])), hatch)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        mail = read_whole(wanted)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [part.size for part in mail.attachments] == [0, 1, len(FILES[0][1])]
    assert all(part.laid is None for part in mail.attachments)
    assert list(hatch.iterdir()) == []


def test_laid_files_are_ours_alone(tmp_path: Path) -> None:
    hatch = tmp_path / "hatch"
    hatch.mkdir()
    mail = read_whole(kept(tmp_path, letter(files=FILES), hatch))
    assert {part.laid.key for part in mail.attachments if part.laid} == {path.name for path in hatch.iterdir()}
    assert {path.stat().st_mode & 0o777 for path in hatch.iterdir()} == {0o600}


def test_bytes_that_are_not_there_are_not_adopted(ports: Ports) -> None:
    with pytest.raises(Unavailable):
        ports.blobs.adopt(["0" * 32])
