"""Time and settings are given: one clock, one reader of the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.house.code_tree import PACKAGES, Source, sources

CLOCK_WORDS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.localtime"}
CLOCKS = {
    "helpdesk.wiring": "SystemClock is the clock",
    "helpdesk.settings_reader": "the years by which a trial moves the clock count from today",
    "workers.start": "`make run` tells processes of this start from those of an earlier one",
    "workers.demo": "the demonstration's mailbox stamps mail as a mail server does",
}
ENVIRONMENT = {
    "helpdesk.__main__": "hands the environment to from_env()",
    "helpdesk.commands": "hands the environment to from_env()",
    "mail_ingest.__main__": "hands the environment to from_env() and to the mailbox's password lookup",
    "web.__main__": "hands the environment to from_env()",
    "workers.__main__": "hands the environment to from_env() and to the supervisor",
    "workers.job": "hands the environment to from_env()",
    "workers.supervise": "its children inherit the environment",
    "workers.guard": "finds processes by a mark in theirs",
    "workers.demo": "hands the environment to from_env()",
}


def _allowed(module: str, table: dict[str, str]) -> bool:
    return any(module == name or module.startswith(name + ".") for name in table)


def _attributes() -> Iterator[tuple[Source, int, str]]:
    for source in sources(*PACKAGES):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute):
                yield source, node.lineno, ast.unparse(node)


def test_only_the_clock_reads_the_clock() -> None:
    wrong = [
        f"{source.path}:{line} {said}"
        for source, line, said in _attributes()
        if any(said == word or said.endswith("." + word) for word in CLOCK_WORDS)
        and not _allowed(source.module, CLOCKS)
    ]
    assert not wrong, f"time is given (unit.now or the Now port), not read: {wrong}"


def test_only_settings_read_the_environment() -> None:
    wrong = [
        f"{source.path}:{line} {said}"
        for source, line, said in _attributes()
        if said in {"os.environ", "os.getenv", "os.environb", "os.putenv"}
        and not _allowed(source.module, ENVIRONMENT | {"helpdesk.settings_reader": "from_env()"})
    ]
    assert not wrong, f"only helpdesk/settings_reader.py reads the environment: {wrong}"


def test_outside_the_settings_the_environment_is_only_handed_on() -> None:
    wrong = [
        f"{source.path}:{node.lineno} {ast.unparse(node)}"
        for source in sources(*PACKAGES)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Subscript | ast.Attribute) and ast.unparse(node.value) == "os.environ"
        if isinstance(node, ast.Subscript) or node.attr not in {"items", "copy"}
    ]
    assert not wrong, f"a setting is read outside helpdesk/settings_reader.py: {wrong}"
