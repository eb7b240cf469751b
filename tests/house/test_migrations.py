"""Migrations are linear, numbered and free of models, and end in exactly the schema that the models describe."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine

from helpdesk.adapters.database import connect_database
from helpdesk.migrating import head, migrate
from helpdesk.models import Base
from tests.house.code_tree import ROOT, imports_of, sources
from tests.services.postgres import Postgres

FOLDER = "helpdesk/migrations"
ENGINE_ONLY = {
    r"search_index\w*": "SQLite: the FTS5 index over search_text and the tables it keeps",
    r"(content|search_text)_\d\d": "PostgreSQL: the hash partitions",
    r"content_\d\d_ticket_id_entry_id_idx": "PostgreSQL: ix_content_entry of each partition",
    r"(ix_search_text_words|search_text_\d\d_array_to_tsvector_idx)": "PostgreSQL: the full text index",
    r"ix_search_text_ticket_id": "PostgreSQL: the primary key begins with the ticket",
}
"""What one engine has beside the models, or does without (docs/adr/0006)."""


def _versions() -> list[Path]:
    return sorted(path for path in (ROOT / FOLDER / "versions").glob("*.py") if path.name != "__init__.py")


def test_migrations_are_numbered_and_linear() -> None:
    names = [path.name for path in _versions()]
    assert names, "no migration"
    for number, name in enumerate(names, 1):
        assert re.fullmatch(rf"{number:04d}_[a-z0-9_]+\.py", name), f"migration {name} should be number {number:04d}"
    scripts = list(ScriptDirectory(str(ROOT / FOLDER)).walk_revisions())
    assert [script.revision for script in reversed(scripts)] == [name[:4] for name in names]
    assert head() == names[-1][:4]


def test_migrations_know_no_models() -> None:
    wrong = [
        f"{source.path} imports {one.name}"
        for source in sources("helpdesk")
        if source.path.startswith(f"{FOLDER}/versions/")
        for one in imports_of(source)
        if one.library == "helpdesk"
    ]
    assert not wrong, f"a migration must not change with the models: {wrong}"


@pytest.fixture
def migrated(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Engine]]:
    """Makes an empty database of a kind and migrates it."""
    made: list[Engine] = []

    def make(kind: str) -> Engine:
        if kind == "sqlite":
            url = f"sqlite:///{tmp_path / 'schema.sqlite3'}"
        else:
            server: Postgres = request.getfixturevalue("postgres_server")
            url = server.fresh_database()
        made.append(connect_database(url, durable=False))
        migrate(made[-1])
        return made[-1]

    yield make
    for engine in made:
        engine.dispose()


def _names(difference: Any) -> Iterator[str]:
    """The tables, columns and indexes that one line of Alembic's comparison speaks of."""
    if isinstance(difference, list):
        for one in difference:
            yield from _names(one)
        return
    thing = difference[-1] if difference[0].startswith(("add_", "remove_")) else None
    name = getattr(thing, "name", None)
    table = getattr(getattr(thing, "table", None), "name", None)
    if name is None:
        yield " ".join(str(part) for part in difference)
    else:
        yield f"{table}.{name}" if "column" in difference[0] else str(name)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_models_are_the_migrated_schema(kind: str, migrated: Callable[[str], Engine]) -> None:
    engine = migrated(kind)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = [name for one in compare_metadata(context, Base.metadata) for name in _names(one)]
    left = [name for name in differences if not any(re.fullmatch(known, name) for known in ENGINE_ONLY)]
    assert not left, f"models and migrations differ on {kind}: {left}"


def test_the_comparison_sees_a_difference() -> None:
    """A zero must show that it can find one: an empty database lacks every table."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    engine.dispose()
    assert len(found) > len(Base.metadata.tables)


def test_sqlite_commits_are_synced_and_deleted_bytes_overwritten(tmp_path: Path) -> None:
    engine = connect_database(f"sqlite:///{tmp_path / 'settings.sqlite3'}")
    with engine.connect() as connection:
        said = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        }
    engine.dispose()
    assert said == {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
