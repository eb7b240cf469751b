"""What must declare itself: columns their personal data, settings their meaning, jobs their function."""

from __future__ import annotations

import ast
import importlib
import inspect

import pytest
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from helpdesk import ports
from helpdesk.logs import KEYS
from helpdesk.models import CATEGORIES, Base
from helpdesk.retention import clock
from helpdesk.retention.reckoning import BLOCKED, WAITING
from tests.house.code_tree import PACKAGES, ROOT, sources
from tests.house.write_docs import pages, said_of, settings_page

SHORTEST_REASON = 5
LONGEST_JOB = 12


def test_every_column_says_what_personal_data_it_holds() -> None:
    silent = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if not said_of(column)
    ]
    assert len(Base.metadata.tables) > 20
    assert not silent, f"columns without personal(category) or plain(why): {silent}"


def test_categories_are_known_and_reasons_are_reasons() -> None:
    columns = [column for table in Base.metadata.tables.values() for column in table.columns]
    unknown = {column.info["personal"] for column in columns if "personal" in column.info} - set(CATEGORIES)
    thin = [str(column) for column in columns if len(column.info.get("plain", "long enough")) < SHORTEST_REASON]
    both = [str(column) for column in columns if {"personal", "plain"} <= set(column.info)]
    assert not unknown, f"categories nobody declared: {unknown}"
    assert not thin, f"plain() without a real reason: {thin}"
    assert not both, f"columns that say personal and plain: {both}"


@pytest.mark.parametrize("path", sorted(pages()))
def test_generated_pages_are_up_to_date(path: str) -> None:
    lies = ROOT / path
    shown = lies.read_text(encoding="utf-8") if lies.exists() else ""
    assert shown == pages()[path], f"{path} is not what the code says: run python -m tests.house.write_docs"


def test_every_setting_is_documented() -> None:
    empty = [line for line in settings_page().splitlines() if line.startswith("| `") and line.endswith("|  |")]
    no_name = [line for line in settings_page().splitlines() if "| `` |" in line]
    assert not empty, f"settings without a sentence: {empty}"
    assert not no_name, f"settings without a name in helpdesk.toml: {no_name}"


def test_every_job_exists() -> None:
    broken = []
    for name in ports.JOBS:
        module, _, function = name.partition(":")
        try:
            found = getattr(importlib.import_module(module), function)
        except (ImportError, AttributeError) as fault:
            broken.append(f"{name}: {fault}")
            continue
        if len(inspect.getsource(found).splitlines()) > LONGEST_JOB:
            broken.append(f"{name} has over {LONGEST_JOB} lines: a job opens a unit and calls a verb")
    assert not broken, f"jobs in helpdesk/ports.py without a function: {broken}"


def test_job_constants_are_all_listed() -> None:
    named = {value for name, value in vars(ports).items() if name.isupper() and isinstance(value, str) and ":" in value}
    assert named == set(ports.JOBS)


def test_every_field_of_a_log_line_is_on_the_list() -> None:
    """The formatter drops what is not on helpdesk.logs.KEYS: a field that is not there would never be seen."""
    lost = []
    for source in sources(*PACKAGES):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.keyword) and node.arg == "extra":
                keys = {
                    str(key.value) for one in ast.walk(node.value) if isinstance(one, ast.Dict) for key in _words(one)
                }
                lost += [f"{source.path}:{node.lineno} {key}" for key in sorted(keys - set(KEYS))]
    assert not lost, f"log fields that helpdesk/logs.py does not let through: {lost}"


def _words(mapping: ast.Dict) -> list[ast.Constant]:
    return [key for key in mapping.keys if isinstance(key, ast.Constant)]


def test_the_clock_gives_states_that_exist() -> None:
    for state in (clock.FIRST_STATE, *WAITING, *BLOCKED, "dated", "due", "listed", "destroying"):
        assert clock.is_state(state), state
    assert not any(map(clock.is_state, ("", "waiting", "dated:x", "blocked:", "gone")))
    default = Base.metadata.tables["ticket"].columns["retention_state"].default
    assert isinstance(default, ScalarElementColumnDefault)
    assert clock.is_state(default.arg)
