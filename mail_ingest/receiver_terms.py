"""What the receiver says and allows: its answers (RFC 3463 codes), its bounds, its certificate. Pure."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

from helpdesk.errors import Unavailable

KEPT = "250 2.0.0 Kept"
TRY_LATER = "451 4.3.0 We can't keep mail right now; please try again later"
TOO_BIG = "552 5.3.4 The message is bigger than we take"
UNKNOWN = "550 5.1.1 Nobody here has that address"
NO_RELAY = "550 5.7.1 We don't relay mail to other domains"
TOO_MANY_RECIPIENTS = "452 4.5.3 Too many recipients; send the rest in another transaction"
TOO_MANY_CONNECTIONS = "421 4.3.2 Too many connections; please try again later"
FAULT = "451 4.3.0 A fault here; please try again later"


@dataclass(frozen=True)
class Terms:
    """What the receiver allows one peer and all together: bytes, recipients, seconds, connections, threads."""

    hostname: str
    size: int = 50_000_000
    recipients: int = 1000
    command_seconds: float = 60
    data_seconds: float = 600
    connections: int = 500
    threads: int = 4


def server_tls(certificate: str, key: str) -> ssl.SSLContext | None:
    """The context for STARTTLS, or None where no certificate is set. Raises Unavailable when it can't be read."""
    if not certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key or None)
    except (OSError, ssl.SSLError) as error:
        raise Unavailable(
            "The receiver's certificate '{file}' can't be read.", code="receiver.certificate", file=certificate
        ) from error
    return context
