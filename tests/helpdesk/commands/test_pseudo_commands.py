"""What the `helpdesk` command says to people was given to be translated; field names of JSON are code and stay."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from helpdesk.__main__ import helpdesk
from helpdesk.adapters.database import connect_database
from helpdesk.commands.console import error_line
from helpdesk.errors import HelpdeskError
from helpdesk.text.language import PSEUDO_LANGUAGE, terminal_language, translator
from tests.house.messages import used_messages
from tests.naked import Search

KNOWN = frozenset({"advisor", "technical", "admin", "utc", "sqlite", "connectionrefusederror"})
"""Roles, the time zone, the database's kind and kinds of faults: the same in every language."""
WORD, EMAIL = "μια μεγάλη λέξη", "an@x.example"
WALK = (
    *("init", "migrate", "migrate", "keys rotate"),
    *(f"user add {EMAIL} Άννα --role advisor --password-file -", f"user role {EMAIL} advisor technical_admin"),
    *(
        "user list",
        f"user sessions {EMAIL}",
        f"user sessions {EMAIL} --end",
        f"user password {EMAIL} --password-file -",
    ),
    *(f"user deactivate {EMAIL}", "user list", "check", "reconcile"),
)
REFUSED = (
    "user deactivate nobody@x.example",
    "user totp-off nobody@x.example",
    "user add b@x.example Άννα --role advisor --password-file -",
    "ticket show 2026-00001",
)


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    said = {"DATA": str(tmp_path / "1"), "REDIS": "unix:///1/s", "SMTP_PORT": "1", "LANGUAGE": PSEUDO_LANGUAGE}
    found = {f"HELPDESK_{name}": value for name, value in said.items()}
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    return found


def said(words: str, environ: dict[str, str], given: str = f"{WORD}\n") -> str:
    """What the command prints, the sentence of an error among it."""
    result = CliRunner().invoke(helpdesk, words.split(), input=given)
    if isinstance(result.exception, HelpdeskError):
        return result.output + error_line(result.exception, environ)
    assert result.exception is None or isinstance(result.exception, SystemExit), (words, result.exception)
    return result.output


def test_every_word_at_the_terminal_was_given_to_be_translated(environ: dict[str, str]) -> None:
    search = Search(KNOWN)
    for words in WALK:
        search.look(words, said(words, environ))
    for words in REFUSED:
        search.look(words, said(words, environ, "1\n"))
    engine = connect_database(f"sqlite:///{environ['HELPDESK_DATA']}/helpdesk.sqlite3")
    with engine.begin() as connection:
        connection.execute(text("UPDATE counter SET value = value + 1"))
        connection.execute(
            text(
                "INSERT INTO counter (name, value) SELECT 'tickets_created', 1 WHERE NOT EXISTS "
                "(SELECT 1 FROM counter WHERE name = 'tickets_created')"
            )
        )
    engine.dispose()
    search.look("reconcile", said("reconcile", environ))
    (Path(environ["HELPDESK_DATA"]) / "secrets" / "keys.json").unlink()
    search.look("no keys", said("migrate", environ))
    assert search.found == {}
    sys.stdout.write(f"\nRESULT commands runs={search.texts} words={search.words} untranslated=0\n")
    assert search.texts == len(WALK) + len(REFUSED) + 2
    assert search.words > 100


def test_every_sentence_of_an_error_was_given_to_be_translated() -> None:
    pseudo = translator(PSEUDO_LANGUAGE)
    bare = [message for message in used_messages() if not pseudo.gettext(message).startswith("⟦")]
    assert bare == []
    assert not pseudo.gettext("A sentence of no catalogue.").startswith("⟦")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "nl_NL.UTF-8"}, "nl"),
        ({"LANG": "nl_NL.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LC_MESSAGES": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "HELPDESK_LANGUAGE": "nl"}, "nl"),
    ],
)
def test_the_terminal_says_which_language_it_speaks(environ: dict[str, str], language: str) -> None:
    assert terminal_language(environ) == language
