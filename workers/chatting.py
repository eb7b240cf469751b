"""The job of the chat's rules of time; running it twice does no harm."""

from __future__ import annotations

from helpdesk.chat import rules
from helpdesk.ports import Ports


def chat_waiting(ports: Ports) -> None:
    """Do what time alone does to chats."""
    rules.tick(ports)
