"""A message or file that is destroyed leaves no byte anywhere, its ticket and clock as they were; never on a hold."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, text

from helpdesk.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.models import Attachment, Content, Event, OutgoingMail, Redaction, Ticket
from helpdesk.models.policy import HOLD_KINDS
from helpdesk.ports import Ports
from helpdesk.privacy.copies import anew
from helpdesk.privacy.copies.plan import with_people
from helpdesk.privacy.rights import erasing, rectifying, redacting
from helpdesk.reconcile import reconcile
from helpdesk.retention import clock
from helpdesk.tickets import files, finding, merging, replying
from helpdesk.tickets.replying import Answer
from helpdesk.tickets.thread import thread_of
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from mail_ingest.reading import Readers
from tests.disposal import ledger
from tests.helpdesk.privacy.rights.asking import asked
from tests.holds import asker_of, place, release
from tests.letters import letter, receive, wait
from tests.retention import policy_in_force
from tests.services.postgres import Postgres
from workers.rights import rights_waiting

ONE, TWO = "2026-00001", "2026-00002"
TEXT, HTML, HEAD, NAME, BYTES, ANSWER = "gvkqzjrwt", "hxmpbqdnv", "ztwlcrkfp", "qnvbxgjdm", "wcpklvzrh", "jdrtmqxbs"
KEPT = "bleefstaan"
_PATIENCE = 30
READERS = Readers(0)


@pytest.fixture
def folder(ports: Ports, request: pytest.FixtureRequest) -> Path:
    """Where the database keeps its files."""
    if ports.engine.dialect.name == "sqlite":
        return Path(ports.settings.database_url.removeprefix("sqlite:///")).parent
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.data


def _found(folder: Path, *words: str) -> set[str]:
    contents = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {word for word in words if any(word.encode() in content for content in contents)}


def _lived(ports: Ports, advisor: Actor) -> None:
    """A mail with text, HTML, a file, and an answer; another one with the same length of life."""
    policy_in_force(ports)
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.begin() as connection:
            for table in sorted((with_people() | set(anew.OF_PEOPLE)) - {"content", "search_text"}):
                connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = off)"))
    html = f"<p>Ik ben {HTML} en {TEXT}</p>"
    mine = letter(f"Ik ben {TEXT} ziek.", subject=f"Over {HEAD}", html=html, files=((f"{NAME}.txt", BYTES.encode()),))
    receive(ports, mine, letter(f"Dit {KEPT}.", sender="Bo <bo@x.example>", message_id="<2@x>"))
    with unit_of_work(ports, advisor) as unit:
        version = unit.session.scalars(select(Ticket.version).where(Ticket.number == ONE)).one()
        replying.reply(
            unit, ONE, Answer(f"Beterschap met {ANSWER}.", ("femke.devries@minbz.example",), "done", version, "c")
        )


def _clock(ports: Ports) -> tuple[object, ...]:
    columns = (
        Ticket.retention_state,
        Ticket.due_on,
        Ticket.rule,
        Ticket.policy_version,
        Ticket.status,
        Ticket.changed_at,
    )
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        return tuple(unit.session.execute(select(*columns, Ticket.waiting_since).where(Ticket.number == ONE)).one())


def test_no_byte_of_a_part_is_left_and_the_clock_stands(
    ports: Ports, advisor: Actor, officer: Actor, folder: Path, tmp_path: Path
) -> None:
    _lived(ports, advisor)
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
    words = (TEXT, HTML, HEAD, NAME, ANSWER)
    assert _found(folder, *words, KEPT) == {*words, KEPT}, "the scan sees what is there"
    assert _found(tmp_path / "blobs", BYTES, TEXT) == {BYTES, TEXT}
    wait(ports)
    before = _clock(ports)
    with unit_of_work(ports, advisor) as unit:
        redacting.redact_message(unit, 1, "health", subject=True)
        redacting.redact_message(unit, 3, "health")
        redacting.redact_file(unit, 1, "secret")
    _gone_from_the_pages(ports, advisor)
    rights_waiting(ports)
    assert _found(tmp_path, *words, BYTES) == set()
    assert _found(folder, *words) == set()
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))
    assert _found(folder, KEPT) == {KEPT}, "the others are still there"
    with unit_of_work(ports, SYSTEM) as unit:
        clock.touch(unit, 1)
    assert _clock(ports) == before
    _proven(ports)
    assert [line for line in reconcile(ports) if "bytes" in line.lower()] == []


def _gone_from_the_pages(ports: Ports, advisor: Actor) -> None:
    with unit_of_work(ports, advisor, write=False) as unit:
        for word in (TEXT, HEAD, NAME, ANSWER):
            assert finding.search_page(unit, word).rows == [], "not found from the commit on"
        first, answer = thread_of(unit, ONE).entries
        assert (first.text, first.redacted, first.files_redacted, first.has_raw) == ("", "health", 1, False)
        assert (answer.text, answer.redacted) == ("", "health")
        for ask in (
            lambda: files.raw_mail(unit, 1),
            lambda: files.attachment(unit, 1),
            lambda: files.clean_html(unit, 1),
        ):
            with pytest.raises(NotFound):
                ask()
        assert unit.session.scalars(select(OutgoingMail.state).where(OutgoingMail.entry_id == 3)).one() == "cancelled"


def _proven(ports: Ports) -> None:
    (line,) = ledger(ports, "redacted")
    assert line.parts == "entries=2,files=1,mails=1"
    assert "verified" in line.methods
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert set(unit.session.scalars(select(Redaction.state))) == {"done"}
        assert unit.session.scalar(select(Redaction.id).where(Redaction.blob.is_not(None))) is None
        kinds = unit.session.scalars(select(Event.kind).where(Event.ticket_id == 1)).all()
    assert {"redacted", "file_redacted"} <= set(kinds), "a mark stays"


def test_it_is_done_once_for_a_reason_and_a_crash_is_gone_on_with(ports: Ports, advisor: Actor, tmp_path: Path) -> None:
    receive(ports, letter("Ziek.", files=((f"{NAME}.txt", BYTES.encode()),)))
    with pytest.raises(Invalid), unit_of_work(ports, advisor) as unit:
        redacting.redact_message(unit, 1, "zomaar")
    with unit_of_work(ports, advisor) as unit:
        redacting.redact_file(unit, 1, "secret")
        assert unit.session.scalars(select(Attachment.id)).all() == []
    with pytest.raises(NotFound), unit_of_work(ports, advisor) as unit:
        redacting.redact_file(unit, 1, "secret")
    redacting._unlink(ports)
    assert _found(tmp_path / "blobs", BYTES) == set()
    assert redacting.finish(ports) == 2
    assert redacting.finish(ports) == 0
    with unit_of_work(ports, advisor, write=False) as unit:
        assert thread_of(unit, ONE).entries[0].text.strip() == "Ziek."
        assert [row.number for row in finding.search_page(unit, "ziek").rows] == [ONE]


def _merge(ports: Ports, actors: dict[str, Actor]) -> None:
    with unit_of_work(ports, actors["advisor"]) as unit:
        merging.merge(unit, ONE, TWO)


def _redact_message(ports: Ports, actors: dict[str, Actor]) -> None:
    with unit_of_work(ports, actors["advisor"]) as unit:
        redacting.redact_message(unit, 1, "health")


def _redact_file(ports: Ports, actors: dict[str, Actor]) -> None:
    with unit_of_work(ports, actors["officer"]) as unit:
        redacting.redact_file(unit, 1, "secret")


def _erase(ports: Ports, actors: dict[str, Actor]) -> None:
    request_id = asked(ports, actors["officer"], "erasure", asker_of(ports, ONE))
    with unit_of_work(ports, SYSTEM) as unit:
        unit.session.execute(text("UPDATE inbound_mail SET removed_at = received_at"))
    with unit_of_work(ports, actors["officer"]) as unit:
        erasing.propose(unit, request_id, "unlawful")


def _rename(ports: Ports, actors: dict[str, Actor]) -> None:
    request_id = asked(ports, actors["officer"], "rectification", asker_of(ports, ONE))
    with unit_of_work(ports, actors["officer"]) as unit:
        rectifying.rename(unit, request_id, "Femke Bos")


ACTS = {"merge": _merge, "message": _redact_message, "file": _redact_file, "erase": _erase, "rename": _rename}


@pytest.mark.parametrize("act", ACTS)
def test_each_kind_and_scope_of_hold_forbids_it(
    ports: Ports, act: str, admin: Actor, officer: Actor, second: Actor, advisor: Actor
) -> None:
    policy_in_force(ports)
    receive(ports, letter("Over reiskosten.", files=((f"{NAME}.txt", BYTES.encode()),)))
    receive(ports, letter("Iets anders.", sender="Bo <bo@x.example>", message_id="<2@x>"))
    actors = {"advisor": advisor, "officer": officer}
    scopes = ({"numbers": [ONE]}, {"person_id": asker_of(ports, ONE)}, {"query": "reiskosten"})
    for kind in HOLD_KINDS:
        for scope in scopes:
            placed = place(ports, admin, kind, **scope)
            with pytest.raises(Conflict) as fault:
                ACTS[act](ports, actors)
            assert fault.value.code == "held", (kind, scope)
            with unit_of_work(ports, SYSTEM, write=False) as unit:
                assert unit.session.scalars(select(Content.id).where(Content.kind == "body")).all()
            release(ports, admin, second, placed.hold_id)
    ACTS[act](ports, actors)


def test_only_who_may_see_the_ticket_may(ports: Ports, admin: Actor, archivist: Actor) -> None:
    receive(ports, letter("Ziek."))
    for actor in (admin, archivist):
        with pytest.raises(HelpdeskError), unit_of_work(ports, actor) as unit:
            redacting.redact_message(unit, 1, "health")


def test_what_is_being_sent_is_waited_for_and_nothing_empty_is_sent_again(ports: Ports, advisor: Actor) -> None:
    receive(ports, letter("Ziek."))
    with unit_of_work(ports, advisor) as unit:
        version = unit.session.scalars(select(Ticket.version).where(Ticket.number == ONE)).one()
        entry_id = replying.reply(unit, ONE, Answer("Dat kan.", ("femke.devries@minbz.example",), "done", version, "c"))
        mail_id = unit.session.scalars(select(OutgoingMail.id).where(OutgoingMail.entry_id == entry_id)).one()
    for state in ("sending", "failed"):
        with unit_of_work(ports, SYSTEM) as unit:
            unit.session.execute(text("UPDATE outgoing_mail SET state = :state"), {"state": state})
        if state == "sending":
            with pytest.raises(Conflict) as fault, unit_of_work(ports, advisor) as unit:
                redacting.redact_message(unit, entry_id, "health")
            assert fault.value.code == "sending"
    with unit_of_work(ports, advisor) as unit:
        redacting.redact_message(unit, entry_id, "health")
    with pytest.raises(Conflict) as fault, unit_of_work(ports, advisor) as unit:
        replying.resend(unit, mail_id)
    assert fault.value.code == "redacted"
