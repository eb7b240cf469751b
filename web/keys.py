"""The keys of the workspace, once: the help page shows them and the scripts act on them. Holds no behaviour."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.text.language import N_

PLACES = {
    "everywhere": N_("Everywhere"),
    "list": N_("In the list"),
    "ticket": N_("In a ticket"),
    "composer": N_("While writing"),
}


@dataclass(frozen=True, slots=True)
class Key:
    """One key or sequence as `KeyboardEvent.key` names it, `+` between keys held together, a space between strokes.

    `action` is what the scripts know; a letter counts only where nobody types.
    """

    keys: str
    place: str
    action: str
    words: str


KEYS = (
    Key("?", "everywhere", "help", N_("Show the keys")),
    Key("/", "everywhere", "search", N_("Search")),
    Key("g m", "everywhere", "go-mine", N_("My tickets")),
    Key("g n", "everywhere", "go-unassigned", N_("Unassigned")),
    Key("g o", "everywhere", "go-open", N_("Open tickets")),
    Key("g w", "everywhere", "go-waiting", N_("Waiting for asker")),
    Key("g d", "everywhere", "go-drafts", N_("Drafts")),
    Key("g i", "everywhere", "go-notices", N_("Notices")),
    Key("c", "everywhere", "new", N_("New ticket")),
    Key("Escape", "everywhere", "back", N_("Close what is on top, or back to the list; nothing typed is lost")),
    Key("z", "everywhere", "undo", N_("Undo the last act")),
    Key("F6", "everywhere", "next-pane", N_("Next part of the screen")),
    Key("Shift+F6", "everywhere", "previous-pane", N_("Previous part of the screen")),
    Key("j", "list", "next-row", N_("Next ticket")),
    Key("k", "list", "previous-row", N_("Previous ticket")),
    Key("Home", "list", "first-row", N_("First ticket")),
    Key("End", "list", "last-row", N_("Last ticket")),
    Key("o", "list", "open", N_("Open the ticket")),
    Key("x", "list", "select", N_("Select the ticket, or start selecting")),
    Key("Shift+ArrowDown", "list", "select-next", N_("Select this ticket and the next")),
    Key("Shift+ArrowUp", "list", "select-previous", N_("Select this ticket and the previous")),
    Key(".", "list", "show-new", N_("Show new tickets")),
    Key("]", "ticket", "next-ticket", N_("Next ticket of the list")),
    Key("[", "ticket", "previous-ticket", N_("Previous ticket of the list")),
    Key("Shift+J", "ticket", "next-message", N_("Next message")),
    Key("Shift+K", "ticket", "previous-message", N_("Previous message")),
    Key("r", "ticket", "reply", N_("Reply")),
    Key("n", "ticket", "note", N_("Internal note")),
    Key("a", "ticket", "assign", N_("Assign…")),
    Key("i", "ticket", "take", N_("Take this ticket")),
    Key("Shift+A", "ticket", "unassign", N_("Assign to nobody")),
    Key("e", "ticket", "done", N_("Mark as done, or reopen")),
    Key("m", "ticket", "merge", N_("Merge into another ticket")),
    Key("Shift+U", "ticket", "unread", N_("Mark as unread")),
    Key("q", "ticket", "quotes", N_("Unfold or fold earlier messages")),
    Key("y", "ticket", "copy-number", N_("Copy the number")),
    Key("y y", "ticket", "copy-link", N_("Copy the link")),
    Key("Control+;", "composer", "insert", N_("Insert a canned reply or an answer")),
    Key("Control+Enter", "composer", "send", N_("Send the answer or save the note")),
)


def keys_json(said: Callable[[str], str]) -> str:
    """The keys for the scripts, for a data attribute: a list of [keys, place, action, what it does in words]."""
    return json.dumps([[key.keys, key.place, key.action, said(key.words)] for key in KEYS], ensure_ascii=False)
