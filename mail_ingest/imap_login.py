"""What a sign-in to a mailbox needs: its secret, its TLS, and sentences for what goes wrong. Opens no connection."""

from __future__ import annotations

import ipaddress
import shlex
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

from helpdesk.errors import Unavailable
from helpdesk.settings import MailboxSettings
from helpdesk.text.language import N_

TOKEN_SECONDS = 30
UNSET = "/token_command/is/not/set"
_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = {62, 64}


def is_loopback(host: str) -> bool:
    """Whether this host is this machine, so that a password on the wire is seen by nobody else."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def tls_context(box: MailboxSettings) -> ssl.SSLContext:
    """A context that verifies certificate and host name against `ca_file`, or the system's authorities without one."""
    try:
        return ssl.create_default_context(cafile=box.ca_file or None)
    except (OSError, ssl.SSLError) as error:
        raise Unavailable(
            "Mailbox {name}: ca_file '{file}' can't be read as PEM certificates.",
            code="mailbox.ca_file",
            name=box.name,
            file=box.ca_file,
        ) from error


def secret(box: MailboxSettings, environ: Mapping[str, str]) -> str:
    """The password, or a fresh token of the token command. Read at every sign-in, so that a new one is picked up."""
    if box.auth == "xoauth2":
        return _token(box)
    if box.password_file:
        try:
            return Path(box.password_file).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            raise Unavailable(
                "Mailbox {name}: password_file '{file}' can't be read.",
                code="mailbox.password",
                name=box.name,
                file=box.password_file,
            ) from error
    if box.password_env in environ:
        return environ[box.password_env]
    raise Unavailable(
        "Mailbox {name} has no password: set password_file, or password_env to a variable that is there.",
        code="mailbox.password",
        name=box.name,
    )


def _token(box: MailboxSettings) -> str:
    """The first line the command prints; it must end with 0 within half a minute."""
    try:
        words = shlex.split(box.token_command)
        done = subprocess.run(  # noqa: S603 - the operator wrote the command into the settings
            words or [UNSET], capture_output=True, timeout=TOKEN_SECONDS, check=True, text=True
        )
        return done.stdout.strip().splitlines()[0]
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as error:
        raise Unavailable(
            "Mailbox {name}: token_command gave no token ({fault}).",
            code="mailbox.token",
            name=box.name,
            fault=_fault(error),
        ) from error


def _fault(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return f"exit code {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"no answer in {TOKEN_SECONDS} s"
    return "it printed nothing" if isinstance(error, IndexError) else "it can't be started"


def certificate_refused(box: MailboxSettings, error: ssl.SSLCertVerificationError) -> Unavailable:
    """The sentence for a certificate we don't accept: expired, for another name, or of an unknown authority."""
    sentence = N_("Mailbox {name}: the certificate of {host} is signed by an authority we don't trust; set ca_file.")
    if error.verify_code in (_EXPIRED, _NOT_YET):
        sentence = N_("Mailbox {name}: the certificate of {host} is expired or not yet valid.")
    elif error.verify_code in _OTHER_NAME:
        sentence = N_("Mailbox {name}: the certificate of the server is for another name than {host}.")
    return Unavailable(sentence, code="mailbox.certificate", name=box.name, host=box.host)
