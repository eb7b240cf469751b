"""Faults planted on disk and in the database, one after the other: the judge must see each, or its zeros say nothing.

They are planted beside the product, as no verb of it would.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, text

from helpdesk.retention.ledger import Entry, chained, parsed_head
from tests.destroying.judge import Verdict, finished, half_way, raced
from tests.destroying.killing import Trial, words_of
from tests.destroying.sight import Sight, look


def planted_faults(trial: Trial) -> tuple[int, int]:
    """How many faults were planted, and how many were found. A run that nobody disturbed must be faultless first."""
    found = [*_in_a_killed_run(trial)]
    trial.place.fresh()
    trial.seconds = trial.runner.run(trial.place).seconds
    clean = _at_end(trial)
    trial.verdict.add(clean, "an undisturbed run")
    found += _in_a_finished_run(trial)
    for name, seen in found:
        if not seen:
            trial.verdict.fault("blind", f"the judge does not see: {name}")
    return len(found), sum(seen for _name, seen in found)


def _at_end(trial: Trial) -> Verdict:
    now = look(trial.place, bytes_too=True)
    verdict = finished(trial.before, now, trial.doomed)
    for word in now.words & words_of(trial.before, trial.doomed):
        verdict.fault("bytes_left", word)
    return verdict


def _in_a_killed_run(trial: Trial) -> list[tuple[str, bool]]:
    """As if a run had been killed that deletes in another order."""
    one, other = sorted(trial.doomed)[:2]
    trial.place.fresh()
    _by_hand(trial, lambda connection: _delete(connection, "content", one))
    half_rows = half_way(trial.before, look(trial.place), trial.doomed)
    trial.place.fresh()
    _unlink(trial, next(iter(trial.before.files_of(other))))
    half_files = half_way(trial.before, look(trial.place), trial.doomed)
    gone = look(trial.place)
    gone.rows.pop(one)
    gone.named = {key: whose for key, whose in gone.named.items() if whose != one}
    lost = half_way(trial.before, gone, trial.doomed)
    return [
        ("half of a ticket's rows", half_rows.counts["half"] == 1),
        ("bytes before the intent", half_files.counts["half"] == 1),
        ("a ticket that is gone without an intent", lost.counts["lost"] == 1),
    ]


def _in_a_finished_run(trial: Trial) -> list[tuple[str, bool]]:
    gone = min(trial.doomed)
    kept, other = sorted(set(trial.before.rows) - trial.doomed)[:2]
    plants: tuple[tuple[str, str, Callable[[], None]], ...] = (
        ("a file that belongs to nothing", "orphan_files", lambda: _stranger(trial)),
        (
            "a file of a kept ticket that is gone",
            "bytes_lost",
            lambda: _unlink(trial, min(trial.before.files_of(kept))),
        ),
        ("a second line that a ticket is done", "doubled_done", lambda: _told_again(trial)),
        (
            "a row left of a ticket",
            "orphan_rows",
            lambda: _by_hand(trial, lambda on: _put_back(on, trial.before, gone)),
        ),
        ("a kept ticket that was changed", "kept_changed", lambda: _by_hand(trial, lambda on: _change(on, other))),
        ("a byte left", "bytes_left", lambda: _word_left(trial)),
    )
    found = []
    for name, kind, plant in plants:
        before = _at_end(trial).counts[kind]
        plant()
        found.append((name, _at_end(trial).counts[kind] > before))
    held = raced(trial.before, look(trial.place), {other: True})
    return [*found, ("a held ticket that was damaged", held.counts["held_and_damaged"] == 1)]


def _by_hand(trial: Trial, work: Callable[[Connection], None]) -> None:
    """With foreign keys and triggers out of the way."""
    ports = trial.place.ports()
    sqlite = ports.engine.dialect.name == "sqlite"
    with ports.engine.connect() as connection:
        if sqlite:
            raw: Any = connection.connection.driver_connection
            raw.execute("PRAGMA foreign_keys=OFF")
        else:
            connection.execute(text("SET session_replication_role = replica"))
        work(connection)
        connection.commit()
    ports.engine.dispose()


def _delete(connection: Connection, table: str, ticket_id: int) -> None:
    connection.execute(text(f"DELETE FROM {table} WHERE ticket_id = {ticket_id}"))  # noqa: S608 - numbers and names of ours


def _change(connection: Connection, ticket_id: int) -> None:
    connection.execute(text(f"UPDATE content SET kind = kind WHERE ticket_id = {ticket_id}"))  # noqa: S608 - as above
    connection.execute(text(f"UPDATE ticket SET language = 'xx' WHERE id = {ticket_id}"))  # noqa: S608 - as above
    connection.execute(text(f"DELETE FROM entry WHERE ticket_id = {ticket_id}"))  # noqa: S608 - as above


def _put_back(connection: Connection, before: Sight, ticket_id: int) -> None:
    row = next(row for key, row in before.rows[ticket_id].items() if key.startswith("ticket_person "))
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO ticket_person ({names}) VALUES ({places})"), row)  # noqa: S608 - as above


def _unlink(trial: Trial, key: str) -> None:
    for path in (trial.place.data / "blobs").rglob(key):
        path.unlink()


def _stranger(trial: Trial) -> None:
    key = secrets.token_hex(16)
    folder = trial.place.data / "blobs" / key[:2]
    folder.mkdir(exist_ok=True)
    (folder / key).write_bytes(b"nobody's")


def _told_again(trial: Trial) -> None:
    ports = trial.place.ports()
    line = json.loads(next(line for line in ports.ledger.lines() if '"op":"destroyed"' in line))
    again = Entry("destroyed", line["id"], line["t"], line["run"], line["rule"], line["pv"], line["parts"], line["m"])
    seq, head = parsed_head(ports.ledger.last())
    with ports.ledger.locked():
        ports.ledger.append([chained(again, seq + 1, head)], line["t"])
    ports.engine.dispose()


def _word_left(trial: Trial) -> None:
    (trial.place.data / "rest").write_text(min(words_of(trial.before, trial.doomed)), encoding="utf-8")
