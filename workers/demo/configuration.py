"""The settings of the demonstration: written anew by every `make run`, into a file that says so. Starts nothing."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

MARKER = "# Of the demonstration: every 'make run' writes this file anew. Write your own settings in its place.\n"
DESK_ADDRESS = "academy@academie.example"
AUTHSERV_ID = "mx.academie.example"
MAILBOX_USER = DESK_ADDRESS
ADVISOR = ("advisor@academie.example", "Sanne de Boer")
OFFICER = ("privacy@academie.example", "Pieter van Dam")
ARCHIVIST = ("archief@academie.example", "Noor Bakker")
STAFF = {"advisor": ADVISOR, "officer": OFFICER, "archivist": ARCHIVIST}
"""Who signs in, by the name of their password. What takes two people takes three where the officer took part in it."""

_TEMPLATE = """\
demo = true

[web]
public_url = "http://127.0.0.1:{web}"
secure_cookies = false

[smtp]
host = "127.0.0.1"
port = {relay}
security = "plain"

[receiver]
smtp_port = {smtp}
lmtp_port = {lmtp}

[intake]
authserv_id = "{authserv_id}"

[mail]
organisation_domains = ["academie.example", "ministerie.example"]

[[desk]]
key = "academy"
address = "{desk}"
aliases = ["leeradvies@academie.example"]
name_nl = "Leeradvies Academie"
name_en = "Academy learning advice"
signature_nl = "Met vriendelijke groet,\\nLeeradvies Academie"
signature_en = "Kind regards,\\nAcademy learning advice"

[[mailbox]]
name = "academy"
desk = "academy"
host = "127.0.0.1"
port = {imap}
security = "plain"
user = "{user}"
password_file = {password_file}
poll_seconds = 4
"""


def is_ours(path: Path) -> bool:
    """Whether the demonstration may write this file: it is not there, or wrote it itself."""
    try:
        with path.open(encoding="utf-8") as text:
            return text.readline() == MARKER
    except FileNotFoundError:
        return True


def password_file(data: Path, name: str) -> Path:
    """Where a generated password lies."""
    return data / "secrets" / f"demo-{name}"


def password(data: Path, name: str) -> str:
    """The generated password of the mailbox or of somebody who signs in; made once, readable by us only."""
    path = password_file(data, name)
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as out:
            out.write("-".join(secrets.token_hex(3) for _ in range(3)) + "\n")
    return path.read_text().strip()


def write_settings(path: Path, data: Path, ports: Mapping[str, int]) -> None:
    """The settings file of this run, in one step."""
    password(data, "mailbox")
    fresh = path.with_suffix(".new")
    filled = _TEMPLATE.format(
        **ports,
        authserv_id=AUTHSERV_ID,
        desk=DESK_ADDRESS,
        user=MAILBOX_USER,
        password_file=json.dumps(str(password_file(data, "mailbox"))),
    )
    fresh.write_text(MARKER + filled, encoding="utf-8")
    fresh.chmod(0o600)
    fresh.replace(path)
