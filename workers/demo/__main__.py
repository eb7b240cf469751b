"""`python -m workers.demo mailbox | relay | page | accounts | questions`: the parts of the demonstration."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from helpdesk.errors import HelpdeskError, Misconfigured
from helpdesk.settings import Settings
from helpdesk.settings_reader import from_env
from workers.demo import configuration


def _mailbox(settings: Settings) -> None:
    from workers.demo.imap_server import serve

    box = settings.mailboxes[0]
    serve(box.port, box.user, configuration.password(settings.data, "mailbox"), settings.data / "mailbox")


def _relay(settings: Settings) -> None:
    from workers.demo.relay import serve

    serve(settings.smtp_port, settings.data / "sent")


def _page(settings: Settings) -> None:
    from workers.addresses import remembered_ports
    from workers.demo.page import serve

    serve(settings, remembered_ports(settings.data / "run-ports.json")["demo"])


def _accounts(settings: Settings) -> None:
    """The accounts that `make run` prints; made once, and from then on their own."""
    from helpdesk.wiring import connect
    from workers.demo.accounts import make

    made = make(connect(settings))
    sys.stdout.write("".join(f"{email} has an account now.\n" for email in made))


def _questions(settings: Settings) -> None:
    from helpdesk.wiring import connect
    from workers.demo.questions import deliver_once

    deliver_once(connect(settings))


_PARTS: dict[str, Callable[[Settings], None]] = {
    "mailbox": _mailbox,
    "relay": _relay,
    "page": _page,
    "accounts": _accounts,
    "questions": _questions,
}


def main(argv: list[str]) -> int:
    """Run one part; 1 with a sentence when it can't."""
    try:
        settings = from_env(os.environ)
        if not settings.demo:
            raise Misconfigured("The demonstration runs under 'make run' only.")
        if argv[1:] not in [[name] for name in _PARTS]:
            raise Misconfigured("Choose one of: {parts}.", parts=", ".join(_PARTS))
        _PARTS[argv[1]](settings)
    except HelpdeskError as fault:
        sys.stderr.write(f"error: {fault.message.format(**fault.values)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
