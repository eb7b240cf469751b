"""Ten mails a second that become tickets, until killed; the settings are those of the environment."""

from __future__ import annotations

import itertools
import os
import time

from helpdesk.settings import from_env
from helpdesk.wiring import connect
from tests.letters import letter, receive


def main() -> None:
    """For ever."""
    ports = connect(from_env({name: word for name, word in os.environ.items() if name.startswith("HELPDESK_")}))
    began = time.monotonic()
    for number in itertools.count():
        time.sleep(max(0.0, began + number / 10 - time.monotonic()))
        receive(
            ports, letter(f"Mail {number}", message_id=f"<bench{number}@minbz.example>", sender=f"m{number}@x.example")
        )


if __name__ == "__main__":
    main()
