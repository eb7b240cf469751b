"""Sentences shown once after an act: a fixed code in a short-lived cookie, so that no address or log holds words."""

from __future__ import annotations

from flask import Flask, Response, g, jsonify, redirect, request

from helpdesk.text.language import N_
from web.csrf import drop_cookie, set_cookie
from web.filters import _

COOKIE = "melding"
SURE = "X-Sure"
"""Our script that sends a form until it is kept carries this header: it gets the address, and goes there itself."""
NOTICES = {
    "answer_queued": N_("Your answer is on its way. You can undo it for a few seconds."),
    "draft_saved": N_("The draft is saved."),
    "draft_discarded": N_("The draft is discarded."),
    "draft_brought": N_("Your text is here now, as a draft."),
    "note_saved": N_("The internal note is saved."),
    "assigned": N_("The ticket is assigned."),
    "unassigned": N_("The ticket is assigned to nobody."),
    "done": N_("The ticket is done."),
    "open": N_("The ticket is open."),
    "waiting_for_asker": N_("The ticket waits for the asker."),
    "new": N_("The ticket is new again."),
    "merged": N_("The tickets are merged. You can undo this below."),
    "merge_undone": N_("The merge is undone."),
    "hint_dismissed": N_("The hint is gone."),
    "participant_added": N_("This person takes part in the ticket from now on."),
    "participant_removed": N_("This person no longer takes part in the ticket."),
    "spam": N_("The ticket is put away as spam."),
    "spam_blocked": N_("The ticket is put away as spam. Further mail of this sender will be parked."),
    "not_spam": N_("The ticket is back and the sender is not blocked."),
    "entry_moved": N_("The message is moved to this ticket."),
    "undone": N_("The answer was not sent. Your text is in the form again."),
    "resent": N_("The mail is sent once more."),
    "opened": N_("The ticket is made."),
    "released": N_("The mail becomes a ticket in a moment."),
    "retried": N_("The mail is tried again in a moment."),
    "discarded": N_("The mail is discarded."),
    "import_kept": N_("The file is here. It is being looked at; nothing is changed yet."),
    "import_asked": N_("The file is being looked at again."),
    "import_mapped": N_("The columns are kept for the next time. The file is being looked at again."),
    "import_started": N_("The import starts. You can leave this page; it goes on by itself."),
    "import_allowed": N_("The import is let through and goes on by itself."),
    "import_stopped": N_("The import is stopped and the file is gone."),
    "fact_added": N_("The date is recorded; the last day of this person's tickets is reckoned anew."),
    "fact_corrected": N_("The date is corrected; the old one stays to be seen."),
    "fact_retracted": N_("The date is taken back; it stays to be seen."),
    "list_gathering": N_("A worker looks now for what is due. Look again in a minute."),
    "clock_vouched": N_("You vouched for the clock; lists are carried out again."),
    "list_proposed": N_("The list is proposed. Somebody else has to approve it."),
    "list_excepted": N_("The ticket is taken off for three months. The rest of the list needs a second person."),
    "list_approved": N_("The list is approved. It is carried out when its waiting time has passed."),
    "list_sent_back": N_("The list goes back to who proposed it, with your words."),
    "list_withdrawn": N_("The list is taken back; its tickets come on the next one."),
    "hold_placed": N_("The legal hold is placed. What it keeps is found within a minute."),
    "hold_placed_late": N_("The legal hold is placed. For some tickets it was too late: they are being destroyed."),
    "hold_reviewed": N_("The legal hold stays, with a new day of review."),
    "hold_release_proposed": N_("The release is proposed. Somebody else has to decide."),
    "hold_released": N_("The legal hold is released. Nothing is destroyed at once."),
    "register_proposed": N_("The text is proposed. Somebody else has to put it in force."),
    "register_approved": N_("The version is in force; every ticket is reckoned anew."),
    "effect_asked": N_("It is being reckoned for every ticket. Look again in a minute."),
    "register_withdrawn": N_("The proposal is taken back."),
    "matched": N_("It is said who asked. You can undo this beside the ticket."),
    "match_undone": N_("It is not known again who asked."),
    "kind_said": N_("It is said what kind of person asked."),
    "address_said": N_("It is said whose the address is."),
    "request_opened": N_("The request is recorded."),
    "request_recorded": N_("The request is recorded. A privacy officer handles it from here."),
    "request_taken": N_("You handle this request from now on."),
    "request_known": N_("It is brought together what belongs to this person."),
    "request_extended": N_("There are two months more. Tell who asks, and why."),
    "request_judged": N_("That is recorded."),
    "request_words": N_("These words are blacked out from now on."),
    "request_proposed": N_("The decision is proposed. Somebody else has to approve it."),
    "request_released": N_("The decision is approved. The package is there in a minute."),
    "request_back": N_("The decision goes back to who handles the request."),
    "request_answered": N_("The request is answered."),
    "request_lifted": N_("The processing is no longer restricted."),
    "erasure_proposed": N_("The erasure is proposed. A record manager has to approve it."),
    "erasure_approved": N_("The erasure is approved. It is carried out within minutes."),
    "erasure_withdrawn": N_("The erasure is taken back."),
    "rectified": N_("It is put right. Tell the recipients that are named below."),
    "redacted": N_("It is gone from the ticket. The bytes leave the disk in a moment."),
    "article_saved": N_("The answer is saved as a draft. Readers see it when it is published."),
    "article_published": N_("The answer is published."),
    "article_withdrawn": N_("The answer is a draft again; readers no longer see it."),
    "article_reviewed": N_("It is noted that this answer is right."),
    "article_restored": N_("The earlier text is the newest version now. Readers see it when it is published."),
    "article_destroyed": N_("The answer is gone, with all its versions."),
    "topic_kept": N_("The topic is saved."),
    "topic_gone": N_("The topic is gone."),
    "canned_kept": N_("The canned reply is saved."),
    "canned_gone": N_("The canned reply is gone."),
    "inserted": N_("It stands below what you wrote. Read it through before you send it."),
    "chat_state": N_("It is saved how you are there to chat."),
    "chat_nobody": N_("Nobody waits."),
    "chat_handed_over": N_("The chat is handed over."),
    "chat_by_mail": N_("This goes on by e-mail."),
    "chat_ended": N_("The chat has ended."),
    "chat_transcript": N_("The conversation is on its way to your e-mail."),
    "chat_bound": N_("The conversation is in your name now."),
    "chat_choice": N_("Your choice is saved."),
    "hours_saved": N_("The hours are saved and hold from now on."),
    "days_closed": N_("Nobody is there on these days from now on."),
    "days_opened": N_("The days off are taken away."),
    "notices_seen": N_("All notices are marked as read."),
    "preferences_saved": N_("Your choices are saved."),
    "totp_on": N_("Signing in asks for a code from now on."),
    "totp_off": N_("Signing in asks for no code any more."),
    "link_sent": N_("If there is an account with this address, a mail with a link is on its way. Look in a minute."),
    "stays_signed_in": N_("You stay signed in."),
    "question_added": N_("Your message has been added. You get an answer here and by e-mail."),
    "question_solved": N_("Thank you. The question is done; a message from you opens it again."),
    "own_request": N_("We have received your request. You get an answer within a month."),
    "own_choices": N_("Your choices are saved."),
    "signed_out": N_("You are signed out."),
    "signed_out_everywhere": N_("You are signed out everywhere. Sign in again."),
    "password_changed": N_("Your password is changed. Sign in with the new one."),
}


def then(location: str, notice: str = "") -> Response:
    """The answer to a form that did its work: 303 to a page, with a sentence to show there."""
    answer = jsonify(location=location) if SURE in request.headers else redirect(location, 303)
    assert isinstance(answer, Response)  # noqa: S101 - Flask's own class
    if notice:
        set_cookie(answer, COOKIE, notice, max_age=60)
    return answer


def _notice() -> str:
    """The sentence that waits to be shown, if the page shows one."""
    code = request.cookies.get(COOKIE, "")
    if code not in NOTICES:
        return ""
    g.notice_shown = True
    return _(NOTICES[code])


def _forget(answer: Response) -> Response:
    if g.get("notice_shown"):
        drop_cookie(answer, COOKIE)
    return answer


def install(app: Flask) -> None:
    """Give templates `notice()`, and forget it once shown."""
    app.jinja_env.globals["notice"] = _notice
    app.after_request(_forget)
