"""An SMTP relay that keeps each mail as a file and misbehaves by a seed; runs as `python -m tests.services.relay`.

Mail number n lies in `NNNNNN.eml` with its envelope in `NNNNNN.json`; `answers` has a line per transaction.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.services.process import Service, answers_on, free_port

Outcome = Literal["kept", "later", "never", "cut"]
ANSWERS = {"kept": "250 kept", "later": "451 4.3.0 try again later", "never": "550 5.7.1 refused by policy"}


@dataclass(frozen=True)
class Policy:
    """The shares (0-1) of transactions answered 451, 550 or cut off unanswered; nothing of those is kept."""

    seed: int = 0
    later: float = 0.0
    never: float = 0.0
    cut: float = 0.0

    def outcome(self, number: int) -> Outcome:
        """What happens to the n-th transaction: the same for the same seed."""
        drawn = random.Random(f"{self.seed}:{number}").random()
        if drawn < self.later:
            return "later"
        if drawn < self.later + self.never:
            return "never"
        return "cut" if drawn < self.later + self.never + self.cut else "kept"


@dataclass(frozen=True)
class Kept:
    """One mail the relay said 250 to (or would have, had it not been killed)."""

    file: Path
    sender: str
    recipients: tuple[str, ...]
    message_id: str
    at: float

    @property
    def raw(self) -> bytes:
        """The mail as it came, CRLF line ends."""
        return self.file.read_bytes()


class Keeper:
    """The handler: decides by policy, keeps on disk, answers."""

    def __init__(self, folder: Path, policy: Policy) -> None:
        self.folder, self.policy = folder, policy
        answers = folder / "answers"
        self.number = len(answers.read_text().splitlines()) if answers.exists() else 0

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks the method up by this name
        self,
        server: SMTP,
        session: Session,  # noqa: ARG002 - aiosmtpd passes it
        envelope: Envelope,
    ) -> str:
        """One transaction."""
        self.number += 1
        outcome = self.policy.outcome(self.number)
        if outcome == "kept":
            self._keep(envelope)
        with (self.folder / "answers").open("a") as answers:
            answers.write(f"{outcome}\n")
        if outcome == "cut":
            if isinstance(server.transport, asyncio.WriteTransport):
                server.transport.abort()
            return ""
        return ANSWERS[outcome]

    def _keep(self, envelope: Envelope) -> None:
        raw = envelope.original_content or b""
        stem = self.folder / f"{self.number:06d}"
        said = {
            "sender": envelope.mail_from,
            "recipients": envelope.rcpt_tos,
            "message_id": str(BytesHeaderParser().parsebytes(raw).get("Message-ID", "")).strip(),
            "at": time.time(),
        }
        stem.with_suffix(".eml").write_bytes(raw)
        unfinished = stem.with_suffix(".part")
        unfinished.write_text(json.dumps(said))
        unfinished.rename(stem.with_suffix(".json"))


class Relay(Service):
    """The relay as a process of its own: stop, start and kill keep the folder, the port and the count."""

    name = "relay"

    def __init__(self, policy: Policy | None = None) -> None:
        super().__init__()
        self.host, self.port = "127.0.0.1", free_port()
        self.policy = policy or Policy()
        self.mails = self.folder / "mails"
        self.mails.mkdir()

    def command(self) -> list[str]:
        """This very module."""
        options = {"port": self.port, "folder": self.mails, **vars(self.policy)}
        return [sys.executable, "-m", __name__, *(f"--{name}={value}" for name, value in options.items())]

    def ready(self) -> bool:
        """Whether it takes connections."""
        return answers_on(self.port)

    def version(self) -> str:
        """Of the library below."""
        return version("aiosmtpd")

    def kept(self) -> list[Kept]:
        """Every mail kept so far, in order of arrival."""
        return [
            Kept(path.with_suffix(".eml"), said["sender"], tuple(said["recipients"]), said["message_id"], said["at"])
            for path in sorted(self.mails.glob("*.json"))
            for said in [json.loads(path.read_text())]
        ]

    def answers(self) -> list[str]:
        """The outcome of every transaction, in order."""
        path = self.mails / "answers"
        return path.read_text().split() if path.exists() else []


async def serve(port: int, folder: Path, policy: Policy) -> None:
    """Listen until killed."""
    keeper = Keeper(folder, policy)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(keeper, hostname="relay.test", enable_SMTPUTF8=True, data_size_limit=100 * 2**20, loop=loop),
        *("127.0.0.1", port),
    )
    await server.serve_forever()


def main() -> None:
    """The process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    for share in ("later", "never", "cut"):
        parser.add_argument(f"--{share}", type=float, default=0.0)
    asked = parser.parse_args()
    asyncio.run(serve(asked.port, asked.folder, Policy(asked.seed, asked.later, asked.never, asked.cut)))


if __name__ == "__main__":
    main()
