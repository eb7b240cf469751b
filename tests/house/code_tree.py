"""The repository as data: its files, their syntax trees and who imports whom. Judges nothing; the tests do."""

from __future__ import annotations

import ast
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("helpdesk", "mail_ingest", "web", "workers")
_OWN_FOLDERS = {".venv", ".git", ".hypothesis", "__pycache__", "data", "var"}


@dataclass(frozen=True)
class Source:
    """One Python file of ours; `module` is its dotted name, `path` relative to the root."""

    path: str
    module: str

    @cached_property
    def text(self) -> str:
        """The file's text."""
        return (ROOT / self.path).read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree."""
        return ast.parse(self.text, self.path)

    @property
    def lines(self) -> int:
        """How many lines it has."""
        return self.text.count("\n")

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """All functions and methods, nested ones too."""
        return (node for node in ast.walk(self.tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def comments(self) -> Iterator[tuple[int, str]]:
        """Line number and text of every comment."""
        with (ROOT / self.path).open("rb") as stream:
            for token in tokenize.tokenize(stream.readline):
                if token.type == tokenize.COMMENT:
                    yield token.start[0], token.string


@cache
def repository_files() -> tuple[Path, ...]:
    """Every file that is, or would be, in the repository; relative to the root.

    Asks git where there is one (tracked, and new but not ignored); a copy without git is walked.
    """
    asked = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode == 0:
        found = [Path(name) for name in asked.stdout.split("\0") if name]
        return tuple(sorted(path for path in found if (ROOT / path).is_file()))
    return tuple(sorted(_walk(ROOT)))


def _walk(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _OWN_FOLDERS or path.name.endswith(("_cache", ".egg-info")) or path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        else:
            yield path.relative_to(ROOT)


@cache
def sources(*tops: str) -> tuple[Source, ...]:
    """The Python files below these top folders; all packages and the tests when none is named."""
    wanted = tops or (*PACKAGES, "tests")
    found = [path for path in repository_files() if path.suffix == ".py" and path.parts[0] in wanted]
    return tuple(Source(str(path), ".".join(path.with_suffix("").parts).removesuffix(".__init__")) for path in found)


@dataclass(frozen=True)
class Import:
    """One name that a file imports; `line` is where."""

    name: str
    line: int

    @property
    def library(self) -> str:
        """The top-level name."""
        return self.name.partition(".")[0]


@cache
def imports_of(source: Source) -> tuple[Import, ...]:
    """What a file imports when it runs, also inside functions; blocks for type checkers are left out."""
    found: list[Import] = []
    waiting: list[ast.AST] = [source.tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            found += [Import(name.name, node.lineno) for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [Import(f"{node.module}.{name.name}", node.lineno) for name in node.names if node.module]
        waiting += ast.iter_child_nodes(node)
    return tuple(found)


@cache
def arrows() -> dict[str, frozenset[str]]:
    """Which module of ours imports which; a name imported from a package that is no module points at the package."""
    ours = {source.module for source in sources(*PACKAGES)}
    drawn: dict[str, frozenset[str]] = {}
    for source in sources(*PACKAGES):
        targets = set()
        for one in imports_of(source):
            target = one.name if one.name in ours else one.name.rpartition(".")[0]
            if target in ours and target != source.module:
                targets.add(target)
        drawn[source.module] = frozenset(targets)
    return drawn


def reached_from(start: str) -> frozenset[str]:
    """Every module of ours that importing the package or module `start` can bring in."""
    drawn = arrows()
    waiting = [module for module in drawn if module == start or module.startswith(start + ".")]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += drawn[module]
    return frozenset(seen)
