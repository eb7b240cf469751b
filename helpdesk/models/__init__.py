"""All tables. Every column says which category of personal data it holds."""

from helpdesk.models.account import AccessLog, Account, AccountRole, Attempt, SearchQuery, SignInLink, WebSession
from helpdesk.models.base import CATEGORIES, Base
from helpdesk.models.desk import Alarm, Counter, Flag, Heartbeat, IntakeTotal, Lease, Mailbox
from helpdesk.models.draft import Draft, DraftFile
from helpdesk.models.entry import Attachment, Content, Entry, SearchText
from helpdesk.models.inbound_mail import InboundMail, MailSeen
from helpdesk.models.notice import Notice
from helpdesk.models.outgoing_mail import OutgoingMail, OutgoingRecipient
from helpdesk.models.person import Address, BlockedSender, Person
from helpdesk.models.ticket import Event, Ticket, TicketPerson

__all__ = [
    "CATEGORIES",
    "AccessLog",
    "Account",
    "AccountRole",
    "Address",
    "Alarm",
    "Attachment",
    "Attempt",
    "Base",
    "BlockedSender",
    "Content",
    "Counter",
    "Draft",
    "DraftFile",
    "Entry",
    "Event",
    "Flag",
    "Heartbeat",
    "InboundMail",
    "IntakeTotal",
    "Lease",
    "MailSeen",
    "Mailbox",
    "Notice",
    "OutgoingMail",
    "OutgoingRecipient",
    "Person",
    "SearchQuery",
    "SearchText",
    "SignInLink",
    "Ticket",
    "TicketPerson",
    "WebSession",
]
