"""No byte of what was destroyed is left in the files of either database; each step of the scrub is needed for that."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Date, String, Text, event, text
from sqlalchemy.exc import DBAPIError

from helpdesk.adapters.database import connect_database
from helpdesk.errors import Unavailable
from helpdesk.models import Base, Flag
from helpdesk.ports import Ports
from helpdesk.privacy import destruction
from helpdesk.privacy.copies import anew, engine
from helpdesk.privacy.copies.plan import with_people
from helpdesk.privacy.deciding import decide
from helpdesk.privacy.finishing import finish
from helpdesk.unit import SYSTEM, Actor, unit_of_work
from tests.conftest import PortsMaker, copied
from tests.disposal import ledger, listed, pass_window
from tests.holds import let_terms_end
from tests.letters import letter, receive
from tests.retention import policy_in_force, staff
from tests.services.postgres import Postgres

LETTERS, MARK = 12, "qzjwq"
"""A planted word is so many letters and then this."""
KINDS = ("tekst", "kop", "naam", "adres", "bestand")


def _word(seed: int, kind: str) -> str:
    """A word that shares no beginning with another: an index keeps only what is new at its end."""
    letters = random.Random(f"{seed}{kind}").choices("bcdfghjklmnpqrstvwxz", k=LETTERS)
    return "".join(letters) + MARK


def _planted(seed: int) -> bytes:
    words = {kind: _word(seed, kind) for kind in KINDS}
    return letter(
        f"Een vraag met {words['tekst']} erin.",
        subject=f"Over {words['kop']}",
        sender=f"{words['naam']} <{words['adres']}@x.example>",
        message_id=f"<{seed}@x>",
        files=((f"{words['bestand']}.txt", b"inhoud"),),
    )


def _words(seeds: Iterable[int]) -> set[str]:
    return {_word(seed, kind) for seed in seeds for kind in KINDS}


def _holds(folder: Path, words: set[str]) -> set[str]:
    """Those of the words that stand in any file of a folder, as bytes."""
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content, at = path.read_bytes(), -1
            while (at := content.find(MARK.encode(), at + 1)) >= 0:
                found.add(content[max(0, at - LETTERS) : at].decode("latin-1") + MARK)
    return found & words


@pytest.fixture
def folder(ports: Ports, request: pytest.FixtureRequest) -> Path:
    """Where the database keeps its files."""
    if ports.engine.dialect.name == "sqlite":
        return Path(ports.settings.database_url.removeprefix("sqlite:///")).parent
    server: Postgres = request.getfixturevalue("postgres_server")
    return server.data


def _analyzed(ports: Ports) -> None:
    """As PostgreSQL does by itself: it draws samples of what stands in the tables."""
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("ANALYZE"))


def _lived(ports: Ports, admin: Actor, officer: Actor, seeds: range) -> None:
    """Questions that came in, one after the other; their term is over, and all of them are on an approved list."""
    policy_in_force(ports)
    receive(ports, *(_planted(seed) for seed in seeds))
    _analyzed(ports)
    let_terms_end(ports)
    listed(ports, admin, officer)
    pass_window(ports)


def _everything_on_disk(ports: Ports) -> None:
    if ports.engine.dialect.name == "postgresql":
        with ports.engine.connect() as connection:
            connection.execute(text("CHECKPOINT"))


def test_no_byte_is_left_anywhere(ports: Ports, admin: Actor, officer: Actor, folder: Path, tmp_path: Path) -> None:
    seeds = range(1, 31)
    _lived(ports, admin, officer, seeds)
    _everything_on_disk(ports)
    before = _holds(folder, _words(seeds)) | _holds(tmp_path / "blobs", _words(seeds))
    assert before == _words(seeds), "the scan sees what is there"
    receive(ports, *(_planted(seed) for seed in range(1001, 1011)))
    assert destruction.run(ports).destroyed == len(seeds)
    assert _holds(folder, _words(seeds)) == set()
    assert _holds(tmp_path, _words(seeds)) == set()
    _everything_on_disk(ports)
    kept = _words(range(1001, 1011))
    assert _holds(folder, kept) == kept, "the others are still there"


def _rows_gone(ports: Ports) -> None:
    """Everything up to the scrub."""
    (found,) = destruction.ready(ports)
    while (batch := decide(ports, found)).tickets:
        finish(ports, batch)


@pytest.fixture
def sqlite_ports(make_ports: PortsMaker, sqlite_template: Path, sqlite_place: Path) -> Ports:
    """Ports on SQLite only."""
    return make_ports(copied(sqlite_template, sqlite_place))


def _people(ports: Ports) -> tuple[Actor, Actor]:
    return staff(ports, "fatima", "functional_admin"), staff(ports, "piet", "privacy_officer")


def test_every_step_is_needed_on_sqlite(sqlite_ports: Ports, sqlite_place: Path) -> None:
    ports, seeds = sqlite_ports, range(1, 31)
    _lived(ports, *_people(ports), seeds)
    _rows_gone(ports)
    engine.merge_index(ports)
    assert _holds(sqlite_place.parent, _words(seeds)), "old pages are still in the log"
    engine.overwrite_gaps(ports)
    assert _holds(sqlite_place.parent, _words(seeds)) == set()


def test_the_index_keeps_words_of_deleted_rows_until_it_is_merged(sqlite_ports: Ports, sqlite_place: Path) -> None:
    ports, seeds = sqlite_ports, range(1, 31)
    _lived(ports, *_people(ports), seeds)
    _rows_gone(ports)
    engine.overwrite_gaps(ports)
    assert _holds(sqlite_place.parent, _words(seeds)), "deleted words are still in the index"
    engine.merge_index(ports)
    engine.overwrite_gaps(ports)
    assert _holds(sqlite_place.parent, _words(seeds)) == set()


def test_without_overwriting_bytes_are_left_on_sqlite(sqlite_ports: Ports, sqlite_place: Path) -> None:
    careless = connect_database(sqlite_ports.settings.database_url, durable=False)
    event.listen(careless, "connect", lambda raw, _record: raw.execute("PRAGMA secure_delete=OFF"))
    ports, seeds = replace(sqlite_ports, engine=careless), range(1, 31)
    _lived(ports, *_people(ports), seeds)
    assert destruction.run(ports).destroyed == len(seeds)
    assert _holds(sqlite_place.parent, _words(seeds)), "freed pages keep what stood on them"
    careless.dispose()


def test_a_reader_keeps_a_run_from_being_done(
    sqlite_ports: Ports, sqlite_place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.3)
    ports = sqlite_ports
    _lived(ports, *_people(ports), range(1, 3))
    with ports.engine.execution_options(reading=True).connect() as reader:
        reader.execute(text("SELECT count(*) FROM content"))
        with pytest.raises(Unavailable, match="can't be overwritten"):
            destruction.run(ports)
        assert ledger(ports, "destroyed") == [], "not before it was verified"
    assert destruction.run(ports).done == (1,)
    assert len(ledger(ports, "destroyed")) == 2
    assert _holds(sqlite_place.parent, _words(range(1, 3))) == set()


@pytest.mark.parametrize("most", [anew.MOST_IN_PLACE, 0], ids=["in place", "beside"])
def test_every_step_is_needed_on_postgresql(
    postgres_ports: Ports, postgres_server: Postgres, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anew, "MOST_IN_PLACE", most)
    ports, seeds = postgres_ports, range(1, 31)
    _lived(ports, *_people(ports), seeds)
    _rows_gone(ports)
    _everything_on_disk(ports)
    assert _holds(postgres_server.data / "base", _words(seeds)), "dead rows are still in the tables"
    assert anew.write_all(ports, lambda: True)
    _everything_on_disk(ports)
    assert _holds(postgres_server.data / "base", _words(seeds)) == set()
    assert _holds(postgres_server.data / "pg_wal", _words(seeds)), "old records are still in the log"
    assert engine.drop_log(ports)
    assert _holds(postgres_server.data, _words(seeds)) == set()


def test_a_role_that_owns_nothing_may_write_anew_what_is_listed_and_nothing_else(postgres_ports: Ports) -> None:
    named = with_people() - {"content", "search_text"} | set(anew.OF_PEOPLE)
    with postgres_ports.engine.begin() as connection:
        connection.execute(text("CREATE ROLE only_rows; GRANT USAGE ON SCHEMA public TO only_rows"))
        connection.execute(text("SET LOCAL ROLE only_rows"))
        for table in sorted(named | {"content_00", "search_text_31"}):
            connection.execute(text("SELECT write_anew(:table)"), {"table": table})
        connection.rollback()
    with pytest.raises(DBAPIError, match="not a table"), postgres_ports.engine.begin() as connection:
        connection.execute(text("SELECT write_anew('policy')"))


def test_postgresql_keeps_no_samples_of_what_people_wrote(postgres_ports: Ports) -> None:
    ports = postgres_ports
    receive(ports, *(_planted(seed) for seed in range(1, 31)))
    _analyzed(ports)
    tables = Base.metadata.tables
    words = {
        f"{name}.{column.name}"
        for name in with_people() | set(anew.OF_PEOPLE)
        for column in tables[name].columns
        if "personal" in column.info and isinstance(column.type, String | Text | Date)
    }
    with ports.engine.connect() as connection:
        noted = connection.execute(text("SELECT tablename, attname FROM pg_stats WHERE schemaname = 'public'")).all()
    known = {f"{re.sub('_[0-9][0-9]$', '', row.tablename)}.{row.attname}" for row in noted}
    assert "ticket_person.role" in known
    assert not known & words
    others = {row.tablename for row in noted if not re.search("_[0-9][0-9]$", row.tablename)} - set(tables)
    assert others == {"alembic_version"}, "an index on an expression has samples of its own"


def test_an_old_transaction_keeps_a_run_from_being_done(postgres_ports: Ports, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anew, "PATIENCE", 0.3)
    ports = postgres_ports
    _lived(ports, *_people(ports), range(1, 3))
    with ports.engine.connect().execution_options(isolation_level="REPEATABLE READ") as old:
        old.execute(text("SELECT count(*) FROM content"))
        with pytest.raises(Unavailable, match="still sees"):
            destruction.run(ports)
        assert ledger(ports, "destroyed") == []
    assert destruction.run(ports).done == (1,)
    with unit_of_work(ports, SYSTEM, write=False) as unit:
        assert unit.session.get(Flag, anew.TOUCHED) is None


def test_what_postgresql_needs_to_forget_is_named(postgres_ports: Ports) -> None:
    assert engine.keeps_destroyed(postgres_ports) == []
    with postgres_ports.engine.begin() as connection:
        connection.execute(text("CREATE ROLE plain_role LOGIN"))
    url = postgres_ports.settings.database_url.replace("helpdesk@", "plain_role@")
    other = connect_database(url)
    found = engine.keeps_destroyed(replace(postgres_ports, engine=other))
    other.dispose()
    with postgres_ports.engine.begin() as connection:
        connection.execute(text("DROP ROLE plain_role"))
    assert found == ["GRANT pg_checkpoint", "GRANT pg_read_all_stats", "GRANT pg_switch_wal()"]
