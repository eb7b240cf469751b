"""The domain's fixed codes in the words of the screen, translated where they are shown. Holds no other sentence."""

from __future__ import annotations

from flask import Flask

from helpdesk.privacy.rights import codes
from helpdesk.text import alarms
from helpdesk.text.language import N_
from helpdesk.tickets.lists import COUNT_LIMIT
from helpdesk.tickets.views import EventView
from web.filters import _, counted, ngettext

SHOWN_TEXT = 100_000
"""Characters of one text on a page: a browser lays out a million of them for seconds."""
SHAPES = {"new": "○", "open": "◐", "waiting_for_asker": "◷", "snoozed": "⏸", "done": "✓"}
"""A shape beside each state, so that colour is never alone."""
STATUS = {
    "new": N_("New"),
    "open": N_("Open"),
    "waiting_for_asker": N_("Waiting for asker"),
    "snoozed": N_("Snoozed"),
    "done": N_("Done"),
}
OWN_STATE = {
    "received": N_("We have your question"),
    "busy": N_("We are working on it"),
    "we_wait": N_("We are waiting for your answer"),
    "later": N_("We will come back to this"),
    "restricted": N_("Nobody works on it while your request is handled"),
    "done": N_("Done"),
}
"""The states of a question as who asked is told of them."""
AFTER_ANSWER = {
    "waiting_for_asker": N_("wait for the asker"),
    "done": N_("the ticket is done"),
    "open": N_("the ticket stays open"),
}
LANGUAGE = {"nl": N_("Dutch"), "en": N_("English")}
CHANNEL = {
    "mail": N_("E-mail"),
    "chat": N_("Chat"),
    "portal": N_("Portal"),
    "phone": N_("Telephone"),
    "desk": N_("Visit"),
}
SCAN = {
    "waiting": N_("is being checked for viruses"),
    "quarantined": N_("kept apart: the virus scanner found something in it"),
    "failed": N_("could not be checked for viruses yet"),
    "too_large": N_("too large to be checked for viruses"),
}
"""What the virus scanner said of a file; nothing is said of one that is clean, or where there is no scanner."""
VIA = {"portal": N_("via the portal")}
HINT = {
    "token": N_("It answers a mail of ours, but the sender takes no part in that ticket."),
    "reference": N_("It answers a message of that ticket, but the sender takes no part in it."),
    "number": N_("The number stands in its subject, but the sender is not proven."),
    "sender_failed": N_("It seems to answer that ticket, but our mail server does not trust the sender."),
    "report": N_("It says that a mail of that ticket was not delivered, but it may be forged."),
    "subject": N_("The same asker wrote before with the same subject."),
    "done_long_ago": N_("That ticket was done too long ago to be opened again by itself."),
}
EVENT = {
    "opened": N_("opened"),
    "mail_received": N_("mail received"),
    "asked_in_portal": N_("written in the portal"),
    "solved_by_asker": N_("called solved by who asked"),
    "machine_mail": N_("automatic mail received"),
    "assigned": N_("assigned"),
    "status": N_("state changed"),
    "replied": N_("answered"),
    "noted": N_("internal note written"),
    "undone": N_("answer taken back"),
    "resent": N_("mail sent once more"),
    "delivery_failed": N_("delivery failed"),
    "bounced": N_("mail came back"),
    "spam": N_("put away as spam"),
    "not_spam": N_("taken back from spam"),
    "sender_blocked": N_("sender blocked"),
    "sender_unblocked": N_("sender no longer blocked"),
    "participant_added": N_("participant added"),
    "participant_removed": N_("participant removed"),
    "merge_participant": N_("participant added by a merge"),
    "entry_merged": N_("message went along with a merge"),
    "merged_into": N_("merged into another ticket"),
    "merged_from": N_("another ticket merged into this one"),
    "merge_undone": N_("merge undone"),
    "entry_moved_away": N_("message moved to another ticket"),
    "entry_moved_here": N_("message moved to this ticket"),
    "hint_dismissed": N_("hint dismissed"),
    "requester_matched": N_("sender matched to a known person"),
    "match_undone": N_("match of the sender undone"),
    "requester_kind": N_("kind of the sender set"),
    "held": N_("put under a legal hold"),
    "hold_released": N_("legal hold released"),
    "restricted": N_("processing restricted"),
    "unrestricted": N_("processing no longer restricted"),
    "redacted": N_("words of a message destroyed"),
    "file_redacted": N_("a file destroyed"),
    "rectified": N_("name or address put right"),
    "chat_picked_up": N_("chat picked up"),
    "chat_handed_over": N_("chat handed over"),
    "chat_queued": N_("chat put back in the queue"),
    "chat_missed": N_("nobody picked the chat up in time"),
    "chat_by_mail": N_("goes on by e-mail"),
    "chat_again": N_("chat began again"),
    "chat_silent": N_("silence in the chat pointed out"),
    "chat_ended": N_("chat ended"),
    "chat_left": N_("the asker left the chat"),
    "chat_returned": N_("the asker is back in the chat"),
    "chat_mailed": N_("lines of the chat mailed"),
    "chat_transcript": N_("the whole chat mailed"),
}
LIST_STATE = {
    "open": N_("open"),
    "window": N_("waits for approval"),
    "approved": N_("approved, runs soon"),
    "running": N_("running"),
    "done": N_("destroyed and checked"),
    "withdrawn": N_("taken back"),
}
ITEM = {
    "candidate": N_("to be decided"),
    "accepted": N_("given along"),
    "rejected": N_("not theirs"),
    "withheld": N_("left out"),
}
NOTICE = {
    "assigned": N_("assigned to you"),
    "asker_answered": N_("the asker answered"),
    "delivery_failed": N_("an answer could not be delivered"),
    "bounced": N_("an answer came back"),
}
CHAT_PRESENCE = {
    "available": N_("Available"),
    "handover": N_("Only what is handed over"),
    "away": N_("Not available"),
}
DRAFT = {"answer": N_("Answer"), "note": N_("Internal note")}
SHORTCUTS = {
    "on": N_("On"),
    "ctrl": N_("Only together with Ctrl"),
    "off": N_("Off"),
}
DENSITY = {"roomy": N_("Roomy"), "normal": N_("Normal"), "compact": N_("Compact: two lines")}
WIDTH = {"narrow": N_("Narrow"), "normal": N_("Normal"), "wide": N_("Wide")}
THEME = {"": N_("As my device"), "light": N_("Light"), "dark": N_("Dark")}
ASKER = {
    "employee": N_("An employee"),
    "external": N_("Somebody from outside"),
    "trainer": N_("A trainer"),
    "staff": N_("Staff of the helpdesk"),
    "unknown": N_("Not known who this is"),
}
CALL = {
    "external": N_("This is somebody from outside"),
    "trainer": N_("This is a trainer"),
    "unknown": N_("It is not known who this is"),
}
FACT_STATE = {
    "in_force": N_("in force"),
    "corrected": N_("corrected since"),
    "retracted": N_("taken back since"),
    "retraction": N_("takes one back"),
}
DATES = {
    "dmy": N_("day, month, year (31-12-2026)"),
    "mdy": N_("month, day, year (12-31-2026)"),
    "ymd": N_("year, month, day (2026-12-31)"),
}
DEFECT = {
    "bad_boundary": N_("Its parts are not set apart properly."),
    "bad_charset": N_("Some characters could not be read."),
    "bad_header_line": N_("Its header has a broken line."),
    "bytes_missing": N_("Its bytes are no longer there."),
    "calendar_unread": N_("Its invitations are too large to be read; they are attached."),
    "empty": N_("It is empty."),
    "headers_too_large": N_("Its header is too large and was cut."),
    "html_too_large": N_("Its layout is too large and was left out."),
    "mails_unread": N_("Mails inside it are too many or nested too deep to be read; they are attached."),
    "name_too_long": N_("The name of a file is too long and was cut."),
    "no_blank_line": N_("Header and text are not set apart."),
    "no_sender": N_("It has no readable sender."),
    "search_cut": N_("Only the beginning of its text can be found by searching."),
    "several_from": N_("It names more than one sender."),
    "subject_too_long": N_("Its subject is too long and was cut."),
    "text_simplified": N_("Its layout is too large for a careful text form; line breaks may be missing."),
    "text_too_large": N_("Its text is too long and was cut."),
    "too_costly": N_("Reading all of it would take too long; only its beginning was read. Download the original."),
    "too_deep": N_("Its parts are nested too deep; some are left out."),
    "too_large": N_("It is too large to be read. Download the original."),
    "too_many_files": N_("It has too many files; some are left out. Download the original."),
    "too_many_lines": N_("Its text has too many lines; quotes further down are not folded."),
    "too_many_parts": N_("It has too many parts; some are left out."),
    "too_many_recipients": N_("It names more people than are shown."),
    "unknown_encoding": N_("A part has an unknown encoding."),
    "unreadable": N_("Its parts could not be read. Download the original."),
}
LEFT_OUT = frozenset(
    {"bytes_missing", "calendar_unread", "headers_too_large", "html_too_large", "mails_unread", "search_cut"}
    | {"subject_too_long", "text_simplified", "text_too_large", "too_costly", "too_deep", "too_large"}
    | {"too_many_files", "too_many_lines", "too_many_parts", "too_many_recipients", "unreadable"}
)
"""Those that say that not everything of the mail is shown: they stand above it, the others among its details."""
HTML_REASON = {
    "html_too_large": N_("The layout of this mail is too large to show; this is its text."),
    "html_too_deep": N_("The layout of this mail is nested too deep to show; this is its text."),
    "html_too_many_tags": N_("The layout of this mail is too large to show; this is its text."),
    "html_too_many_entities": N_("The layout of this mail is too large to show; this is its text."),
    "cleaner_gave_up": N_("Making the layout of this mail safe would take too long; this is its text."),
    "cleaner_failed": N_("The layout of this mail could not be made safe; this is its text."),
}
OUTGOING = {
    "queued": N_("Waiting to be sent"),
    "sending": N_("Being sent"),
    "sent": N_("Sent"),
    "failed": N_("Not delivered"),
    "cancelled": N_("Not sent: taken back"),
}
RECIPIENT = {
    "waiting": N_("waiting"),
    "accepted": N_("accepted by the mail server"),
    "refused": N_("refused by the mail server"),
    "bounced": N_("came back"),
}
PARKED = {
    "blocked_sender": N_("The sender is blocked as spam."),
}
DISCARD = {
    "spam": N_("Spam"),
    "not_for_us": N_("Not meant for us"),
    "test": N_("A test"),
    "other": N_("Another reason"),
}
REDACTED = codes.REDACTED
ALARM = alarms.ALARM
ALARM_ADVICE = {
    "register_missing": N_("Until a register is in force nothing counts and nothing can fall due."),
    "register_missing_late": N_("Until a register is in force nothing counts and nothing can fall due."),
    "settlement_missing": N_("Import the file with settlements, or enter the day with the person."),
    "settlement_missing_late": N_(
        "Without that day they are kept for ever. The end of employment never stands for it."
    ),
    "asker_unknown": N_("Work off the list of unknown askers: from now on the last message counts."),
    "employment_long": N_("Check that people who left years ago stand in the export as such."),
    "open_when_due": N_("Open tickets are never destroyed: finish them."),
    "due_left": N_("They should be destroyed within two weeks: see to the open lists."),
    "due_left_late": N_("They should be destroyed within two weeks: see to the open lists."),
    "original_left": N_("As long as the mail lies there, destroying the ticket would not be the end of it."),
    "restricted_long": N_("See whether the restriction still holds."),
    "request_due": N_("Answer them, or take two months more and say so within the first month."),
}
"""What to do about an alarm of tickets that stand in one state for too long."""
INBOUND = {
    "received": N_("waiting to be filed"),
    "filed": N_("filed"),
    "machine": N_("automatic mail, filed"),
    "duplicate": N_("seen before"),
    "parked": N_("parked"),
    "discarded": N_("discarded"),
}


def said(words: dict[str, str], code: str) -> str:
    """A code in words; one that has none yet is shown as it is, marked as a code."""
    return _(words[code]) if code in words else _("code {code}", code=code)


def parked_reason(reason: str) -> str:
    """Why a mail is parked; a fault of ours carries its own code."""
    if reason.startswith("fault"):
        return _("Filing it failed several times ({code}).", code=reason)
    return said(PARKED, reason)


def event_text(event: EventView, names: dict[str, str]) -> str:
    """One line of the timeline; `names` are the accounts by id."""
    what = said(EVENT, event.kind)
    if event.kind == "status" and event.after:
        return _(
            "{what}: {before} → {after}",
            what=what,
            before=said(STATUS, event.before or ""),
            after=said(STATUS, event.after),
        )
    if event.kind == "assigned":
        return _("{what}: {name}", what=what, name=names.get(event.after or "", _("nobody")))
    return what


def found_text(total: int) -> str:
    """How many tickets a search found; beyond a thousand it says that there are more."""
    if total > COUNT_LIMIT:
        return _("{count} tickets found; the newest are shown.", count=counted(total))
    return ngettext("{count} ticket found", "{count} tickets found", total)


def install(app: Flask) -> None:
    """Give the templates these words."""
    tables = {name: value for name, value in globals().items() if name.isupper()}
    app.jinja_env.globals.update(
        words=tables,
        said=said,
        parked_reason=parked_reason,
        event_text=event_text,
        found_text=found_text,
        shapes=SHAPES,
    )
