"""Brings the database to this code's schema, and refuses to run code on another schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from helpdesk.database_faults import unreachable
from helpdesk.errors import Misconfigured

_FOLDER = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest revision this code knows."""
    revision = ScriptDirectory.from_config(_config()).get_current_head()
    assert revision is not None  # noqa: S101 - the package ships its first revision
    return revision


def current(engine: Engine) -> str | None:
    """The revision of the database; none for an empty one. Raises Unavailable when it can't be reached."""
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except OperationalError as fault:
        raise unreachable(fault) from fault


def migrate(engine: Engine) -> None:
    """Run what is missing; does nothing on a database that is up to date."""
    with engine.connect() as connection:
        command.upgrade(_config(connection), "head")
        connection.commit()


def require_head(engine: Engine) -> None:
    """Raise Misconfigured unless the schema is exactly this code's."""
    found = current(engine)
    if found != head():
        raise Misconfigured(
            "The database has schema {found}, this code needs {head}: run 'helpdesk migrate'.",
            found=found or "none",
            head=head(),
        )
