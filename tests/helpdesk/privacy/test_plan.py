"""The plan of destruction knows every way to a ticket; what it does not know keeps every process from starting."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from sqlalchemy import Column, ForeignKey, Integer, MetaData, Table, text

from helpdesk.adapters.rq_jobs import RqJobs
from helpdesk.errors import Misconfigured
from helpdesk.models import Base
from helpdesk.ports import Ports
from helpdesk.privacy.copies.inventory import require_known
from helpdesk.privacy.copies.plan import LEFT_EMPTY, OWNED, blob_columns, plan_of, steps
from tests.services.valkey import Valkey


def _with(name: str, *columns: Column[int]) -> MetaData:
    """Our tables and one more."""
    whole = MetaData()
    for table in Base.metadata.sorted_tables:
        table.to_metadata(whole)
    Table(name, whole, Column("id", Integer, primary_key=True), *columns)
    return whole


def test_everything_that_leads_to_a_ticket_is_in_the_plan() -> None:
    planned = {step.table.name for step in steps()}
    links = {
        f"{table.name}.{key.parent.name}": table.name
        for table in Base.metadata.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name == "ticket"
    }
    assert len(links) > 15
    assert {link for link, table in links.items() if table not in planned} == {"rights_request.ticket_id"}
    assert links.keys() >= OWNED | LEFT_EMPTY.keys(), "the plan speaks of links that there are"
    assert steps()[-1].table.name == "ticket"
    assert {step.table.name for step, _name in blob_columns()} == {
        "attachment",
        "draft_file",
        "inbound_mail",
        "redaction",
        "upload",
        "upload_piece",
    }


def test_a_new_table_that_goes_with_the_ticket_is_planned_by_itself() -> None:
    whole = _with("rogue", Column("ticket_id", ForeignKey("ticket.id", ondelete="CASCADE")))
    assert "rogue" in {step.table.name for step in plan_of(whole)}


@pytest.mark.parametrize(
    ("column", "named"),
    [
        (Column("t", ForeignKey("ticket.id")), "rogue.t"),
        (Column("t", ForeignKey("ticket.id", ondelete="SET NULL")), "rogue.t"),
        (Column("e", ForeignKey("entry.id")), "rogue.e"),
        (Column("old_ticket_id", Integer), "rogue.old_ticket_id"),
    ],
)
def test_a_link_that_nobody_decided_on_is_named(column: Column[int], named: str) -> None:
    with pytest.raises(Misconfigured) as fault:
        plan_of(_with("rogue", column))
    assert fault.value.values["link"] == named


def test_what_we_make_ourselves_is_known(ports: Ports) -> None:
    require_known(ports)
    assert ports.blobs.strangers() == []


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TABLE x (t BIGINT REFERENCES ticket)", "table x"),
        ("CREATE VIEW seen_by AS SELECT * FROM content", "table seen_by"),
        ("CREATE TABLE content_99 (t BIGINT)", "table content_99"),
        ("CREATE TABLE tickets_moved (t BIGINT)", "table tickets_moved"),
        ("CREATE TABLE policy_anew (t BIGINT)", "table policy_anew"),
        ("CREATE TABLE search_index_old (t BIGINT)", "table search_index_old"),
        ("ALTER TABLE ticket ADD COLUMN y TEXT", "column ticket.y"),
        ("ALTER TABLE alembic_version ADD COLUMN y TEXT", "column alembic_version.y"),
    ],
)
def test_a_table_or_column_made_by_hand_is_named(ports: Ports, statement: str, named: str) -> None:
    with ports.engine.begin() as connection:
        connection.execute(text(statement))
    with pytest.raises(Misconfigured) as fault:
        require_known(ports)
    assert fault.value.values["names"] == named


def test_a_table_of_postgresql_is_named_in_any_schema_and_by_any_name(postgres_ports: Ports) -> None:
    ports = postgres_ports
    for made, gone, named in (
        ("CREATE SCHEMA kept CREATE TABLE ticket (t TEXT)", "DROP SCHEMA kept CASCADE", "table kept.ticket"),
        ("CREATE TABLE sqlite_old (t TEXT)", "DROP TABLE sqlite_old", "table sqlite_old"),
        ("CREATE TABLE search_index (t TEXT)", "DROP TABLE search_index", "table search_index"),
    ):
        with ports.engine.begin() as connection:
            connection.execute(text(made))
        with pytest.raises(Misconfigured) as fault:
            require_known(ports)
        assert fault.value.values["names"] == named
        with ports.engine.begin() as connection:
            connection.execute(text(gone))
    require_known(ports)


@pytest.mark.parametrize("name", ["previews", "dump.sql", "abc"])
def test_a_folder_or_file_beside_the_blobs_is_named(ports: Ports, tmp_path: Path, name: str) -> None:
    path = tmp_path / "blobs" / name
    path.write_text("x") if "." in name else path.mkdir()
    with pytest.raises(Misconfigured) as fault:
        require_known(ports)
    assert fault.value.values["names"] == f"blobs/{name}"


def test_a_kind_of_key_that_is_not_ours_is_named_without_its_words(valkey: Valkey) -> None:
    jobs, client = RqJobs(valkey.url), redis.Redis.from_url(valkey.url)
    jobs.nudge("workers.upkeep:sweep")
    try:
        assert jobs.strangers() == []
        client.set("cache:femke@x.example", "1")
        client.set("helpdesk:page:17", "1")
        assert jobs.strangers() == ["cache", "helpdesk:page"]
    finally:
        client.flushall()
    assert RqJobs("redis://127.0.0.1:1/0").strangers() == [], "what does not answer is asked at the next start"
