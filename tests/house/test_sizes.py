"""Small rooms: files, functions and names as CONTRIBUTING.md says."""

from __future__ import annotations

import ast
import sys
from importlib.metadata import packages_distributions

from tests.house.code_tree import PACKAGES, ROOT, Source, repository_files, sources

WARN_LINES, MOST_LINES, MOST_FUNCTION_LINES = 300, 400, 40
EXEMPT = {
    "helpdesk/migrations/versions/": "a migration lists every table once and is never changed again",
}
VAGUE = {"utils", "util", "helpers", "helper", "misc", "common", "tools"}
LARGEST_FILE = 1_000_000


def _measured() -> list[Source]:
    return [source for source in sources() if not source.path.startswith(tuple(EXEMPT))]


def long_files() -> list[str]:
    """Files that are still allowed, but longer than they should be."""
    return [f"{source.path} has {source.lines} lines" for source in _measured() if source.lines > WARN_LINES]


def test_no_file_is_too_long() -> None:
    long = [f"{source.path} has {source.lines} lines" for source in _measured() if source.lines > MOST_LINES]
    assert not long, f"files over {MOST_LINES} lines: {long}"


def test_no_function_is_too_long() -> None:
    long = []
    for source in _measured():
        for function in source.functions():
            length = (function.end_lineno or function.lineno) - function.lineno + 1
            if length > MOST_FUNCTION_LINES:
                long.append(f"{source.path}:{function.lineno} {function.name} has {length} lines")
    assert not long, f"functions over {MOST_FUNCTION_LINES} lines: {long}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        source.path for source in sources() if source.tree.body and not (ast.get_docstring(source.tree) or "").strip()
    ]
    assert not silent, f"modules without a sentence of purpose: {silent}"


def test_no_module_has_a_vague_or_borrowed_name() -> None:
    libraries = set(packages_distributions()) | sys.stdlib_module_names
    inside = {source.module for source in sources(*PACKAGES)} - set(PACKAGES)
    bad = []
    for source in sources():
        name = source.module.rpartition(".")[2]
        borrowed = name in libraries and source.module in inside and name != "__main__"
        if name in VAGUE or borrowed:
            bad.append(source.path)
    assert not bad, f"modules that say nothing, or are named like a library: {bad}"


def test_the_repository_holds_no_large_file() -> None:
    large = [str(path) for path in repository_files() if (ROOT / path).stat().st_size > LARGEST_FILE]
    assert not large, f"files over {LARGEST_FILE} bytes: {large}"
