"""What a ledger says, in our words: lines on customer accounts and the third parties behind them.

Readers (`integrations.ledgers`) make these values, the rules settle them, services store them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a line on a customer account is, as far as its journal and counterpart tell."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REJECTED = "rejected"  # a payment that came back: debit from a bank journal
    OPENING = "opening"
    OTHER = "other"


class LedgerLine(NamedTuple):
    """One line on a customer account, as the ledger gives it; amounts in cents of `currency`.

    A tuple, not a dataclass: a ledger has hundreds of thousands of them and they cross a process border."""

    line: int  # physical line (or row) in the file, from 1
    customer: str  # key of the customer: auxiliary account, else the individual account
    name: str
    account: str
    journal: str
    entry: str  # entry number, "" or "0" when the program gives none
    entry_on: date
    piece: str  # what the customer knows: the invoice number
    document_on: date
    due_on: date | None  # only when the file says so
    label: str
    debit_cents: int  # as in the file, may be negative
    credit_cents: int
    letter: str
    lettered_on: date | None
    kind: Kind
    currency: str = "EUR"  # of debit and credit
    foreign_currency: str = ""
    foreign_cents: int = 0
    method: str = ""  # transfer, direct_debit, cheque, bill, card, cash: only when the file says so
    open_cents: int | None = None  # open-item lists only: signed, what is still unpaid

    @property
    def amount_cents(self) -> int:
        """Signed: what the customer owes more (+) or less (-) because of this line."""
        return self.debit_cents - self.credit_cents


@dataclass(frozen=True, slots=True)
class ThirdParty:
    """What a file says about a customer besides its lines; empty means the file does not say."""

    customer: str
    name: str = ""
    email: str = ""
    phone: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""
    language: str = ""
    vat_number: str = ""
    company_number: str = ""
    contact_name: str = ""
    profile: str = ""
    sales_rep: str = ""
    method: str = ""
    terms_days: int | None = None
    terms_mode: str = ""
    credit_limit_cents: int | None = None
    legal_type: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something the reader noticed: where (line and column, when known), which kind, with what."""

    code: str
    line: int | None = None
    column: str | None = None
    params: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerSnapshot:
    """One file, read whole: what it is, what it covers and every line on customer accounts.

    kind "journal": complete for the days starts_on..ends_on (both included). kind "open_items": complete
    picture of what is open on ends_on. kind "third_parties": no lines, only third parties."""

    kind: str
    format: str
    lines: list[LedgerLine]
    third_parties: list[ThirdParty]
    remarks: list[Remark]
    lines_read: int
    starts_on: date | None = None
    ends_on: date | None = None
    balance_cents: dict[str, int] = field(default_factory=dict)  # by currency: Σ(debit − credit), summed while reading
