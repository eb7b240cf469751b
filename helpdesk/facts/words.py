"""What imports say to people: what is wrong with a row, why one stopped, what its numbers mean. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.facts.changes import FactChange, Shown
from helpdesk.facts.given import Problem
from helpdesk.retention.why import FACT
from helpdesk.text.language import N_, Words, day_text, words_of

FIELD = {
    "": N_("this row"),
    "personnel_no": N_("personnel number"),
    "address": N_("e-mail address"),
    "name": N_("name"),
    "first_name": N_("first name"),
    "initials": N_("initials"),
    "prefix": N_("prefix of the surname"),
    "last_name": N_("surname"),
    "kind": N_("kind of person"),
    "department": N_("department"),
    "account_status": N_("status of the account"),
    "started_on": N_("start of employment"),
    "ended_on": N_("end of employment"),
    "settled_on": N_("settlement of the dismissal"),
    "last_login_on": N_("last sign-in"),
    "reason": N_("reason"),
    "reference": N_("reference"),
}
PROBLEM = {
    "too_wide": N_("This row has more cells than there are headings: a sign that parts cells stands in one of them."),
    "missing": N_("The {field} is missing."),
    "too_long": N_("The {field} is too long."),
    "error_cell": N_("The {field} is a formula without a value: an error stands there, or nothing was worked out."),
    "bad_address": N_("The {field} is no e-mail address."),
    "bad_date": N_("The {field} is no date that can be read, or no day of the calendar."),
    "far_date": N_("The {field} is too far away to be true."),
    "future_date": N_("The {field} is still to come, and it says that something happened."),
    "end_before_start": N_("The end of employment lies before its start."),
    "unknown_word": N_("The {field} is a word that this import does not know."),
    "own_address": N_("The {field} is one of the helpdesk's own."),
    "shared_address": N_("The {field} is used by several people and stands for nobody."),
    "address_twice": N_("The {field} stands in the file for somebody else too, and both are here."),
    "address_taken": N_("The {field} belongs to somebody else, who has not left as far as is known."),
    "claimed_by_hand": N_("The {field} belongs to a sender about whom dates were entered by hand."),
    "twice": N_("This person stands in the file more than once, with other data. None of these rows is used."),
    "repeated": N_("This very row stood in the file before. It counts once."),
    "nobody": N_("Nobody is known by this number or address."),
    "by_hand": N_("The {field} was entered by hand as another date. The file changes nothing here."),
}
BRAKE = {
    "many_due": N_("So many tickets would become due at once that a second person has to let it through."),
    "many_shifted": N_("So many dates would move that a second person has to let it through."),
    "many_settled": N_(
        "More than half of the employees would be settled as dismissed at once: a second person has to let it through."
    ),
    "day_month": N_("So many dates can only be read with day and month the other way round that it stops."),
    "turned": N_("The dates that move would only exchange day and month: they seem to be read the wrong way round."),
}
COUNT = {
    "people_new": N_("people who are new"),
    "people_claimed": N_("senders who turn out to be known people"),
    "people_changed": N_("people of whom something changes"),
    "addresses_new": N_("addresses that are new"),
    "addresses_moved": N_("addresses that go to another person"),
    "facts_added": N_("dates that are added"),
    "facts_corrected": N_("dates that are corrected"),
    "facts_retracted": N_("dates that are taken back"),
    "unchanged": N_("rows that change nothing"),
    "passed_over": N_("rows about people who never asked anything: not kept"),
    "problems": N_("rows with an error: not used"),
}
STATE = {
    "preview": N_("looked at, not started"),
    "asked": N_("being looked at"),
    "no_column": N_("asks which column is which"),
    "braked": N_("stopped: waits for a second person"),
    "running": N_("being brought in"),
    "done": N_("done"),
    "stopped": N_("stopped"),
    "failed": N_("failed"),
}
_LINE = N_("Line {line}: {sentence}")
_ADDED = N_("{fact} on {day}")
_CORRECTED = N_("{fact} not on {before} but on {day}")
_RETRACTED = N_("{fact} on {day} taken back")
_FIELD_CHANGED = N_("{field}: {before} → {after}")
CHANGE = {
    "people_new": N_("new person: {name}"),
    "people_claimed": N_("an unknown sender turns out to be this person ({address})"),
    "addresses_new": N_("new address: {address}"),
    "addresses_moved": N_("address taken over from somebody else: {address}"),
    "unchanged": N_("nothing changes"),
}
"""What a row does besides dates and fields, as each change says it."""
KIND = {
    "employee": N_("employee"),
    "external": N_("from outside"),
    "trainer": N_("trainer"),
    "staff": N_("staff of the helpdesk"),
    "unknown": N_("unknown"),
}
REASON = {
    "own_request": N_("at one's own request"),
    "retirement": N_("retirement"),
    "transfer": N_("transfer to another employer"),
    "death": N_("death"),
    "other": N_("another reason"),
}
SOURCE = {
    "hand": N_("by hand"),
    "m250": N_("export from IDM M250"),
    "settlements": N_("file with settlements"),
    "last_logins": N_("file with last sign-ins"),
    "hr_importer": N_("HR-importer of a department"),
}
FAULT = {
    "no_column": N_("The file has no heading for a column that is needed. Say below which column is which."),
    "file_too_large": N_("This file is too large. Divide it, or save it as CSV."),
    "too_many_rows": N_("This file has more than {most} rows. Divide it."),
    "empty_file": N_("There is nothing in this file."),
    "column_twice": N_("Two columns of the file are the {name}. Leave one of them out, or give it another heading."),
    "old_excel": N_(
        "This is an old kind of spreadsheet, or one with a password. Save it as .xlsx without one, or as CSV."
    ),
    "csv": N_("Line {line} can't be read: is a quotation mark left open?"),
    "xlsx": N_("This spreadsheet can't be read. Save it as .xlsx or as CSV."),
    "unreadable": N_("This file can't be read."),
}
"""What is wrong with a whole file."""


def problem_text(problem: Problem, language: str) -> str:
    """What is wrong with a row, with its line."""
    return words_of(language)(_LINE, line=problem.line, sentence=problem_sentence(problem, language))


def problem_sentence(problem: Problem, language: str) -> str:
    """What is wrong with a row."""
    _ = words_of(language)
    sentence = _(PROBLEM[problem.code], field=_(FIELD.get(problem.field, "")) if problem.field else "")
    return sentence[:1].upper() + sentence[1:]


def change_texts(one: Shown, language: str) -> list[str]:
    """What a row changes, a line each, with its line in the file: the person by number or address."""
    _ = words_of(language)
    told = [f"{one.who}: {said}" for said in said_changes(one, language)]
    return [_(_LINE, line=one.line, sentence=each) for each in told]


def said_changes(one: Shown, language: str) -> list[str]:
    """What a row changes, a sentence each."""
    _ = words_of(language)
    called = next((new for name, _old, new in one.fields if name == "name"), "–")
    told = [_(CHANGE[word], address=one.address, name=called) for word in one.words if word != "people_changed"]
    if "people_new" not in one.words:
        told += [_(_FIELD_CHANGED, field=_(FIELD[name]), **_sides(name, old, new, _)) for name, old, new in one.fields]
    return told + [_fact_text(change, language) for change in one.facts]


def _sides(name: str, old: str, new: str, _: Words) -> dict[str, str]:
    known = KIND if name == "kind" else {}
    return {
        "before": _(known[old]) if old in known else old or "–",
        "after": _(known[new]) if new in known else new or "–",
    }


def _fact_text(change: FactChange, language: str) -> str:
    _ = words_of(language)
    values = {"fact": _(FACT[change.type]), "day": day_text(change.day, language)}
    if change.retracts:
        return _(_RETRACTED, **values)
    if change.before is not None:
        return _(_CORRECTED, before=day_text(change.before, language), **values)
    return _(_ADDED, **values)


def fault_of_file(code: str, language: str, values: Mapping[str, str | int]) -> str:
    """Why a file can't be read, or what it lacks."""
    _ = words_of(language)
    said = {name: _(FIELD[value]) if isinstance(value, str) else value for name, value in values.items()}
    return _(FAULT[code], **said)
