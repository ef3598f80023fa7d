"""What a bank file says, in our words: statements of an account and the movements on them.

Readers (`integrations.banks`) make these values, `rules.matching` finds what each movement pays, services store them.
Amounts are signed integer cents of the account's currency: positive is money in.

>>> from datetime import date
>>> rent = Movement(4, date(2026, 3, 2), 12_100, "EUR", name="Dupont SA", structured="123123412345")
>>> Statement("BE68539007547034", opening_cents=50_000, closing_cents=62_100, movements=[rent]).gap_cents
0
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from rules.ledger import Remark


class Movement(NamedTuple):
    """One movement on a bank account: the smallest unit that can be matched (a detail of a batch, not the batch).

    A tuple, not a dataclass: a year's file has tens of thousands of them and they cross a process border."""

    line: int  # physical line, row or XML line in the file, from 1
    booked_on: date
    amount_cents: int  # signed, of the account's currency
    currency: str
    value_on: date | None = None
    uid: str = ""  # the bank's own id of the movement; not to be trusted as unique
    name: str = ""  # of the counterparty
    iban: str = ""  # account of the counterparty without spaces, IBAN or not
    bic: str = ""
    structured: str = ""  # bare: OGM/VCS 12 digits, RF… 5–25 signs, or another structured reference as given
    end_to_end: str = ""  # "NOTPROVIDED" is left out
    text: str = ""  # free text, its parts joined with one space where the bank cut it between words
    invoices: tuple[str, ...] = ()  # numbers named in structured remittance information
    code: str = ""  # the bank's code of the operation, as in the file
    returned: bool = False  # gives an earlier movement back (rejected, returned, reversed)
    return_reason: str = ""  # AC04, MD06, …: ISO 20022 where the file has it, else the bank's own
    mandate: str = ""  # of a direct debit
    batch: str = ""  # id of the booking this movement is a detail of, "" when it stands alone
    foreign_currency: str = ""
    foreign_cents: int = 0


@dataclass(frozen=True, slots=True)
class Statement:
    """Movements of one account over a period. kind: "day" (booked, with balances), "intraday" (052, MT942: before the
    day's statement) or "advice" (054: details of bookings, no balances).

    Readers refuse a statement whose balances are known and do not add up."""

    account: str  # IBAN or number, without spaces
    currency: str = "EUR"
    kind: str = "day"
    number: str = ""  # of the statement, as the bank gives it (with the year where it does)
    uid: str = ""  # the bank's id of the statement or message
    holder: str = ""
    bic: str = ""
    opening_cents: int | None = None
    closing_cents: int | None = None
    opening_on: date | None = None
    closing_on: date | None = None
    movements: list[Movement] = field(default_factory=list)
    line: int = 1  # where it begins in the file

    @property
    def gap_cents(self) -> int | None:
        """Opening + movements − closing; None when a balance is not given."""
        if self.opening_cents is None or self.closing_cents is None:
            return None
        return self.opening_cents + sum(one.amount_cents for one in self.movements) - self.closing_cents


@dataclass(frozen=True, slots=True)
class BankFile:
    """One file, read whole: its format ("coda", "camt053", "mt940", …), its statements and what the reader noticed."""

    format: str
    statements: list[Statement]
    remarks: list[Remark]
    lines_read: int
