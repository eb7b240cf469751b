"""A certificate as one HTML page, in Dutch or English, to be read, printed and kept. Makes no numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape

from helpdesk.privacy.certificate import Certificate
from helpdesk.text.language import N_, translator

TITLE = N_("Declaration of destruction")
_COUNTED = {
    "tickets": N_("Tickets"),
    "merged": N_("Tickets that were merged into these"),
    "messages": N_("Messages"),
    "files": N_("Attached files"),
    "mails": N_("Mails as they came in"),
    "kilobytes": N_("Kilobytes of mails and files"),
}
WAYS = {
    "early_not_needed": N_("before the term: no longer needed for its purpose (AVG art. 17(1)(a))"),
    "early_consent": N_("before the term: consent was withdrawn (AVG art. 17(1)(b))"),
    "early_objection": N_("before the term: an objection was upheld (AVG art. 17(1)(c))"),
    "early_unlawful": N_("before the term: it was processed unlawfully (AVG art. 17(1)(d))"),
    "early_legal_duty": N_("before the term: the law requires it (AVG art. 17(1)(e))"),
    "rows": N_("rows of the database deleted"),
    "blobs": N_("files of mails and attachments deleted, one by one"),
    "index": N_("words deleted from the search index"),
    "overwritten": N_("freed pages of the database overwritten"),
    "index_merged": N_("the search index merged, so that no deleted word is left in it"),
    "gaps_overwritten": N_("what was left between the rows of the database overwritten"),
    "log_emptied": N_("the log of the database emptied"),
    "written_anew": N_("the tables of the database written anew"),
    "log_dropped": N_("the write-ahead log dropped up to that point"),
    "verified": N_("looked for afterwards, and not found"),
}
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;padding:.5rem 0}"
    "th,td{border-bottom:1px solid #767676;text-align:left;padding:.25rem .5rem}td.n{text-align:right}"
    "code{overflow-wrap:anywhere}"
)


def as_html(certificate: Certificate, language: str) -> str:
    """One page without script or link to anywhere; headings, and tables with headers of rows and columns."""
    words = translator(language).gettext
    said = "nl" if language == "nl" else "en"
    parts = [
        f"<h1>{escape(words(TITLE))}</h1>",
        _facts(certificate, said, words),
        _table(words, N_("What was destroyed"), _counted(certificate, words)),
        _table(words, N_("In which year the tickets were opened"), certificate["numbers"]["opened"].items()),
        _ways(certificate, words),
        _proof(certificate, words),
    ]
    title = f"{words(TITLE)} {certificate['rule']} {certificate['period']}"
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<body><main>\n{''.join(parts)}\n</main></body>"
    return f'<!DOCTYPE html>\n<html lang="{said}"><head>{head}</head>{body}</html>\n'


def _counted(certificate: Certificate, words: Callable[[str], str]) -> list[tuple[str, int]]:
    return [(words(label), certificate["numbers"][name]) for name, label in _COUNTED.items()]


def _table(words: Callable[[str], str], caption: str, rows: Iterable[tuple[str, int]]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th><td class="n">{many}</td></tr>\n' for name, many in rows
    )
    heads = "".join(f'<th scope="col">{escape(words(head))}</th>' for head in (N_("What"), N_("How many")))
    above = f"<caption>{escape(words(caption))}</caption><thead><tr>{heads}</tr></thead>"
    return f"<table>{above}<tbody>\n{lines}</tbody></table>\n"


def _facts(certificate: Certificate, said: str, words: Callable[[str], str]) -> str:
    ground = certificate["ground"]
    listed = ground["selection_list"] or words(N_("none is named in the register"))
    rows = [
        (N_("Controller"), certificate["controller"]),
        (N_("Register of processing"), certificate["processing"]),
        (N_("Rule"), certificate["rule"]),
        (N_("Period of destruction"), certificate["period"]),
        (N_("Whose data"), certificate["about"][said]),
        (N_("Which data"), ", ".join(certificate["fields"][said])),
        (N_("Ground"), ground[said]),
        (N_("Selection list"), listed),
        (N_("Version of the register"), ", ".join(certificate["numbers"]["registers"])),
    ]
    lines = "".join(f"<dt>{escape(words(name))}</dt><dd>{escape(value)}</dd>\n" for name, value in rows)
    return f"<dl>\n{lines}</dl>\n"


def _ways(certificate: Certificate, words: Callable[[str], str]) -> str:
    codes = dict.fromkeys(code for way in certificate["numbers"]["ways"] for code in way.split(",") if code)
    lines = "".join(f"<li>{escape(words(WAYS.get(code, code)))}</li>\n" for code in codes)
    backups = words(N_("Backups that still held it are gone by the end of {month}; on restore it is destroyed again."))
    last = escape(backups.format(month=certificate["backups_gone_by"]))
    head = escape(words(N_("How it was destroyed")))
    return f"<h2>{head}</h2>\n<ul>\n{lines}</ul>\n<p>{last}</p>\n"


def _proof(certificate: Certificate, words: Callable[[str], str]) -> str:
    ledger = certificate["ledger"]
    told = words(N_("Every number can be had from the ledger again, up to line {seq} with the hash {hash}."))
    line = escape(told.format(seq=ledger["seq"], hash=ledger["hash"]))
    seals = [
        (N_("This certificate"), certificate["sha256"]),
        (N_("The one before"), certificate["previous"] or words(N_("there is none"))),
    ]
    rows = "".join(f"<dt>{escape(words(name))}</dt><dd><code>{escape(value)}</code></dd>\n" for name, value in seals)
    head = escape(words(N_("Proof")))
    return f"<h2>{head}</h2>\n<p>{line}</p>\n<dl>\n{rows}</dl>\n"
