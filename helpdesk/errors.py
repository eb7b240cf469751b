"""The ways in which the domain says no, each with a stable code; nothing here knows HTTP or SMTP."""

from __future__ import annotations


class HelpdeskError(Exception):
    """Base of every error the domain raises on purpose.

    `code` is stable and safe to log; the message is an English source sentence without personal data, and `values` fill
    its placeholders after translation.
    """

    code = "error"

    def __init__(self, message: str = "", *, code: str | None = None, **values: str | int) -> None:
        super().__init__(message or self.code)
        self.message = message or self.code
        self.values = values
        if code is not None:
            self.code = code


class NotFound(HelpdeskError):
    """There is no such thing, or this actor may not know of it: the two read alike."""

    code = "not_found"


class NotAllowed(HelpdeskError):
    """The actor may see the thing but not do this to it."""

    code = "not_allowed"


class NotSignedIn(HelpdeskError):
    """There is no valid session."""

    code = "not_signed_in"


class Conflict(HelpdeskError):
    """Somebody else changed the thing first; nothing was done."""

    code = "conflict"


class Invalid(HelpdeskError):
    """The input can't be used; the message says what to do. `field` names the input, when there is one."""

    code = "invalid"

    def __init__(
        self, message: str = "", *, field: str | None = None, code: str | None = None, **values: str | int
    ) -> None:
        super().__init__(message, code=code, **values)
        self.field = field


class TooMany(HelpdeskError):
    """A throttle refused: try again later."""

    code = "too_many"


class Unavailable(HelpdeskError):
    """Something we stand on (database, disk, Redis, relay, mailbox) can't be reached now; nothing was half done."""

    code = "unavailable"


class Misconfigured(HelpdeskError):
    """A setting is missing, unknown or impossible; the message names it and says what to write."""

    code = "misconfigured"


class TemporaryRefusal(HelpdeskError):
    """The relay said 4yz: try again later. `code` is its reply code."""

    code = "450"


class PermanentRefusal(HelpdeskError):
    """The relay said 5yz: trying again won't help. `code` is its reply code."""

    code = "550"
