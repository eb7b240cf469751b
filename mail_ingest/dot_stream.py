"""The bytes of a mail out of an SMTP stream: up to the line with the lone dot, doubled dots undone. Reads nothing.

It looks for no lines but in whole pieces, so that a mail of short lines costs no more than one of long ones.
"""

_END = b"\r\n.\r\n"
_HELD = len(_END) - 1


class DotStream:
    """Feed it what comes; `ended` once the mail is whole, `beyond` holds what came after it.

    Only CR LF ends a line, so that no smuggled dot ends the mail (RFC 5321 sections 2.3.8 and 4.5.2).
    """

    def __init__(self) -> None:
        self.ended = False
        self.beyond = b""
        # The line of DATA ended in CR LF: with it the first line of the mail is a line like any other.
        self._held, self._first = b"\r\n", True

    def feed(self, received: bytes) -> bytes:
        """The bytes of the mail that are sure by now."""
        waiting = self._held + received
        end = waiting.find(_END)
        if end >= 0:
            self.ended, self.beyond = True, waiting[end + len(_END) :]
            return self._plain(waiting[: end + 2])
        cut = max(0, len(waiting) - _HELD)
        # A dot right behind the cut must still see the line end before it.
        cut -= 2 if waiting[:cut].endswith(b"\r\n") else waiting[:cut].endswith(b"\r")
        self._held = waiting[cut:]
        return self._plain(waiting[:cut])

    def _plain(self, piece: bytes) -> bytes:
        if not piece:
            return piece
        plain = piece.replace(b"\r\n.", b"\r\n")
        if self._first:
            self._first = False
            return plain[2:]
        return plain
