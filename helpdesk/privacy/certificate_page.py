"""A certificate in words, in Dutch or English, and as one HTML page to be read, printed and kept. Makes no numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

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
_SIGNERS = (N_("Proposed the destruction"), N_("Approved the destruction"))
_SIGNED = (N_("Name and function"), N_("Day"), N_("Signature"))
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff;"
    "overflow-wrap:anywhere}"
    "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;padding:.5rem 0}"
    "th,td{border-bottom:1px solid #767676;text-align:left;padding:.25rem .5rem}td.n{text-align:right}"
    ".line{border-bottom:1px solid #767676;padding-top:1.5rem}"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that a certificate says, in one language, in the order in which it is read."""

    language: str
    title: str
    facts: Sequence[tuple[str, str]]
    heads: tuple[str, str]
    tables: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    how: str
    ways: Sequence[str]
    backups: str
    proof: str
    told: str
    seals: Sequence[tuple[str, str]]
    original: str
    signing: str
    signers: Sequence[tuple[str, Sequence[str]]]


def sheet(certificate: Certificate, language: str) -> Sheet:
    """The words and numbers of a certificate."""
    words = translator(language).gettext
    said = "nl" if language == "nl" else "en"
    numbers, ledger, ground = certificate["numbers"], certificate["ledger"], certificate["ground"]
    codes = dict.fromkeys(code for way in numbers["ways"] for code in way.split(",") if code)
    backups = N_("Backups that still held it are gone by the end of {month}; on restore it is destroyed again.")
    told = N_("Every number can be had from the ledger again, up to line {seq} with the hash {hash}.")
    return Sheet(
        language=said,
        title=words(TITLE),
        facts=[
            (words(N_("Controller")), certificate["controller"]),
            (words(N_("Register of processing")), certificate["processing"]),
            (words(N_("Rule")), certificate["rule"]),
            (words(N_("Period of destruction")), certificate["period"]),
            (words(N_("Whose data")), certificate["about"][said]),
            (words(N_("Which data")), ", ".join(certificate["fields"][said])),
            (words(N_("Ground")), ground[said]),
            (words(N_("Selection list")), ground["selection_list"] or words(N_("none is named in the register"))),
            (words(N_("Version of the register")), ", ".join(numbers["registers"])),
        ],
        heads=(words(N_("What")), words(N_("How many"))),
        tables=_tables(numbers, words),
        how=words(N_("How it was destroyed")),
        ways=[words(WAYS.get(code, code)) for code in codes],
        backups=words(backups).format(month=certificate["backups_gone_by"]),
        proof=words(N_("Proof")),
        told=words(told).format(seq=ledger["seq"], hash=ledger["hash"]),
        seals=[
            (words(N_("This certificate")), certificate["sha256"]),
            (words(N_("The one before")), certificate["previous"] or words(N_("there is none"))),
        ],
        original=words(N_("The accessible original of this certificate is a page:")),
        signing=words(N_("For signatures on paper")),
        signers=[(words(who), [words(line) for line in _SIGNED]) for who in _SIGNERS],
    )


def _tables(numbers: Mapping[str, Any], words: Callable[[str], str]) -> list[tuple[str, list[tuple[str, str]]]]:
    counted = [(words(label), str(numbers[name])) for name, label in _COUNTED.items()]
    opened = [(year, str(many)) for year, many in numbers["opened"].items()]
    return [
        (words(N_("What was destroyed")), counted),
        (words(N_("In which year the tickets were opened")), opened),
    ]


def as_html(certificate: Certificate, language: str) -> str:
    """One page without script or link to anywhere; headings, and tables with headers of rows and columns."""
    said = sheet(certificate, language)
    ways = "".join(f"<li>{escape(way)}</li>\n" for way in said.ways)
    signers = "".join(
        f"<h3>{escape(who)}</h3>\n" + "".join(f'<p class="line">{escape(one)}:</p>\n' for one in lines)
        for who, lines in said.signers
    )
    parts = [
        f"<h1>{escape(said.title)}</h1>",
        f"<dl>\n{_terms(said.facts, '{}')}</dl>\n",
        *(_table(said.heads, caption, rows) for caption, rows in said.tables),
        f"<h2>{escape(said.how)}</h2>\n<ul>\n{ways}</ul>\n<p>{escape(said.backups)}</p>\n",
        f"<h2>{escape(said.proof)}</h2>\n<p>{escape(said.told)}</p>\n",
        f"<dl>\n{_terms(said.seals, '<code>{}</code>')}</dl>\n",
        f"<h2>{escape(said.signing)}</h2>\n{signers}",
    ]
    title = f"{said.title} {certificate['rule']} {certificate['period']}"
    view = '<meta name="viewport" content="width=device-width">'
    head = f'<meta charset="utf-8">{view}<title>{escape(title)}</title><style>{_STYLE}</style>'
    body = f"<body><main>\n{''.join(parts)}\n</main></body>"
    return f'<!DOCTYPE html>\n<html lang="{said.language}"><head>{head}</head>{body}</html>\n'


def _terms(rows: Sequence[tuple[str, str]], shape: str) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{shape.format(escape(value))}</dd>\n" for name, value in rows)


def _table(heads: tuple[str, str], caption: str, rows: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th><td class="n">{escape(many)}</td></tr>\n' for name, many in rows
    )
    columns = "".join(f'<th scope="col">{escape(head)}</th>' for head in heads)
    above = f"<caption>{escape(caption)}</caption><thead><tr>{columns}</tr></thead>"
    return f"<table>{above}<tbody>\n{lines}</tbody></table>\n"
