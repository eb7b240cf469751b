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
    "tickets_missing": N_("Tickets are gone that nobody destroyed"),
    "clock_jumped": N_("The clock jumped: nothing is destroyed until somebody vouches for it"),
    "list_undecided": N_("A list for destruction waits too long for a decision"),
    "list_stuck": N_("A list for destruction does not come to its end"),
    "list_braked": N_("Unusually many tickets would be destroyed at once: a second person has to look"),
    "process_silent": N_("A process gives no sign of life"),
}


def alarm_text(kind: str, language: str) -> str:
    """What an alarm of this kind says; the kind itself where it has no words."""
    return translator(language).gettext(ALARM[kind]) if kind in ALARM else kind
