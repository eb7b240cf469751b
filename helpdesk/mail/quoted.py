"""The mail that is answered, as it is quoted below the answer: `> ` lines in text, Outlook's block in HTML. Pure."""

from __future__ import annotations

import html as entities
from dataclasses import dataclass
from datetime import datetime, tzinfo

from helpdesk.mail.header_fields import one_line
from helpdesk.mail.incoming import Sender
from helpdesk.text.language import PSEUDO_LANGUAGE, moment_text, pseudo
from helpdesk.text.rendering import text_to_html, tidy

MAX_QUOTED = 30_000
_NAME_LIMIT = 100
_LABELS: dict[str, tuple[str, ...]] = {
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "en": ("From", "Sent", "To", "Subject"),
}
_ATTRIBUTION: dict[str, tuple[str, ...]] = {
    "nl": ("Op {at} schreef {name}:", "{name} schreef:"),
    "en": ("On {at} {name} wrote:", "{name} wrote:"),
}
# Not in the catalogues: these are the very words of the mail programs, which take quotes apart by them.
for _words in (_LABELS, _ATTRIBUTION):
    _words[PSEUDO_LANGUAGE] = tuple(pseudo(word) for word in _words["en"])
_BLOCK = "border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"


@dataclass(frozen=True, slots=True)
class Quote:
    """What of an earlier mail is shown again. `at` is None when the mail bore no date."""

    sender: Sender
    text: str
    subject: str = ""
    at: datetime | None = None
    to: tuple[Sender, ...] = ()


def quoted_text(quote: Quote, language: str, zone: tzinfo) -> str:
    """The attribution and the text behind `> `, at most about 30 kB of it."""
    dated, undated = _ATTRIBUTION[language]
    name = _shown(quote.sender, with_address=False)
    said = dated.format(at=moment_text(quote.at, language, zone), name=name) if quote.at else undated.format(name=name)
    lines = (f">{line}" if line.startswith(">") else f"> {line}".rstrip() for line in _cut(quote.text).split("\n"))
    return "\n".join([said, *lines])


def quoted_html(quote: Quote, language: str, zone: tzinfo) -> str:
    """The block with From, Sent, To and Subject that Outlook writes, and the same text below it; safe HTML."""
    values = (
        _shown(quote.sender),
        moment_text(quote.at, language, zone) if quote.at else "",
        "; ".join(_shown(mailbox) for mailbox in quote.to[:10]),
        one_line(quote.subject, 500),
    )
    rows = [
        f"<b>{label}:</b> {entities.escape(value)}"
        for label, value in zip(_LABELS[language], values, strict=True)
        if value
    ]
    return f'<div style="{_BLOCK}"><p>{"<br>".join(rows)}</p></div>\n{text_to_html(_cut(quote.text))}'


def _shown(mailbox: Sender, *, with_address: bool = True) -> str:
    name = one_line(mailbox.name, _NAME_LIMIT)
    if not name:
        return one_line(mailbox.address, 320)
    return f"{name} <{one_line(mailbox.address, 320)}>" if with_address and mailbox.address else name


def _cut(text: str) -> str:
    """The beginning of a text, cut at a line, with a mark where something was left out."""
    whole = tidy(text)
    if len(whole) <= MAX_QUOTED:
        return whole
    kept = whole[:MAX_QUOTED]
    return f"{kept.rpartition(chr(10))[0] or kept}\n[…]"
