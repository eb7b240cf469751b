"""A file in pieces: gone on with where it stopped, whole once, only its sender's, and gone when nothing came of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import cast

import pytest
from sqlalchemy import delete, func, select

from helpdesk.adapters.memory import SetClock
from helpdesk.errors import Conflict, Invalid, NotFound, TooMany
from helpdesk.models import Address, Attachment, Ticket, Upload, UploadPiece
from helpdesk.ports import Ports
from helpdesk.privacy.copies.blobs import keys_of
from helpdesk.reconcile import reconcile
from helpdesk.tickets import asking, own_questions
from helpdesk.tickets.asking import Question
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from helpdesk.uploads import sending
from helpdesk.uploads.sending import Progress
from mail_ingest.upkeep import settle_blobs
from tests.helpdesk.tickets.test_asking import AHMED, ask, signed_in

ONE, TWO = "a" * 32, "b" * 32
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20


def begin(ports: Ports, who: Actor, token: str = ONE, content: bytes = PDF, **more: str) -> Progress:
    with unit_of_work(ports, who) as unit:
        return sending.begin(unit, token, more.pop("name", "rooster.pdf"), len(content), **more)


def piece(ports: Ports, who: Actor, offset: int, content: bytes, token: str = ONE) -> Progress:
    """As the page's script sends one."""
    with unit_of_work(ports, who) as unit:
        found = sending.add_piece(unit, token, offset, content)
    return sending.finish(ports, who, token) if found.offset == found.size else found


def sent(ports: Ports, who: Actor, token: str = ONE, content: bytes = PDF, **more: str) -> Progress:
    begin(ports, who, token, content, **more)
    return piece(ports, who, 0, content, token)


def left(ports: Ports) -> tuple[int, int, int]:
    """Rows of files and pieces, and blobs on the disk."""
    settle_blobs(ports, dt.timedelta(0))
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        counted = [unit.session.scalar(select(func.count()).select_from(model)) or 0 for model in (Upload, UploadPiece)]
    return counted[0], counted[1], len(list(ports.blobs.keys()))


def test_it_goes_on_where_the_line_broke_and_goes_with_one_question(ports: Ports) -> None:
    femke = signed_in(ports)
    digest = hashlib.sha256(PDF).hexdigest()
    assert begin(ports, femke, sha256=digest).offset == 0
    assert piece(ports, femke, 0, PDF[:1000]).offset == 1000
    assert begin(ports, femke, sha256=digest).offset == 1000, "begun again it is gone on with"
    with pytest.raises(Conflict):
        piece(ports, femke, 0, PDF[:1000])
    with unit_of_work(ports, femke) as unit, pytest.raises(Invalid, match="not here yet"):
        asking.ask(unit, Question("Cursus", "Mag het?", "f1", uploads=(ONE,)))
    done = piece(ports, femke, 1000, PDF[1000:])
    assert (done.done, done.offset, done.scan) == (True, len(PDF), "none")
    assert piece(ports, femke, len(PDF), b"") == done, "finished again it is the same"
    for _time in range(2):
        with unit_of_work(ports, femke) as unit:
            number = asking.ask(unit, Question("Cursus", "Mag het?", "f1", uploads=(ONE,)))
    with unit_of_work(ports, femke, write=False) as unit:
        [entry] = own_questions.question(unit, number).entries
        [file] = entry.attachments
        assert (file.name, file.size, file.content_type) == ("rooster.pdf", len(PDF), "application/pdf")
        with own_questions.own_file(unit, file.id).stream as stream:
            assert stream.read() == PDF
    assert left(ports) == (0, 0, 1)
    assert [line for line in reconcile(ports) if "bytes" in line] == []


def test_begun_twice_at_the_same_moment_it_is_one_file(ports: Ports) -> None:
    femke, gate = signed_in(ports), Barrier(6)

    def at_once(_nth: int) -> Progress:
        gate.wait(10)
        return begin(ports, femke)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(at_once, range(6)))
    assert {(one.token, one.offset, one.size) for one in found} == {(ONE, 0, len(PDF))}
    assert left(ports)[0] == 1


def test_the_id_of_somebody_else_is_not_there(ports: Ports) -> None:
    femke, ahmed = signed_in(ports), signed_in(ports, AHMED)
    sent(ports, femke)
    with unit_of_work(ports, ahmed) as unit:
        for act in (lambda: sending.progress(unit, ONE), lambda: sending.drop(unit, ONE)):
            with pytest.raises(NotFound):
                act()
        assert sending.chosen(unit, [ONE]) == []
        with pytest.raises(Invalid, match="no longer there"):
            sending.take(unit, [ONE])
    assert begin(ports, ahmed).offset == 0, "the same id is another file of theirs"
    with unit_of_work(ports, ahmed) as unit, pytest.raises(NotFound):
        sending.begin(unit, TWO, "a.pdf", 5, number=ask(ports, femke))
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(NotFound):
        sending.progress(unit, ONE)


def test_what_may_not_come_is_gone_at_once(ports: Ports) -> None:
    femke = signed_in(ports)
    for name, size, says in (("a.pdf", 0, "is empty"), ("a.pdf", 20_000_001, "larger than 20 MB")):
        with unit_of_work(ports, femke) as unit, pytest.raises(Invalid, match=says):
            sending.begin(unit, ONE, name, size)
    with pytest.raises(Invalid, match="must be a PDF"):
        sent(ports, femke, content=b"MZ" + PDF)
    with pytest.raises(Invalid, match="must be a PDF"):
        sent(ports, femke, TWO, content=b"PK\x03\x04" + PDF, name="brief.docx")
    with pytest.raises(Invalid, match="came damaged"):
        sent(ports, femke, "c" * 32, sha256="0" * 64)
    with pytest.raises(Invalid, match="longer than"):
        piece(ports, femke, 0, PDF + b"!!!")
    with unit_of_work(ports, femke) as unit:
        sending.drop(unit, ONE)
        for number in range(sending.MOST):
            sending.begin(unit, f"{number:032x}", "a.pdf", 9)
        with pytest.raises(TooMany):
            sending.begin(unit, "f" * 32, "a.pdf", 9)


def test_nothing_of_it_outlives_a_day_its_sender_or_its_ticket(ports: Ports) -> None:
    femke = signed_in(ports)
    number = ask(ports, femke)
    kept = left(ports)[2]
    begin(ports, femke)
    piece(ports, femke, 0, PDF[:700])
    sent(ports, femke, TWO, number=number)
    with unit_of_work(ports, SYSTEM) as unit:
        assert sending.forget(unit) == 0
        ticket_id = unit.session.scalars(select(Ticket.id)).one()
        mine = set(unit.session.scalars(select(Upload.blob).where(Upload.ticket_id == ticket_id)))
        assert mine <= keys_of(unit, [ticket_id]), "the plan of destruction knows them"
    cast("SetClock", ports.now).move(dt.timedelta(hours=25))
    with unit_of_work(ports, SYSTEM) as unit:
        assert sending.forget(unit) == 2
    assert left(ports) == (0, 0, kept)
    ahmed = signed_in(ports, AHMED)
    sent(ports, ahmed)
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(delete(Address).where(Address.value == AHMED))
    with unit_of_work(ports, SYSTEM) as unit:
        assert sending.forget(unit) == 1
        assert unit.session.scalar(select(func.count()).select_from(Attachment)) == 1
    assert left(ports) == (0, 0, kept)
