"""SAF-T Financial (OECD 2: Norway, Luxembourg's FAIA, Romania and others) → `LedgerSnapshot` of customers' lines.

A line is a customer's when it names the customer and stands on an account of the customers' master data (where that
data names none: on the accounts that only ever appear with a customer). Balances before the period come as one opening
line per customer; the closing balances the file states are checked against its lines."""

from __future__ import annotations

import re
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from integrations.files import Refused
from integrations.ledgers import kinds
from integrations.ledgers.audit_xml import SHOWN, Control, Document, Element, Fields, elements, local
from integrations.ledgers.dates import plain
from integrations.ledgers.pieces import mend_pieces
from integrations.ledgers.values import ReadOptions, Sniffed
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, Remark, ThirdParty
from rules.terms import Mode

FORMAT = "saft"

_TAGS = ("Header", "Account", "Customer", "Transaction", "GeneralLedgerEntries")
_LINES = ("Line", "TransactionLine", "DebitLine", "CreditLine")
_BANK = re.compile(r"\bbank|\bkasse|kontanter|\bcash|innskudd|\bgiro|banque|caisse|\bkonto i|numerar|\bkas\b")
_SALES = re.compile(r"salg|sales|revenue|turnover|vente|inntekt|omzet|venituri|chiffre d'affaires|produits")
_NOBODY = ("", "0", "00")
_SAME_CLASSES = ("LU", "RO", "FR", "BE")  # 5 money, 7 revenue


def sniff(document: Document) -> Sniffed:
    """That a file is a SAF-T, of which country and by which program."""
    header = next((Fields(element) for _, element in elements(document, ("Header",))), None)
    country = header.text("AuditFileCountry") if header else ""
    said = header.text("SoftwareCompanyName", "SoftwareID", "ProductID") if header else ""
    name = f"SAF-T {country}".strip()
    return Sniffed(FORMAT, "journal", program=" · ".join(filter(None, (name, said))), encoding=document.encoding, certain=True)


def read(document: Document, options: ReadOptions) -> LedgerSnapshot:
    """Every line counted and checked, customers' lines kept; `Refused` names line and element."""
    reader = _Reader(options)
    reader.remarks += document.remarks
    for name, element in elements(document, _TAGS):
        reader.take(name, element)
    return reader.snapshot()


class _Line(NamedTuple):
    """One line that names a customer."""

    line: int
    account: str
    customer: str
    journal: str
    entry: str
    entry_on: date
    document_on: date
    due_on: date | None
    piece: str
    label: str
    debit: int
    credit: int
    flags: int  # of the entry
    currency: str
    foreign_cents: int


@dataclass(frozen=True, slots=True)
class _Balance:
    """What the master data says a customer owed before and after."""

    opening: int
    closing: int | None
    account: str
    line: int


@dataclass(slots=True)
class _Reader:
    options: ReadOptions
    remarks: list[Remark] = field(default_factory=list)
    currency: str = ""
    classes: bool = False  # accounts are numbered by classes as in France
    starts_on: date | None = None
    ends_on: date | None = None
    flags: dict[str, int] = field(default_factory=dict)  # of accounts
    parties: dict[str, ThirdParty] = field(default_factory=dict)
    balances: dict[str, list[_Balance]] = field(default_factory=dict)
    receivable: set[str] = field(default_factory=set)
    alone: Counter[str] = field(default_factory=Counter)  # lines of an account without a customer
    lines: list[_Line] = field(default_factory=list)
    last_on: date | None = None
    control: Control = field(default_factory=Control)

    def take(self, name: str, element: Element) -> None:
        """One element of the file."""
        fields = Fields(element)
        if name == "Header":
            self._header(fields)
        elif name == "Account":
            self._account(fields)
        elif name == "Customer":
            self._customer(fields)
        elif name == "Transaction":
            self._entry(fields, Fields(element.getparent()))
        elif name == "GeneralLedgerEntries":
            control = self.control
            self.control.check(fields, "NumberOfEntries", (control.transactions, control.lines), element.sourceline)

    def _header(self, fields: Fields) -> None:
        self.currency = fields.text("DefaultCurrencyCode", "CurrencyCode").upper()
        self.classes = fields.text("AuditFileCountry").upper()[:2] in _SAME_CLASSES
        chosen = fields.inside("SelectionCriteria") or fields
        self.starts_on = chosen.day("SelectionStartDate", "StartDate") or _month(chosen, "PeriodStart", last=False)
        ends_on = chosen.day("SelectionEndDate", "EndDate") or _month(chosen, "PeriodEnd", last=True)
        made_on = fields.day("AuditFileDateCreated", "DateCreated")
        self.ends_on = min(ends_on, made_on) if ends_on and made_on else ends_on  # a running year is not over

    def _account(self, fields: Fields) -> None:
        """What an account says about its entries: the standard chart of Norway, else its name and the usual classes."""
        account, standard = fields.text("AccountID"), fields.text("StandardAccountID", "GroupingCode")
        name = plain(fields.text("AccountDescription"))
        if standard[:2] == "19" or _BANK.search(name):
            self.flags[account] = kinds.BANK
        elif standard[:1] == "3" or fields.text("AccountType").lower() in ("sale", "sales", "revenue") or _SALES.search(name):
            self.flags[account] = kinds.SALES

    def _customer(self, fields: Fields) -> None:
        code = fields.text("CustomerID")
        if code in _NOBODY:
            return
        accounts = list(fields.each("BalanceAccount")) or [fields]
        for one in accounts:
            account = one.text("AccountID")
            if account:
                self.receivable.add(account)
            self.balances.setdefault(code, []).append(_balance(one, account))
        self.parties[code] = _party(code, fields)

    def _entry(self, fields: Fields, journal: Fields) -> None:
        found = [Fields(line) for line in _lines(fields.element)]
        day = fields.day("TransactionDate", "GLPostingDate")
        posted_on = fields.day("GLPostingDate") or day
        code, entry = journal.text("JournalID"), fields.text("TransactionID")
        customer = fields.text("CustomerID")  # of the whole entry, in older versions
        flags = 0
        for line in found:
            flags |= self._flags(line.text("AccountID"))
        if not flags and any("TaxInformation" in line.children for line in found):
            flags = kinds.SALES
        described, balance = fields.text("Description"), 0
        for line in found:
            balance += self._line(line, (code, entry, described, customer, flags), day, posted_on)
        self.control.close_entry(code, entry, fields.element.sourceline, balance)
        if self.control.lines > self.options.max_rows:
            raise Refused("too_many_lines", line=fields.element.sourceline, value=self.options.max_rows)

    def _line(self, fields: Fields, entry: tuple[str, str, str, str, int], day: date | None, posted_on: date | None) -> int:
        debit, credit = fields.cents("DebitAmount"), fields.cents("CreditAmount")
        self.control.lines += 1
        self.control.debit += debit
        self.control.credit += credit
        journal, number, described, of_entry, flags = entry
        account = fields.text("AccountID")
        customer = fields.text("CustomerID")
        if customer in _NOBODY:
            customer = of_entry if account in self.receivable else ""
        entry_on = posted_on or fields.day("ValueDate", "SystemEntryDate")
        if entry_on is None:
            raise fields.refused("date_missing", "TransactionDate", "")
        self.last_on = max(self.last_on or entry_on, entry_on)
        if customer in _NOBODY:
            self.alone[account] += 1
            return debit - credit
        amount = fields.inside("DebitAmount") or fields.inside("CreditAmount")
        currency = amount.text("CurrencyCode").upper() if amount else ""
        foreign = amount.cents("CurrencyAmount") if amount and currency not in ("", self.currency) else 0
        self.lines.append(
            _Line(
                fields.element.sourceline or 0, account, customer, journal, number, entry_on,
                fields.day("ValueDate") or day or entry_on, fields.day("DueDate", "PaymentDueDate"),
                fields.text("ReferenceNumber", "SourceDocumentID"), fields.text("Description") or described, debit, credit,
                flags, currency if foreign else "", abs(foreign) if debit >= credit else -abs(foreign),
            )
        )  # fmt: skip
        return debit - credit

    def _flags(self, account: str) -> int:
        return self.flags.get(account, 0) or (kinds.account_flags(account) if self.classes else 0)

    # ---- the whole --------------------------------------------------------------------------------------------

    def snapshot(self) -> LedgerSnapshot:
        """Opening lines, then the lines of the entries; closing balances that differ are remarked on."""
        accounts = self.receivable or {one.account for one in self.lines if one.account not in self.alone}
        kept = [one for one in self.lines if one.account in accounts]
        if not self.control.lines and not any(one.opening for some in self.balances.values() for one in some):
            raise Refused("file_empty", line=1)
        first = min([*([self.starts_on] if self.starts_on else []), *(one.entry_on for one in kept)], default=self.last_on)
        assert first is not None
        lines = [*self._openings(first), *(self._made(one) for one in kept)]
        if not lines:
            raise Refused("no_customer_lines", value=", ".join(sorted(accounts)[:5]))
        self._check_closing(lines)
        currency = self.currency or self.options.currency
        self.remarks += [*self.control.remarks(), *mend_pieces(lines)]
        ends = [one for one in (self.ends_on, self.last_on) if one]
        return LedgerSnapshot(
            "journal",
            FORMAT,
            lines,
            [*self.parties.values()],
            self.remarks,
            self.control.lines,
            first,
            max([*ends, first]),
            {currency: sum(line.debit_cents - line.credit_cents for line in lines)},
        )

    def _openings(self, day: date) -> list[LedgerLine]:
        return [
            LedgerLine(
                one.line, code, self.parties[code].name, one.account, "", "", day, "", day, None, "",
                max(one.opening, 0), max(-one.opening, 0), "", None, Kind.OPENING, self.currency or self.options.currency,
            )
            for code, some in self.balances.items()
            for one in some
            if one.opening
        ]  # fmt: skip

    def _made(self, one: _Line) -> LedgerLine:
        cents = one.debit - one.credit
        kind = kinds.line_kind(kinds.journal_role("", one.journal), one.flags, cents, one.label)
        party = self.parties.get(one.customer)
        return LedgerLine(
            one.line, one.customer, party.name if party else one.customer, one.account, one.journal, one.entry, one.entry_on,
            one.piece, one.document_on, one.due_on if cents > 0 else None, one.label, one.debit, one.credit, "", None, kind,
            self.currency or self.options.currency, one.currency, one.foreign_cents,
        )  # fmt: skip

    def _check_closing(self, lines: list[LedgerLine]) -> None:
        """The closing balance a customer's master data states is what opening and entries sum to."""
        sums: Counter[str] = Counter()
        for line in lines:
            sums[line.customer] += line.debit_cents - line.credit_cents
        wrong = []
        for code, some in self.balances.items():
            stated = [one.closing for one in some if one.closing is not None]
            if len(stated) == len(some) and sum(stated) != sums[code]:
                wrong.append((code, some[0].line, sums[code] - sum(stated)))
        for code, place, difference in wrong[:SHOWN]:
            self.remarks.append(Remark("closing_differs", place, "CustomerID", {"value": code, "difference_cents": difference}))
        if len(wrong) > SHOWN:
            self.remarks.append(Remark("closing_differs_more", params={"count": len(wrong) - SHOWN}))


def _lines(element: Element) -> Iterator[Element]:
    """The lines of an entry: its children, or one level further down in older versions."""
    for child in element:
        if local(child) in _LINES:
            yield child
        elif local(child) == "Lines":
            yield from (one for one in child if local(one) in _LINES)


def _month(fields: Fields, name: str, *, last: bool) -> date | None:
    """The first or last day of a period given as month and year ("04", "2017")."""
    month, year = fields.text(name), fields.text(f"{name}Year")
    if not (month.isdecimal() and year.isdecimal() and 1 <= int(month) <= 12 and 1900 <= int(year) <= 2100):
        return None
    return date(int(year), int(month), monthrange(int(year), int(month))[1] if last else 1)


def _balance(fields: Fields, account: str) -> _Balance:
    stated = "ClosingDebitBalance" in fields.children or "ClosingCreditBalance" in fields.children
    return _Balance(
        fields.cents("OpeningDebitBalance") - fields.cents("OpeningCreditBalance"),
        fields.cents("ClosingDebitBalance") - fields.cents("ClosingCreditBalance") if stated else None,
        account,
        fields.element.sourceline or 0,
    )


def _party(code: str, fields: Fields) -> ThirdParty:
    """The master data of a customer; the street address counts before others."""
    where = list(fields.each("Address")) + list(fields.each("BillingAddress"))
    address = next((one for one in where if one.text("AddressType") in ("", "StreetAddress", "BillingAddress")), None)
    address = address or (where[0] if where else fields)
    contact = fields.inside("Contact") or fields
    person = contact.inside("ContactPerson")
    info = fields.inside("PartyInfo")
    terms = info.inside("PaymentTerms") if info else None
    days = terms.text("Days") if terms else ""
    tax = fields.inside("TaxRegistration")
    month_end = bool(terms and terms.text("FreeBillingMonth").lower() in ("true", "1"))
    known = days.isdecimal() and int(days) <= 365
    return ThirdParty(
        code,
        fields.text("Name", "CompanyName") or code,
        email=contact.text("Email"),
        phone=contact.text("Telephone", "MobilePhone"),
        street=" ".join(filter(None, (address.text("StreetName", "AddressDetail"), address.text("Number")))),
        postcode=address.text("PostalCode"),
        city=address.text("City"),
        country=address.text("Country").upper()[:2],
        vat_number=tax.text("TaxRegistrationNumber") if tax else fields.text("CustomerTaxID"),
        company_number=fields.text("RegistrationNumber"),
        contact_name=" ".join(filter(None, (person.text("FirstName"), person.text("LastName")))) if person else "",
        terms_days=int(days) if known else None,
        terms_mode=(Mode.MONTH_END_DAYS.value if month_end else Mode.NET.value) if known else "",
    )
