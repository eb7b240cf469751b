"""Ten mails a second that become tickets, until killed; the settings are those of the environment."""

from __future__ import annotations

import itertools
import os
import time

from helpdesk.settings_reader import from_env
from helpdesk.wiring import connect
from tests.letters import letter, receive


def main() -> None:
    """For ever."""
    ports = connect(from_env({name: word for name, word in os.environ.items() if name.startswith("HELPDESK_")}))
    began, own = time.monotonic(), os.getpid()
    for number in itertools.count():
        time.sleep(max(0.0, began + number / 10 - time.monotonic()))
        mail = letter(f"Mail {number}", message_id=f"<{own}-{number}@minbz.example>", sender=f"m{number}@x.example")
        receive(ports, mail, mailbox=f"bench-{own}")


if __name__ == "__main__":
    main()
