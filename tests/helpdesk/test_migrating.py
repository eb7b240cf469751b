"""A database with rows in it goes from each schema to the next and keeps them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text
from sqlalchemy.exc import IntegrityError

from helpdesk.adapters.database import connect_database
from helpdesk.errors import Misconfigured
from helpdesk.migrating import head, migrate, require_head
from tests.services.postgres import Postgres

FOLDER = Path(__file__).parents[2] / "helpdesk" / "migrations"
ROWS = """
INSERT INTO account (id, email, name, active, created_at, version) VALUES (1, 'm@x', 'M', true, :now, 1);
INSERT INTO ticket (id, number, desk_key, channel, status, opened_at, waiting_since, changed_at, spam, destroy_id,
  retention_state, art9, restricted, version) VALUES (1, '2026-00001', 'academy', 'mail', 'new',
  :now, :now, :now, false, 'd', 'waiting:register', false, false, 1);
INSERT INTO content (id, ticket_id, kind, text) VALUES (1, 1, 'subject', 'Verzetten')
"""

HOLD = """
INSERT INTO hold (id, kind, scope, reference, reason, owner_id, placed_by_id, placed_at, review_on, version)
  VALUES (:id, 'woo', 'ticket', 'Woo-1', 'verzoek', 1, 1, :now, '2027-05-22', 1)
"""

HALF = (
    "UPDATE hold SET release_asked_by_id = 1, released_at = '2026-11-22 12:00:00'",
    "UPDATE hold SET scope = 'person'",
    "UPDATE hold SET query = 'x'",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    url = f"sqlite:///{tmp_path / 'old.sqlite3'}"
    if request.param == "postgresql":
        server: Postgres = request.getfixturevalue("postgres_server")
        url = server.fresh_database()
    engine = connect_database(url, durable=False)
    yield engine
    engine.dispose()


def upgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()


def test_rows_of_the_first_schema_are_there_in_the_newest(empty: Engine) -> None:
    upgrade(empty, "0001")
    with empty.begin() as connection:
        for row in ROWS.split(";"):
            connection.execute(text(row), {"now": "2026-11-22 12:00:00"} if ":now" in row else {})
    with pytest.raises(Misconfigured):
        require_head(empty)
    migrate(empty)
    migrate(empty)
    require_head(empty)
    assert head() != "0001"
    with empty.connect() as connection:
        content = connection.execute(text("SELECT text, draft_id, draft_file_id FROM content")).one()
        account = connection.execute(text("SELECT name, theme, shortcuts, notify_mail, totp_step FROM account")).one()
    assert tuple(content) == ("Verzetten", None, None)
    assert tuple(account) == ("M", None, None, None, None)


def test_holds_of_the_schema_before_get_their_names_and_checks(empty: Engine) -> None:
    upgrade(empty, "0006")
    with empty.begin() as connection:
        for row in ROWS.split(";")[:2]:
            connection.execute(text(row), {"now": "2026-11-22 12:00:00"})
        for hold_id in (1, 2):
            connection.execute(text(HOLD), {"id": hold_id, "now": "2026-11-22 12:00:00"})
            connection.execute(text("INSERT INTO hold_ticket (hold_id, ticket_id) VALUES (:id, 1)"), {"id": hold_id})
    migrate(empty)
    with empty.connect() as connection:
        rows = connection.execute(text("SELECT key, settled_at FROM hold")).all()
        kept = connection.execute(text("SELECT count(*) FROM hold_ticket")).scalar()
    assert len({row.key for row in rows if re.fullmatch("[0-9a-f]{32}", row.key)}) == 2
    assert {row.settled_at for row in rows} == {None}
    assert kept == 2
    for wrong in HALF:
        with pytest.raises(IntegrityError), empty.begin() as connection:
            connection.execute(text(wrong))
