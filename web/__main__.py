"""`python -m web serve | live | tokens`: the pages, the event stream, the colours' style sheet."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from helpdesk.errors import HelpdeskError
from helpdesk.logs import configure
from helpdesk.settings_reader import from_env
from helpdesk.text.language import fault_text, terminal_language
from web import tokens
from web.serving import serve, serve_live


def main(words: list[str]) -> int:
    """Run the command; returns the exit code."""
    if words == ["tokens"]:
        (Path(__file__).parent / "static" / "css" / "tokens.css").write_text(tokens.stylesheet(), encoding="utf-8")
        return 0
    commands = {"serve": serve, "live": serve_live}
    if len(words) != 1 or words[0] not in commands:
        sys.stderr.write("Usage: python -m web serve | live | tokens\n")
        return 2
    try:
        settings = from_env(os.environ)
        configure("web" if words[0] == "serve" else "live")
        return commands[words[0]](settings)
    except HelpdeskError as fault:
        sys.stderr.write(fault_text(fault, terminal_language(os.environ)) + "\n")
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
