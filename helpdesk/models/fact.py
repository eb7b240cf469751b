"""Dates the retention clock runs on, and the imports they come from: facts are added, never changed (RD-20)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped

from helpdesk.models.base import Base, BigId, Json, UtcTime, own_id, personal, plain

FACT_TYPES = (
    "employment.start",
    "employment.end",
    "dismissal.settled",
    "account.last_login",
    "contract.end",
    "system.lms.end_of_life",
)
IMPORT_STATES = ("preview", "braked", "running", "done", "stopped", "failed")


class Fact(Base):
    """One dated fact about a person, or about a system; a later row supersedes or retracts an earlier one."""

    __tablename__ = "fact"
    __table_args__ = (
        CheckConstraint(f"type in {FACT_TYPES}", name="type"),
        CheckConstraint("not retracts or supersedes_id is not null", name="retracts"),
        Index("ix_fact_person", "person_id", "id"),
    )

    id: Mapped[int] = own_id()
    person_id: Mapped[int | None] = plain("points at a person; none is a system", BigId, ForeignKey("person.id"))
    type: Mapped[str] = plain("what happened, a fixed word", String(32))
    valid_on: Mapped[dt.date] = personal("fact", Date)
    reason: Mapped[str | None] = plain("a fixed word: why employment ended", String(16))
    recorded_at: Mapped[dt.datetime] = plain("time of the row", UtcTime)
    source: Mapped[str] = plain("name of a feed, or hand", String(32))
    source_ref: Mapped[str | None] = personal("fact", String(200))
    supersedes_id: Mapped[int | None] = plain(
        "the fact it takes the place of", BigId, ForeignKey("fact.id"), unique=True
    )
    retracts: Mapped[bool] = plain("whether it only takes that fact back", default=False)
    recorded_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))


class ImportProfile(Base):
    """Which column of a file means what, kept per kind of file."""

    __tablename__ = "import_profile"

    id: Mapped[int] = own_id()
    name: Mapped[str] = plain("name of the profile", String(64), unique=True)
    feed: Mapped[str] = plain("name of a feed", String(32))
    department: Mapped[str | None] = plain("code of the department it is for", String(16))
    columns: Mapped[dict[str, Any]] = plain("headings of columns by our field", Json, default=dict)
    date_order: Mapped[str] = plain("dmy, mdy or ymd", String(4), default="dmy")
    changed_at: Mapped[dt.datetime] = plain("time of the last change", UtcTime)
    changed_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))


class ImportRun(Base):
    """One file brought in: counts and states only; the file goes when the run ends."""

    __tablename__ = "import_run"
    __table_args__ = (
        CheckConstraint(f"state in {IMPORT_STATES}", name="state"),
        CheckConstraint("second_id is null or second_id <> started_by_id", name="two_people"),
    )

    id: Mapped[int] = own_id()
    feed: Mapped[str] = plain("name of a feed", String(32))
    profile_id: Mapped[int | None] = plain("points at a profile", BigId, ForeignKey("import_profile.id"))
    state: Mapped[str] = plain("where it stands", String(16), default="preview")
    to_do: Mapped[str | None] = plain("what a worker is asked to do with it, a fixed word: look or start", String(8))
    fault: Mapped[str | None] = plain("a fixed word: why the file can't be read, or what it lacks", String(32))
    blob: Mapped[str | None] = plain("random key of the file while it is needed", String(64), unique=True)
    found_blob: Mapped[str | None] = plain(
        "random key of what a look found, change by change, while it is needed", String(64), unique=True, index=True
    )
    file_kind: Mapped[str] = plain("csv or xlsx", String(8))
    rows: Mapped[int] = plain("rows in the file", default=0)
    row_done: Mapped[int] = plain("rows brought in so far", default=0)
    counts: Mapped[dict[str, Any]] = plain("changes by kind, numbers only", Json, default=dict)
    brake: Mapped[str | None] = plain("a fixed word: why it stopped for a second person", String(32))
    reason: Mapped[str | None] = personal("case", Text)
    taken_at: Mapped[dt.datetime] = plain("time the source was made: facts are as of then", UtcTime)
    started_at: Mapped[dt.datetime] = plain("time it was uploaded", UtcTime)
    finished_at: Mapped[dt.datetime | None] = plain("time it ended", UtcTime)
    started_by_id: Mapped[int | None] = plain("points at an account", BigId, ForeignKey("account.id"))
    second_id: Mapped[int | None] = plain("points at the second person", BigId, ForeignKey("account.id"))
    version: Mapped[int] = plain("counts changes, for claims", default=1)


class ImportProblem(Base):
    """A row that could not be used, by its line; the words of the file are not kept."""

    __tablename__ = "import_problem"
    __table_args__ = (UniqueConstraint("run_id", "line", "code"),)

    id: Mapped[int] = own_id()
    run_id: Mapped[int] = plain("points at a run", BigId, ForeignKey("import_run.id", ondelete="CASCADE"), index=True)
    line: Mapped[int] = plain("line of the file, from 1")
    code: Mapped[str] = plain("a stable code", String(64))
    field: Mapped[str] = plain("our name of the column", String(32), default="")
