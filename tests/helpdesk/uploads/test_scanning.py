"""Debian's own clamd says what is in files: while they come, or to a worker; what it found nobody gets."""

from __future__ import annotations

import dataclasses
import io
import socket
import threading
from pathlib import Path

import pytest
from sqlalchemy import select

from helpdesk.adapters.clamd_scanner import ClamdScanner
from helpdesk.errors import Invalid, Unavailable
from helpdesk.models import Attachment
from helpdesk.ports import Ports
from helpdesk.tickets import own_questions
from helpdesk.tickets.asking import Question, ask
from helpdesk.tickets.files import attachment
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import SYSTEM, unit_of_work
from helpdesk.uploads import scanning
from tests.conftest import PortsMaker
from tests.helpdesk.tickets.test_asking import signed_in
from tests.helpdesk.uploads.test_sending import sent
from tests.letters import letter, receive
from tests.services.clamd import BAD, EICAR, Clamd


@pytest.fixture
def ports(make_ports: PortsMaker, sqlite_template: Path, tmp_path: Path) -> Ports:
    """On SQLite alone: what is asked of the database is the same in both."""
    place = tmp_path / "helpdesk.sqlite3"
    place.write_bytes(sqlite_template.read_bytes())
    return make_ports(f"sqlite:///{place}")


def scanned(ports: Ports, path: Path | str, **settings: object) -> Ports:
    """The same ports with a scanner at this socket."""
    said = dataclasses.replace(ports.settings, scan_socket=str(path), **settings)  # type: ignore[arg-type] # by name
    return dataclasses.replace(ports, settings=said, scanner=ClamdScanner(str(path), seconds=5))


def states(ports: Ports) -> dict[int, str]:
    """What each file's row says."""
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return dict(unit.session.execute(select(Attachment.id, Attachment.scan).order_by(Attachment.id)).all())


def mailed(ports: Ports) -> None:
    """A mail with a file that is known to be bad, and a mail with a good one."""
    receive(ports, letter(files=(("rekening.txt", b"Beste, " + BAD),)))
    receive(ports, letter(message_id="<m2@x.example>", subject="Nog een", files=(("rooster.txt", b"maandag"),)))


def test_what_clamd_knows_is_found(clamd: Clamd) -> None:
    scanner = ClamdScanner(str(clamd.socket_path))
    scanner.ping()
    assert [scanner.finds(io.BytesIO(one)) for one in (b"goed", BAD, EICAR, b"x" * 3_000_000 + BAD)] == [
        *(False, True, True, True)
    ]


def test_mail_is_scanned_by_a_worker_and_what_is_found_nobody_gets(ports: Ports, clamd: Clamd) -> None:
    ports = scanned(ports, clamd.socket_path)
    mailed(ports)
    assert set(states(ports).values()) == {"waiting"}
    bad, good = states(ports)
    with unit_of_work(ports, SYSTEM) as unit, pytest.raises(Invalid, match="not checked"):
        attachment(unit, good)
    assert scanning.drain(ports) == 2
    assert states(ports) == {bad: "quarantined", good: "clean"}
    with unit_of_work(ports, SYSTEM) as unit:
        attachment(unit, good).stream.close()
        with pytest.raises(Invalid, match="found something"):
            attachment(unit, bad)
    assert scanning.drain(ports) == 0


def test_without_its_daemon_files_are_given_unless_that_is_forbidden(ports: Ports, clamd: Clamd) -> None:
    gone = scanned(ports, "/nowhere/s")
    mailed(gone)
    assert scanning.drain(gone) == 0
    assert set(states(gone).values()) == {"failed"}
    bad, good = states(gone)
    with unit_of_work(gone, SYSTEM) as unit:
        attachment(unit, good).stream.close()
    strict = scanned(ports, "/nowhere/s", scan_required=True)
    with unit_of_work(strict, SYSTEM) as unit, pytest.raises(Invalid, match="not checked"):
        attachment(unit, good)
    assert scanning.drain(scanned(ports, clamd.socket_path)) == 2
    assert states(ports) == {bad: "quarantined", good: "clean"}


def test_a_bad_file_in_pieces_is_refused_and_one_in_a_form_is_kept_apart(ports: Ports, clamd: Clamd) -> None:
    ports = scanned(ports, clamd.socket_path)
    femke = signed_in(ports)
    with pytest.raises(Invalid, match="virus scanner found something"):
        sent(ports, femke, content=b"Beste, " + BAD, name="brief.txt")
    assert sent(ports, femke, content=b"Beste", name="brief.txt").scan == "clean"
    with unit_of_work(ports, femke) as unit:
        number = ask(
            unit, Question("", "Kijk", "f1", files=(FileDraft("b.txt", "text/plain", BAD),), uploads=("a" * 32,))
        )
    assert scanning.drain(ports) == 1
    with unit_of_work(ports, femke, write=False) as unit:
        [entry] = own_questions.question(unit, number).entries
        assert {file.name: (file.scan, file.held) for file in entry.attachments} == {
            "brief.txt": ("clean", False),
            "b.txt": ("quarantined", True),
        }


def test_a_daemon_that_says_nothing_is_waited_for_no_longer_than_said(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        held = threading.Thread(target=lambda: listener.accept()[0].recv(1), daemon=True)
        held.start()
        with pytest.raises(Unavailable, match="does not answer"):
            ClamdScanner(str(tmp_path / "s"), seconds=0.2).finds(io.BytesIO(b"x" * 5_000_000))
