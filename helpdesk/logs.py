"""Structured logs by allow-list: one JSON line per record with known keys, so that nothing personal slips in."""

from __future__ import annotations

import json
import logging
import sys

KEYS = (
    "fault",
    "code",
    "job",
    "inbound",
    "outgoing",
    "ticket",
    "entry",
    "mailbox",
    "count",
    "seconds",
    "route",
    "method",
    "status",
    "process",
    "lease",
)
"""What a record may carry besides its message: ids, counts, codes and names of our own things."""


class AllowListFormatter(logging.Formatter):
    """Writes time, level, logger, a message that is a constant of our own code, and the allowed keys.

    Records of other libraries lose their message: it may quote a mail or an address.
    """

    def __init__(self, process: str, own: tuple[str, ...] = ("helpdesk", "mail_ingest", "web", "workers")) -> None:
        super().__init__()
        self._process, self._own = process, own

    def format(self, record: logging.LogRecord) -> str:
        """One JSON line."""
        ours = record.name.partition(".")[0] in self._own or record.name == "__main__"
        line: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
        }
        if ours:
            line["message"] = str(record.msg)
        for key in KEYS:
            value = getattr(record, key, None)
            if isinstance(value, int | float | str) and key != "process":
                line[key] = value if not isinstance(value, str) else value[:100]
        if record.exc_info and record.exc_info[0] is not None:
            line["fault"] = record.exc_info[0].__name__
        return json.dumps(line, ensure_ascii=False)


def configure(process: str, level: int = logging.INFO) -> None:
    """Send every record of this process to standard error, formatted by the allow-list."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(AllowListFormatter(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.captureWarnings(capture=True)
