"""Nouns of Encours and every SQL statement. Importing this package knows all tables."""

from models.actions import Action, ActionItem, WorklistEntry
from models.alerts import AlertMark
from models.audit import AuditEntry
from models.bank import BankAccount, BankMatch, BankMovement, BankStatement, PayerAccount, PayerName
from models.base import Base
from models.claims import Claim
from models.commitments import Dispute, DisputeComment, DisputeDocument, DisputeReason, Hold, Promise
from models.company import Company, Profile, SalesRep
from models.customers import Contact, Customer, Note
from models.documents import Document, EInvoice
from models.inbound import InboundMessage
from models.items import Allocation, Item
from models.jobs import Job
from models.legal import LegalTerms
from models.messages import Message, Outbox
from models.pausing import JournalMark, Pause
from models.plans import Plan, PlanInstalment, PlanItem
from models.rates import RateRow
from models.recovery import Handover, Insolvency
from models.scenarios import MessageTemplate, Scenario, ScenarioRule, Step
from models.sources import Source, SourceFile
from models.syncs import ColumnMapping, Sync
from models.users import LoginAttempt, Membership, User, UserSession

__all__ = [
    "Action",
    "ActionItem",
    "AlertMark",
    "Allocation",
    "AuditEntry",
    "BankAccount",
    "BankMatch",
    "BankMovement",
    "BankStatement",
    "Base",
    "Claim",
    "ColumnMapping",
    "Company",
    "Contact",
    "Customer",
    "Dispute",
    "DisputeComment",
    "DisputeDocument",
    "DisputeReason",
    "Document",
    "EInvoice",
    "Handover",
    "Hold",
    "Insolvency",
    "InboundMessage",
    "Item",
    "Job",
    "JournalMark",
    "LegalTerms",
    "LoginAttempt",
    "Membership",
    "Message",
    "MessageTemplate",
    "Note",
    "Outbox",
    "PayerAccount",
    "PayerName",
    "Pause",
    "Plan",
    "PlanInstalment",
    "PlanItem",
    "Profile",
    "Promise",
    "RateRow",
    "SalesRep",
    "Scenario",
    "ScenarioRule",
    "Source",
    "SourceFile",
    "Step",
    "Sync",
    "User",
    "UserSession",
    "WorklistEntry",
]
