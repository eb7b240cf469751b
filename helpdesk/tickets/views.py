"""What pages and the command line see of tickets: frozen rows without behaviour."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from helpdesk.models import Ticket


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list; `unread` is so for who asks, `version` for acts on what is chosen from it."""

    number: str
    subject: str
    requester: str
    waiting_since: dt.datetime
    changed_at: dt.datetime
    status: str
    assignee: str | None
    preview: str
    channel: str
    entry_count: int
    spam: bool
    language: str | None
    version: int
    unread: bool


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of a list; `next` is the cursor of the page after it.

    `total` is known of a search only: how many tickets it found, exact to a thousand, beyond that 1001.
    """

    rows: list[Row]
    next: str | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person on a ticket, as the mail named them."""

    name: str
    address: str
    person_id: int
    role: str


@dataclass(frozen=True, slots=True)
class FileView:
    """An attachment's name and size in bytes; `held` while nobody gets it, because of what `scan` says."""

    id: int
    name: str
    size: int
    content_type: str
    inline: bool
    scan: str = "none"
    held: bool = False


@dataclass(frozen=True, slots=True)
class RecipientView:
    """One recipient of a mail of ours, and what the relay or a bounce said."""

    address: str
    name: str
    role: str
    state: str
    status_code: str | None


@dataclass(slots=True)
class EntryView:
    """One entry of a thread. `text` is what is new, `quoted` the older mail below it; `html` is our own safe HTML.

    `via` says which way it came when that was no mail; `to` and `cc` are addresses a received mail went to;
    `remote_hosts` would have been asked for its `remote_images`.
    """

    id: int
    kind: str
    at: dt.datetime
    author: str = ""
    address: str = ""
    via: str = ""
    text: str = ""
    quoted: str = ""
    html: str | None = None
    html_state: str = "none"
    html_reason: str | None = None
    remote_images: int = 0
    remote_hosts: list[str] = field(default_factory=list)
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    verdict: str | None = None
    defects: list[str] = field(default_factory=list)
    attachments: list[FileView] = field(default_factory=list)
    recipients: list[RecipientView] = field(default_factory=list)
    outgoing_id: int | None = None
    outgoing_state: str | None = None
    undo_until: dt.datetime | None = None
    undone: bool = False
    has_raw: bool = False
    redacted: str | None = None
    files_redacted: int = 0


@dataclass(frozen=True, slots=True)
class HintView:
    """The ticket this one looks like a follow-up to, and the fixed reason."""

    number: str
    subject: str
    reason: str


@dataclass(frozen=True, slots=True)
class EventView:
    """One line of the timeline."""

    at: dt.datetime
    kind: str
    actor: str | None
    entry_id: int | None
    before: str | None
    after: str | None


@dataclass(slots=True)
class Thread:
    """A ticket as its page shows it; `earlier` is the cursor of the entries before these."""

    ticket: Ticket
    number: str
    subject: str
    people: list[PersonView]
    entries: list[EntryView]
    events: list[EventView]
    assignee: str | None = None
    earlier: int | None = None
    hint: HintView | None = None
    merged_into: str | None = None
    merged_from: list[str] = field(default_factory=list)
    previous: str | None = None

    @property
    def requester(self) -> PersonView | None:
        """Who asked."""
        return next((person for person in self.people if person.role == "requester"), None)

    @property
    def participants(self) -> list[PersonView]:
        """People an advisor put on the ticket."""
        return [person for person in self.people if person.role == "participant"]

    @property
    def ccs(self) -> list[PersonView]:
        """People the requester's mail was copied to: never written to by themselves."""
        return [person for person in self.people if person.role == "cc"]
