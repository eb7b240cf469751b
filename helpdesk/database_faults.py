"""What to tell people of a database that does not answer or has no room left. Asks no database."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from helpdesk.errors import Unavailable

_FULL = ("SQLITE_FULL", "SQLITE_IOERR_SHMSIZE", "53100")
"""How the engines say that their disk is full: SQLite's result codes (sqlite.org/rescode), PostgreSQL's SQLSTATE."""


def unreachable(fault: DBAPIError) -> Unavailable:
    """The error to raise where the database failed and the statement was not wrong."""
    said = getattr(fault.orig, "sqlite_errorname", None) or getattr(fault.orig, "sqlstate", None)
    if said in _FULL:
        return Unavailable("The disk of the database is full. Make room on it, then try again.", code="disk_full")
    return Unavailable("The database can't be reached now. Try again in a minute.", code="database")
