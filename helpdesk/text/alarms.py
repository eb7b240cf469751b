"""The alarms in words, for the status page and for the mail about them. Raises none."""

from helpdesk.text.language import N_, translator

ALARM = {
    "disk": N_("The disk is nearly full"),
    "parked_mail": N_("Parked mail waits too long for a decision"),
    "outgoing_failed": N_("Mail could not be delivered"),
    "filing_late": N_("Mail waits too long before it is filed"),
    "mailbox_error": N_("A mailbox can't be read"),
    "mailbox_silent": N_("No mail has come in for too long"),
    "mailbox_lag": N_("Mail lies too long in the mailbox"),
    "mail_left": N_("The mail server still holds mail that was taken in"),
    "hold_review": N_("The review day of a legal hold has passed"),
    "register_missing": N_("Tickets wait for a register of processing: propose one"),
    "register_missing_late": N_("Tickets wait for a register of processing for too long: approve one"),
    "settlement_missing": N_("The settlement of a dismissal is not known: import it or enter it"),
    "settlement_missing_late": N_("The settlement of a dismissal has not been known for too long"),
    "asker_unknown": N_("Nobody said in time who asked"),
    "employment_long": N_("Tickets are kept for employment for years: does the export of IDM still come in?"),
    "open_when_due": N_("The term of tickets is over, but they are not done"),
    "due_left": N_("The term of tickets is over, and they are on no list that was carried out"),
    "due_left_late": N_("Tickets whose term is over have been left for too long"),
    "original_left": N_("The term of tickets is over, but their mail still lies in a mailbox"),
    "restricted_long": N_("The term of tickets is over, but their processing is restricted"),
    "request_due": N_("Requests of people about their data have to be answered within a week"),
    "tickets_missing": N_("Tickets are gone that nobody destroyed"),
    "clock_jumped": N_("The clock jumped: nothing is destroyed until somebody vouches for it"),
    "list_undecided": N_("A list for destruction waits too long for a decision"),
    "list_stuck": N_("A list for destruction does not come to its end"),
    "list_braked": N_("Unusually many tickets would be destroyed at once: a second person has to look"),
    "restored": N_("A backup was restored: mail, mailboxes and destruction wait until somebody has confirmed them"),
    "backup_left": N_("A backup lies longer than it may"),
    "process_silent": N_("A process gives no sign of life"),
}


def alarm_text(kind: str, language: str) -> str:
    """What an alarm of this kind says; the kind itself where it has no words."""
    return translator(language).gettext(ALARM[kind]) if kind in ALARM else kind
