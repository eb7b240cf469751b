"""What does not belong into the repository, and documents that speak only of what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.code_tree import ROOT, repository_files

TEXT = {".py", ".md", ".toml", ".html", ".txt", ".js", ".css", ".po", ".ini", ".cfg", ".in", ".lock", ".yml", ".sh", ""}
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")
CODE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"```.*?```", re.DOTALL)
TARGET = re.compile(r"^\.?[A-Za-z][\w-]*(?=\s*:(?!=))", re.MULTILINE)
PATH = re.compile(r"^(?:helpdesk|mail_ingest|web|workers|tests|docs|\.ci)/[\w./*<>-]*$|^[A-Z][\w-]*\.(?:md|toml|lock)$")


def _foreign_words() -> list[str]:
    """Put together here, so that this file does not hold them."""
    hosts = ["pypi" + ".org", "pythonhosted" + ".org", "registry" + ".npmjs", "crates" + ".io", "proxy.golang" + ".org"]
    return ["/wo" + "rk/", "/fa" + "rm/", "issue " + "#", "Co-Authored" + "-By", *hosts]


def _texts() -> Iterator[tuple[Path, str]]:
    for path in repository_files():
        if path.suffix in TEXT:
            yield path, (ROOT / path).read_text(encoding="utf-8", errors="replace")


def test_nothing_of_this_machine_or_its_makers() -> None:
    bad = []
    for path, text in _texts():
        held = text.replace("/w" + "ork/**", "")
        bad += [f"{path}: {word}" for word in _foreign_words() if word.lower() in held.lower()]
    assert not bad, f"words that don't belong into the repository: {bad}"


def documents() -> list[Path]:
    """Every page of documentation."""
    return [path for path in repository_files() if path.suffix == ".md" and path.parts[0] in {path.name, "docs"}]


def make_targets() -> set[str]:
    """The targets of the Makefile."""
    return set(TARGET.findall(_makefile()))


def test_every_make_target_runs_a_module_that_is_there() -> None:
    named = re.findall(r"\$\(PYTHON\) -m ((?:tests|helpdesk|mail_ingest|web|workers)[\w.]*)", _makefile())
    missing = [name for name in named if not _module(name)]
    assert named
    assert not missing, f"make targets run modules that are not there: {missing}"


def _module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__main__.py").exists()


def _makefile() -> str:
    makefile = ROOT / "Makefile"
    return makefile.read_text(encoding="utf-8") if makefile.exists() else ""


def _spoken_of(page: str) -> Iterator[str]:
    yield from CODE.findall(FENCED.sub("", page))
    for block in FENCED.findall(page):
        yield from block.splitlines()


@pytest.mark.parametrize("document", documents(), ids=str)
def test_documents_name_only_what_is_there(document: Path) -> None:
    page = (ROOT / document).read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(page) if "://" not in link and not _there(document.parent / link)]
    for said in _spoken_of(page):
        for target in re.findall(r"\bmake ((?:[a-z][\w-]*)(?: [a-z][\w-]*)*)", said.partition("#")[0]):
            missing += [f"make {word}" for word in target.split()[:1] if word not in make_targets()]
        missing += [word for word in said.split() if PATH.match(word) and not _there(Path(word))]
    assert not missing, f"{document} speaks of what is not there: {missing}"


def _there(path: Path) -> bool:
    if any(mark in str(path) for mark in "*<>"):
        return True
    return (ROOT / path).exists()
