"""What somebody asked in the portal is destroyed as a mail is: rows, files, sessions, and the bytes in the database."""

from __future__ import annotations

import random
from pathlib import Path

from helpdesk.people import requester_sessions
from helpdesk.ports import Ports
from helpdesk.sign_in.requesters import LIFETIME, ask_for_link
from helpdesk.tickets import asking
from helpdesk.tickets.asking import Question
from helpdesk.tickets.writing import FileDraft
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from mail_ingest.upkeep import forget
from tests.canary.scan import Scan
from tests.canary.words import Words
from tests.disposal import destroyed, dump, files
from tests.helpdesk.privacy.test_destruction import SILENT
from tests.holds import let_terms_end
from tests.letters import wait
from tests.retention import policy_in_force


def test_words_and_files_of_the_portal_are_gone(ports: Ports, admin: Actor, officer: Actor, tmp_path: Path) -> None:
    policy_in_force(ports)
    words = Words(random.randrange(1_000_000), [])

    def word(place: str) -> str:
        return words.draw(place, 1, doomed=True)

    address = f"{word('address')}@nieuw.example"
    with unit_of_work(ports, SYSTEM) as unit:
        token = requester_sessions.open_session(unit, address)
        who = Actor(requester=requester_sessions.session_for(unit, token).requester)
        browser = ask_for_link(unit, address, "nl")
    assert browser
    with unit_of_work(ports, who) as unit:
        file = FileDraft(f"{word('file_name')}.txt", "text/plain", f"In het bestand staat {word('file')}.".encode())
        number = asking.ask(
            unit, Question(f"Over {word('subject')}", f"Het gaat om {word('text')}.", "f1", files=(file,))
        )
    with unit_of_work(ports, who) as unit:
        asking.add(unit, number, f"Nog iets over {word('text')}.", "f2", (file,))
    with unit_of_work(ports, who) as unit:
        asking.solve(unit, number)
    before = Scan(words.all).look({"blobs": tmp_path / "blobs"}).words()
    assert {one.place for one in before} == {"file"}
    wait(ports, LIFETIME)
    forget(ports)
    let_terms_end(ports)
    assert destroyed(ports, admin, officer).destroyed == 1
    assert {table for table, rows in dump(ports, SILENT | {"attempt"}).items() if rows} == {"alembic_version"}
    assert files(tmp_path / "blobs") == set()
    ports.engine.dispose()
    assert Scan(words.all).look({"data": tmp_path, "rows": _on_disk(ports, tmp_path)}).words() == set()


def _on_disk(ports: Ports, tmp_path: Path) -> Path:
    """Where the database stands; PostgreSQL's own files are looked through by `make canary`."""
    file = ports.engine.url.database or ""
    return Path(file).parent if ports.engine.dialect.name == "sqlite" else tmp_path
