"""The error codes that the code can give, found in its source; docs/errors.md is made of them. Judges nothing."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk import errors
from tests.house.code_tree import PACKAGES, sources

KINDS: dict[str, type[errors.HelpdeskError]] = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, errors.HelpdeskError)
}


@dataclass(frozen=True, order=True)
class Said:
    """One code, the kind of error it comes with and the sentence; the sentence may be empty."""

    code: str
    kind: str
    sentence: str


def _literal(node: ast.expr | None) -> str:
    """A string in the source, also one marked for translation; empty for anything else."""
    if isinstance(node, ast.Call) and node.args and ast.unparse(node.func) == "N_":
        node = node.args[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _raised() -> Iterator[Said]:
    for source in sources(*PACKAGES):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS:
                kind = KINDS[node.func.id]
                given = next((each.value for each in node.keywords if each.arg == "code"), None)
                code = _literal(given) if given is not None else kind.code
                if code:
                    yield Said(code, node.func.id, _literal(node.args[0] if node.args else None))


def codes() -> list[Said]:
    """Every code with every sentence it comes with, sorted."""
    return sorted(set(_raised()))
