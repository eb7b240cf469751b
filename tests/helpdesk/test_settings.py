"""Settings: from defaults, file and environment; anything unknown or impossible is named."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from helpdesk.durations import duration, offset
from helpdesk.errors import Misconfigured
from helpdesk.keys import create_keys, load_keys, rotate_tokens
from helpdesk.mail.references import make_token, read_token
from helpdesk.settings_reader import from_env

TOML = """
[intake]
dwell_alarm = "PT5M"
[[desk]]
key = "academy"
address = "academy@academie.example"
name_nl = "Leeradvies"
name_en = "Learning advice"
aliases = ["leeradvies@academie.example"]
[[mailbox]]
name = "academy"
host = "imap.example"
user = "academy"
password_file = "/run/secrets/imap"
"""


def test_the_file_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / "helpdesk.toml").write_text(TOML)
    settings = from_env({"HELPDESK_DATA": str(tmp_path), "HELPDESK_DWELL_ALARM": "PT1H"})
    assert settings.dwell_alarm == timedelta(hours=1)
    assert settings.mailboxes[0].security == "tls"
    assert settings.desks[0].aliases == ("leeradvies@academie.example",)
    assert settings.database_url.startswith("sqlite:///")


@pytest.mark.parametrize(
    "environ",
    [
        {"HELPDESK_PROT": "80"},
        {"HELPDESK_PORT": "tachtig"},
        {"HELPDESK_DWELL_ALARM": "15 minutes"},
        {"HELPDESK_SMTP_SECURITY": "ssl"},
        {"HELPDESK_CONFIG": "/nowhere/helpdesk.toml"},
    ],
)
def test_what_can_t_be_is_refused_by_name(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refusal:
        from_env({"HELPDESK_DATA": str(tmp_path)} | environ)
    assert refusal.value.values


@pytest.mark.parametrize("line", ["prot = 1", '[[mailbox]]\nname = "a"', '[[desk]]\nkleur = "rood"', "[web"])
def test_a_wrong_file_is_refused(line: str, tmp_path: Path) -> None:
    (tmp_path / "helpdesk.toml").write_text(line)
    with pytest.raises(Misconfigured):
        from_env({"HELPDESK_DATA": str(tmp_path)})


def test_durations_are_iso_8601() -> None:
    assert duration("P1DT2H") == timedelta(days=1, hours=2)
    assert duration("-PT5M") == timedelta(minutes=-5)
    with pytest.raises(Misconfigured):
        duration("P")


@pytest.mark.parametrize(
    ("said", "today", "there"),
    [
        ("P7Y1D", "2026-11-30", "2033-12-01"),
        ("P7Y", "2028-02-29", "2035-02-28"),
        ("P1M", "2027-01-31", "2027-02-28"),
        ("-P1Y2M", "2028-02-29", "2026-12-29"),
        ("P2W", "2026-12-25", "2027-01-08"),
    ],
)
def test_the_clock_is_moved_by_the_calendar(said: str, today: str, there: str) -> None:
    assert date.fromisoformat(today) + offset(said, date.fromisoformat(today)) == date.fromisoformat(there)


def test_an_offset_that_no_calendar_has_is_refused() -> None:
    for said in ("P9000Y", "-P2027Y", "P"):
        with pytest.raises(Misconfigured):
            offset(said, date(2026, 11, 30))


def test_rotated_keys_keep_old_tokens_valid_and_refuse_forged_ones(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    create_keys(path)
    old = make_token(load_keys(path), 7, 9)
    assert rotate_tokens(path) == "2"
    keys = load_keys(path)
    assert make_token(keys, 7, 9) != old
    for token in (old, make_token(keys, 7, 9), old.upper()):
        reference = read_token(keys, token)
        assert reference is not None
        assert (reference.ticket_id, reference.entry_id) == (7, 9)
    assert read_token(keys, old[:-1] + ("a" if old[-1] != "a" else "b")) is None
    assert read_token(keys, old.replace("-7-", "-8-")) is None
    assert path.stat().st_mode & 0o077 == 0
