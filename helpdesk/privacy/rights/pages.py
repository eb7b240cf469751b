"""The pages of an export: plain HTML in Dutch and English that needs no script, no style sheet and no network. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from helpdesk.privacy.rights.about import RIGHTS
from helpdesk.privacy.rights.codes import REDACTED, SCANNED, WITHHELD
from helpdesk.privacy.rights.parts import EntryPart, FilePart, LeftOut, TicketPart
from helpdesk.text.language import N_, moment_text, size_text, words_of

NAMES = {"nl": "index.html", "en": "index.en.html"}
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "article{border-top:2px solid #767676;margin-top:1.5rem}pre{white-space:pre-wrap;overflow-wrap:anywhere;"
    "font:inherit;border-left:4px solid #767676;padding-left:.75rem}dt{font-weight:bold}dd{margin:0 0 .5rem}"
    "a{overflow-wrap:anywhere}"
)
_MADE = N_("Made on {day}. It answers your request under AVG art. 15.")
_PROCESSED = N_("How your data are processed")
_READERS = N_("Who read or wrote in your tickets, in numbers")
_RIGHTS = N_("Your rights")
_KNOWN = N_("What is known of you")
_AUTHOR = {"own": N_("you"), "desk": N_("the helpdesk"), "other": N_("somebody else")}
_MESSAGE = {
    "mail": N_("Mail"),
    "answer": N_("Answer"),
    "note": N_("Internal note"),
    "chat": N_("Chat"),
    "machine": N_("Automatic mail"),
    "forward": N_("Forwarded mail"),
}
_STATUS = {
    "new": N_("new"),
    "open": N_("open"),
    "waiting_for_asker": N_("waiting for you"),
    "snoozed": N_("set aside for a while"),
    "done": N_("done"),
}
_SAID_OF = {
    "name": N_("Name"),
    "names_in_mails": N_("Names in mails"),
    "personnel_number": N_("Personnel number"),
    "department": N_("Department"),
    "account_status": N_("State of the account"),
    "language": N_("Language"),
    "known_since": N_("Known since"),
}
_ABOUT = {
    "controller": N_("Controller"),
    "address": N_("Address"),
    "purposes": N_("Purposes"),
    "grounds": N_("Legal grounds"),
    "categories": N_("Kinds of data"),
    "sources": N_("Where the data come from"),
    "recipients": N_("Recipients"),
}


def head(language: str, made_on: str, decision: str) -> Iterator[str]:
    """The beginning of the page: what it is, the decision, what the black marks mean."""
    words = words_of(language)
    title = escape(words(N_("Your data at the helpdesk")))
    yield f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>'
    yield f"<style>{_STYLE}</style></head><body><main>\n<h1>{title}</h1>\n"
    for other, name in NAMES.items():
        if other != language:
            said = "Nederlands" if other == "nl" else "English"
            yield f'<p><a href="{name}" hreflang="{other}" lang="{other}">{said}</a></p>\n'
    yield f"<p>{escape(words(_MADE, day=made_on))}</p>\n"
    yield f"<p dir='auto'>{escape(decision)}</p>\n" if decision else ""
    marks = words(N_("A black mark stands for data of somebody else, which are not yours to receive."))
    yield f"<p>{escape(marks)}</p>\n"


def tail() -> Iterator[str]:
    """The end of the page."""
    yield "</main></body></html>\n"


def about(told: Sequence[dict[str, Any]], seen: Sequence[dict[str, Any]], language: str) -> Iterator[str]:
    """What art. 15(1) asks to be told."""
    words = words_of(language)
    yield f"<section><h2>{escape(words(_PROCESSED))}</h2>\n"
    for one in told:
        yield f"<h3>{escape(one['name'])} ({escape(one['number'])})</h3>\n<dl>\n"
        for key, label in _ABOUT.items():
            yield _row(words(label), one[key])
        yield _row(words(N_("How long they are kept")), [f"{rule}: {term}" for rule, term in one["terms"].items()])
        for key, label in (
            ("automated_decisions", N_("Automated decisions")),
            ("transfer_outside_eu", N_("Transfer outside the EU")),
        ):
            yield _row(words(label), words(N_("yes")) if one[key] else words(N_("no")))
        yield "</dl>\n"
    said = [f"{one['role']}: {one['accounts']}" for one in seen] or [words(N_("nobody"))]
    yield f"<dl>{_row(words(_READERS), said)}"
    yield f"{_row(words(_RIGHTS), [words(right) for right in RIGHTS])}</dl></section>\n"


def person(told: dict[str, Any], language: str) -> Iterator[str]:
    """What is kept of the person."""
    words = words_of(language)
    yield f"<section><h2>{escape(words(_KNOWN))}</h2>\n<dl>\n"
    for key, label in _SAID_OF.items():
        if told[key]:
            yield _row(words(label), told[key])
    yield _row(words(N_("E-mail addresses")), [one["address"] for one in told["addresses"]])
    yield _row(words(N_("Dates")), [f"{one['what']}: {one['on']}" for one in told["dates"]])
    asked = (" – ".join(filter(None, (one["kind"], one["received"], one["decision"]))) for one in told["requests"])
    yield _row(words(N_("Requests about your data")), list(asked))
    yield "</dl></section>\n"


def _row(label: str, value: str | Sequence[str]) -> str:
    values = [value] if isinstance(value, str) else value
    said = "".join(f"<dd dir='auto'>{escape(one)}</dd>" for one in values) or "<dd>–</dd>"
    return f"<dt>{escape(label)}</dt>{said}\n"


def ticket(part: TicketPart, entries: Iterable[EntryPart], places: dict[int, str], language: str) -> Iterator[str]:
    """One ticket with its messages; `places` are the files of the package by their id."""
    words = words_of(language)
    subject = part.subject or words(N_("(a message in a ticket of somebody else)"))
    yield f'<article><h2 dir="auto">V-{escape(part.number)} {escape(subject)}</h2>\n<dl>\n'
    yield _row(words(N_("Came in")), moment_text(part.opened_at, language))
    yield _row(words(N_("Where it stands")), words(_STATUS[part.status]))
    if part.whole:
        kept = part.kept[language]
        yield _row(words(N_("Until when it is kept")), [kept.sentence, *(one.step for one in kept.requesters)])
    yield "</dl>\n"
    for entry in entries:
        yield from _entry(entry, places, language)
    yield "</article>\n"


def _entry(entry: EntryPart, places: dict[int, str], language: str) -> Iterator[str]:
    words = words_of(language)
    who = f"{words(_MESSAGE[entry.kind])}, {words(_AUTHOR[entry.author])}, {moment_text(entry.at, language)}"
    yield f"<section><h3>{escape(who)}</h3>\n"
    if entry.withheld:
        yield f"<p>{escape(_left_out(entry.withheld, language))}</p>\n"
    if entry.redacted:
        said = words(N_("The words of this message were destroyed: {why}."), why=words(REDACTED[entry.redacted]))
        yield f"<p>{escape(said)}</p>\n"
    if entry.text:
        yield f'<pre dir="auto">{escape(entry.text)}</pre>\n'
    if entry.files:
        yield "<ul>" + "".join(_file(file, places, language) for file in entry.files) + "</ul>\n"
    yield "</section>\n"


def _file(file: FilePart, places: dict[int, str], language: str) -> str:
    name = escape(file.name or words_of(language)(N_("(no name)")))
    if file.withheld:
        return f"<li>{name}: {escape(_left_out(file.withheld, language))}</li>"
    return f'<li><a href="{escape(places[file.id])}">{name}</a> ({size_text(file.size, language)})</li>'


def _left_out(reason: str, language: str) -> str:
    words = words_of(language)
    return words(N_("Left out: {why}."), why=words((WITHHELD | SCANNED)[reason]))


def left_out(rows: Sequence[LeftOut], language: str) -> Iterator[str]:
    """The tickets that are left out."""
    if rows:
        heading = escape(words_of(language)(N_("Tickets that are left out")))
        yield f"<section><h2>{heading}</h2>\n<ul>\n"
        yield from (f"<li>V-{escape(row.number)}. {escape(_left_out(row.reason, language))}</li>\n" for row in rows)
        yield "</ul></section>\n"
