"""The language at the door: one received mail, read and frozen. Decides nothing and reads no bytes itself."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Sender:
    """A mailbox as a header names it; `address` is lower-case in its domain and may be empty, `name` may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Laid:
    """Bytes that lie among the blobs, not synced yet: the key they were given and their number."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class Part:
    """A file that came with the mail, decoded; `filename` is never empty and holds no folder and no NUL.

    `inline` says that the body shows it (by `content_id`, without angle brackets, or by its disposition).
    """

    filename: str
    content_type: str
    content: bytes
    inline: bool = False
    content_id: str = ""
    laid: Laid | None = None
    """Where the bytes lie when whoever read the mail has put them on the disk already; `content` is empty then."""

    @property
    def size(self) -> int:
        """Bytes after decoding."""
        return len(self.content) if self.laid is None else self.laid.size


@dataclass(frozen=True, slots=True)
class Bounce:
    """What a report of a failed delivery says (RFC 3464, or read from free text).

    `status` is an enhanced status code (RFC 3463) or empty; `original_message_id` is without angle brackets;
    `recipient` is who could not be reached in the end, `original_recipient` whom we wrote to where the report tells the
    two apart. `delayed` says that the sending server still tries.
    """

    recipient: tuple[str, ...] = ()
    status: str = ""
    original_message_id: str = ""
    delayed: bool = False
    original_recipient: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """Everything that is read from the bytes of one mail. No string holds a NUL; message ids carry no angle brackets.

    `text` is the whole text form (calendar invitations and the text of nested mails included), `reply_text` what is
    new in it, `quoted_text` the rest (older mail and signature). `html` is raw and hostile: it must pass the
    sanitiser before anyone sees it. `date` is aware or None. `references` are the newest 50. `defects` are short
    codes of what was wrong, such as `too_large`, `bad_charset`, `no_sender`.
    """

    subject: str = ""
    sender: Sender | None = None
    to: tuple[Sender, ...] = ()
    cc: tuple[Sender, ...] = ()
    reply_to: tuple[Sender, ...] = ()
    return_path: str | None = None
    """The envelope sender as the last server wrote it; empty means the null path, None that there was no header."""
    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    date: datetime | None = None
    text: str = ""
    html: str = ""
    reply_text: str = ""
    quoted_text: str = ""
    attachments: tuple[Part, ...] = ()
    is_auto_reply: bool = False
    """Made by a machine (RFC 3834): never gets an automatic answer."""
    is_bounce: bool = False
    bounce: Bounce | None = None
    answer_unwanted: bool = False
    """An automatic answer must not be sent though a person may have written it: list, bulk, suppressed by a header."""
    list_id: str = ""
    authentication_results: tuple[str, ...] = ()
    """Every Authentication-Results header, topmost first; only those of a configured server may be believed."""
    language: str | None = None
    """`nl`, `en` or None, by stop words of the reply text."""
    defects: tuple[str, ...] = ()

    @property
    def recipients(self) -> tuple[Sender, ...]:
        """To and Cc together, in that order."""
        return self.to + self.cc
