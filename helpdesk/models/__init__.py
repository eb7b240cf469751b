"""All tables. Every column says which category of personal data it holds."""

from helpdesk.models.account import (
    AccessLog,
    Account,
    AccountRole,
    Attempt,
    SearchQuery,
    SignInLink,
    SpentToken,
    WebSession,
)
from helpdesk.models.base import CATEGORIES, Base
from helpdesk.models.chat import Chat, ChatAdvisor
from helpdesk.models.desk import Alarm, Counter, Flag, Heartbeat, IntakeTotal, Lease, Mailbox
from helpdesk.models.draft import Draft, DraftFile
from helpdesk.models.entry import Attachment, Content, Entry, SearchText
from helpdesk.models.fact import Fact, ImportProblem, ImportProfile, ImportRun
from helpdesk.models.inbound_mail import InboundMail, MailSeen
from helpdesk.models.knowledge import (
    Article,
    ArticleText,
    ArticleTicket,
    ArticleTopic,
    ArticleVersion,
    ArticleWord,
    CannedReply,
)
from helpdesk.models.notice import Notice
from helpdesk.models.opening import OpeningDay, OpeningSpell
from helpdesk.models.outgoing_mail import OutgoingMail, OutgoingRecipient
from helpdesk.models.person import Address, BlockedSender, KnownName, KnownNameWord, Person
from helpdesk.models.policy import DisposalItem, DisposalList, Hold, HoldTicket, LedgerLine, Policy, PolicyEffect
from helpdesk.models.request import (
    Rectification,
    Redaction,
    RequestEntry,
    RequestTicket,
    RightsRequest,
    SecurityEvent,
)
from helpdesk.models.requester import RequesterLink, RequesterSession
from helpdesk.models.restore import Restore, RestoreTicket
from helpdesk.models.ticket import Event, Seen, Ticket, TicketPerson
from helpdesk.models.upload import Upload, UploadPiece

__all__ = [
    "CATEGORIES",
    "AccessLog",
    "Account",
    "AccountRole",
    "Address",
    "Alarm",
    "Article",
    "ArticleText",
    "ArticleTicket",
    "ArticleTopic",
    "ArticleVersion",
    "ArticleWord",
    "Attachment",
    "Attempt",
    "Base",
    "BlockedSender",
    "CannedReply",
    "Chat",
    "ChatAdvisor",
    "Content",
    "Counter",
    "DisposalItem",
    "DisposalList",
    "Draft",
    "DraftFile",
    "Entry",
    "Event",
    "Fact",
    "Flag",
    "Heartbeat",
    "Hold",
    "HoldTicket",
    "ImportProblem",
    "ImportProfile",
    "ImportRun",
    "InboundMail",
    "IntakeTotal",
    "KnownName",
    "KnownNameWord",
    "Lease",
    "LedgerLine",
    "MailSeen",
    "Mailbox",
    "Notice",
    "OpeningDay",
    "OpeningSpell",
    "OutgoingMail",
    "OutgoingRecipient",
    "Person",
    "Policy",
    "PolicyEffect",
    "Rectification",
    "Redaction",
    "RequestEntry",
    "RequestTicket",
    "RequesterLink",
    "RequesterSession",
    "Restore",
    "RestoreTicket",
    "RightsRequest",
    "SearchQuery",
    "SearchText",
    "SecurityEvent",
    "Seen",
    "SignInLink",
    "SpentToken",
    "Ticket",
    "TicketPerson",
    "Upload",
    "UploadPiece",
    "WebSession",
]
