"""XAF, the Dutch audit file (auditfiles.nl 3.x, and CLAIR2 before it) → `LedgerSnapshot` of its debtors' lines.

XAF names the relation on every line of an entry (bank and revenue too) and has no flag on the debtors' account. That
account is found by what the file itself says: the sub-ledger of customers, the counter account of sales journals, the
reference code of the chart, its name; never by a prefix. Opening lines come from the opening sub-ledger. Lines about
the same invoice (`invRef`) belong together, as lettered lines of a FEC do."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from integrations.files import Refused
from integrations.ledgers import kinds
from integrations.ledgers.audit_xml import Control, Document, Element, Fields, elements, local
from integrations.ledgers.dates import plain
from integrations.ledgers.pieces import mend_pieces
from integrations.ledgers.values import ReadOptions, Sniffed
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, Remark, ThirdParty

FORMAT = "xaf"

_TAGS = (
    "header", "customerSupplier", "ledgerAccount", "obLine", "obSbLine", "transaction", "journal",
    "sbLine", "transactions",
)  # fmt: skip
_ROLES = {"S": "sales", "B": "bank", "C": "bank", "O": "opening"}
_DEBTORS = re.compile(r"debiteur|debtors?\b|receivable|\bklanten\b|customers|\bclients\b|vorderingen op handels")
_NO_DEBTORS = re.compile(
    r"voorziening|tussenrekening|kruispost|provision|allowance|afschrijv|write|omzet|kosten|korting|rekening.?courant|bad debt"
)
_NOTHING = ("", "0")


def sniff(document: Document) -> Sniffed:
    """That a file is an XAF, which version, and by which program."""
    header = next((Fields(element) for name, element in elements(document, ("header",)) if name == "header"), None)
    said = header.text("softwareDesc", "productID") if header else ""
    return Sniffed(
        FORMAT, "journal", program=" · ".join(filter(None, ("XAF", said))), encoding=document.encoding, certain=True
    )  # fmt: skip


def read(document: Document, options: ReadOptions) -> LedgerSnapshot:
    """Every line counted and checked, those on debtors' accounts kept; `Refused` names line and element."""
    reader = _Reader(options)
    reader.remarks += document.remarks
    for name, element in elements(document, _TAGS):
        reader.take(name, element)
    return reader.snapshot()


class _Line(NamedTuple):
    """One line of an entry, or of the opening sub-ledger, before it is known whether it is a customer's."""

    line: int
    account: str
    relation: str
    journal: str
    role: str
    entry: str
    number: str
    entry_on: date
    document_on: date
    due_on: date | None
    piece: str
    label: str
    debit: int
    credit: int
    letter: str
    foreign_currency: str
    foreign_cents: int


class _Detail(NamedTuple):
    """What the sub-ledger says about a line of an entry."""

    kind: str  # of the sub-ledger and its line: customers' or suppliers'
    piece: str
    document_on: date | None
    due_on: date | None
    letter: str


@dataclass(slots=True)
class _Opening:
    """One account's opening amount, and what its sub-ledger says of it."""

    account: str
    cents: int
    line: int


@dataclass(slots=True)
class _Reader:
    options: ReadOptions
    remarks: list[Remark] = field(default_factory=list)
    currency: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    opens_on: date | None = None
    parties: dict[str, ThirdParty] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of accounts
    balance_sheet: set[str] = field(default_factory=set)
    said_debtors: set[str] = field(default_factory=set)
    counter: set[str] = field(default_factory=set)  # counter accounts of sales journals
    sold_on: Counter[str] = field(default_factory=Counter)  # balance accounts debited in sales journals
    openings: dict[str, _Opening] = field(default_factory=dict)  # by account
    opening_accounts: dict[str, str] = field(default_factory=dict)  # opening line number → account
    opening_lines: list[tuple[str, _Line]] = field(default_factory=list)  # opening line number, line
    lines: list[_Line] = field(default_factory=list)
    details: dict[tuple[str, str, str], _Detail] = field(default_factory=dict)
    collective: set[str] = field(default_factory=set)  # accounts whose lines without a relation were remarked on
    control: Control = field(default_factory=Control)

    def take(self, name: str, element: Element) -> None:
        """One element of the file."""
        fields = Fields(element)
        if name == "header":
            self.currency = fields.text("curCode", "currencyCode").upper()
            self.starts_on = fields.day("startDate")
            ends_on, made_on = fields.day("endDate"), fields.day("dateCreated")
            self.ends_on = min(ends_on, made_on) if ends_on and made_on else ends_on  # a running year is not over
        elif name == "customerSupplier":
            self._relation(fields)
        elif name == "ledgerAccount":
            self._account(fields)
        elif name == "obLine":
            self._opening(fields)
        elif name == "obSbLine":
            self._opening_detail(fields, element)
        elif name == "transaction":
            self._entry(fields, Fields(element.getparent()))
        elif name == "sbLine":
            self._detail(fields, element)
        elif name == "transactions":
            self.control.check(fields, "linesCount", (self.control.lines,), element.sourceline)

    def _relation(self, fields: Fields) -> None:
        code = fields.text("custSupID")
        self.types[code] = fields.text("custSupTp", "type").upper()
        address = fields.inside("streetAddress") or fields.inside("postalAddress") or fields
        limit = fields.cents("custCreditLimit")
        street = " ".join(
            filter(None, (address.text("streetname", "address"), address.text("number"), address.text("numberExtension")))
        )
        self.parties[code] = ThirdParty(
            code,
            fields.text("custSupName", "companyName") or code,
            email=fields.text("eMail", "email"),
            phone=fields.text("telephone"),
            street=street,
            postcode=address.text("postalCode"),
            city=address.text("city"),
            country=address.text("country").upper()[:2],
            vat_number=fields.text("taxRegIdent", "taxRegistrationNr"),
            company_number=fields.text("commerceNr"),
            contact_name=fields.text("contact"),
            credit_limit_cents=limit or None,
        )

    def _account(self, fields: Fields) -> None:
        account, name = fields.text("accID", "accountID"), fields.text("accDesc", "accountDesc")
        self.names[account] = name
        if fields.text("accTp", "accountType").upper() not in ("P", "W"):
            self.balance_sheet.add(account)
            codes = (fields.text("leadReference"), fields.text("leadCrossRef"), _taxonomy(fields))
            spoken = plain(name)
            known = _DEBTORS.search(spoken) or any(code.startswith("BVorDeb") for code in codes)
            if known and not _NO_DEBTORS.search(spoken):
                self.said_debtors.add(account)

    # ---- opening ----------------------------------------------------------------------------------------------

    def _opening(self, fields: Fields) -> None:
        account = fields.text("accID", "accountID")
        debit, credit = _amounts(fields)
        one = self.openings.setdefault(account, _Opening(account, 0, fields.element.sourceline or 0))
        one.cents += debit - credit
        if number := fields.text("nr"):
            self.opening_accounts.setdefault(number, account)
        self._opens(fields)

    def _opens(self, fields: Fields) -> date | None:
        """The day the books open: the first of the period, else what the opening balance says."""
        if self.opens_on is None:
            above = next((one for one in fields.element.iterancestors() if local(one) == "openingBalance"), None)
            said = Fields(above).day("opBalDate") if above is not None else None
            self.opens_on = self.starts_on or said
        return self.opens_on

    def _opening_detail(self, fields: Fields, element: Element) -> None:
        if _side(Fields(element.getparent()).text("sbType"), fields) == "supplier":
            return
        debit, credit = _amounts(fields)
        day = self._opens(fields)
        document_on = fields.day("invDt") or day
        if document_on is None:
            raise fields.refused("date_missing", "invDt", "")
        line = _Line(
            element.sourceline or 0, "", fields.text("custSupID"), "", "opening", "", fields.text("nr"), day or document_on,
            document_on, fields.day("invDueDt"), _reference(fields.text("invRef", "docRef")), fields.text("desc"),
            debit, credit, _group(fields), "", 0,
        )  # fmt: skip
        self.opening_lines.append((fields.text("obLineNr"), line))

    # ---- entries ----------------------------------------------------------------------------------------------

    def _entry(self, fields: Fields, journal: Fields) -> None:
        code = journal.text("jrnID", "journalID")
        kind, name = journal.text("jrnTp"), f"{journal.text('desc', 'description')} {journal.text('type')}"
        role = _ROLES.get(kind.upper(), "") or kinds.journal_role("", name)
        if role == "sales" and (counter := journal.text("offsetAccID")):
            self.counter.add(counter)
        day = fields.day("trDt", "transactionDate")
        entry, described = fields.text("nr", "transactionID"), fields.text("desc", "description")
        balance = 0
        for line in (*fields.each("trLine"), *fields.each("line")):
            debit, credit = _amounts(line)
            balance += debit - credit
            self._line(line, code, role, entry, day, described, debit, credit)
        self.control.close_entry(code, entry, fields.element.sourceline, balance)
        if self.control.lines > self.options.max_rows:
            raise Refused("too_many_lines", line=fields.element.sourceline, value=self.options.max_rows)

    def _line(
        self, fields: Fields, journal: str, role: str, entry: str, day: date | None, described: str, debit: int, credit: int
    ) -> None:
        self.control.lines += 1
        self.control.debit += debit
        self.control.credit += credit
        account = fields.text("accID", "accountID")
        effective_on = fields.day("effDate", "effectiveDate")
        entry_on = day or effective_on
        if entry_on is None:
            raise fields.refused("date_missing", "effDate", "")
        if role == "sales" and debit > 0 and account in self.balance_sheet:
            self.sold_on[account] += 1
        if account not in self.balance_sheet and self.names:
            return
        currency = fields.inside("currency")
        code = currency.text("curCode", "currencyCode").upper() if currency else ""
        foreign = currency.cents("curAmnt", "currencyAmount") if currency and code not in ("", self.currency) else 0
        self.lines.append(
            _Line(
                fields.element.sourceline or 0, account, _reference(fields.text("custSupID")), journal, role, entry,
                fields.text("nr", "recordID"), entry_on, effective_on or entry_on, fields.day("dueDate"),
                _reference(fields.text("invRef")) or _reference(fields.text("docRef", "documentID")),
                fields.text("desc", "description") or described, debit, credit, _group(fields),
                code if foreign else "", abs(foreign) if debit >= credit else -abs(foreign),
            )
        )  # fmt: skip

    def _detail(self, fields: Fields, element: Element) -> None:
        side = _side(Fields(element.getparent()).text("sbType"), fields)
        key = fields.text("jrnID"), fields.text("trNr"), fields.text("trLineNr")
        self.details[key] = _Detail(
            side,
            _reference(fields.text("invRef")),
            fields.day("invDt"),
            fields.day("invDueDt"),
            _group(fields),
        )

    # ---- the whole --------------------------------------------------------------------------------------------

    def _debtors(self) -> set[str]:
        """The accounts customers owe on, by the strongest thing the file says."""
        by_detail = {
            one.account
            for one in self.lines
            if (detail := self.details.get((one.journal, one.entry, one.number))) and detail.kind == "customer"
        }
        by_opening = {self.opening_accounts[number] for number, _ in self.opening_lines if number in self.opening_accounts}
        found = by_detail | by_opening | self.said_debtors | (self.counter & self.balance_sheet or self.counter)
        if not found and self.sold_on:
            found = {self.sold_on.most_common(1)[0][0]}
        return found

    def snapshot(self) -> LedgerSnapshot:
        """The customers' lines, opening lines first."""
        if not self.control.lines and not self.opening_lines:
            raise Refused("file_empty", line=1)
        debtors = self._debtors()
        kept = [self._detailed(one) for one in self.lines if one.account in debtors]
        opened = self._opened(debtors, kept)
        lines = [self._made(one) for one in _grouped([*opened, *kept])]
        if not lines:
            raise Refused("no_customer_lines", value=", ".join(sorted(debtors)[:5]))
        currency = self.currency or self.options.currency
        used = {line.customer for line in lines}
        parties = [
            party
            for code, party in self.parties.items()
            if code in used or (code and self.types.get(code, "")[:1] in ("C", "B"))
        ]
        days = [line.entry_on for line in lines]
        self.remarks += [*self.control.remarks(), *mend_pieces(lines)]
        return LedgerSnapshot(
            "journal",
            FORMAT,
            lines,
            parties,
            self.remarks,
            self.control.lines,
            min([*days, *([self.starts_on] if self.starts_on else [])]),
            max([*days, *([self.ends_on] if self.ends_on else [])]),
            {currency: sum(line.debit_cents - line.credit_cents for line in lines)},
        )

    def _detailed(self, one: _Line) -> _Line:
        detail = self.details.get((one.journal, one.entry, one.number))
        if detail is None:
            return one
        return one._replace(
            piece=detail.piece or one.piece,
            document_on=detail.document_on or one.document_on,
            due_on=detail.due_on or one.due_on,
            letter=detail.letter or one.letter,
        )

    def _opened(self, debtors: set[str], kept: list[_Line]) -> list[_Line]:
        """Opening lines by invoice; what the sub-ledger does not explain of an account is one line of that account.

        Programs that also write the opening as a journal would count it twice: then the journal counts."""
        wanted = {account: one.cents for account, one in self.openings.items() if account in debtors}
        journal = sum(one.debit - one.credit for one in kept if one.role == "opening")
        if journal and journal == sum(wanted.values()):
            return []
        main = max(wanted, key=lambda account: abs(wanted[account]), default=next(iter(sorted(debtors)), ""))
        found = []
        for number, line in self.opening_lines:
            account = self.opening_accounts.get(number, main)
            found.append(line._replace(account=account))
            if account in wanted:
                wanted[account] -= line.debit - line.credit
        day = self.opens_on
        for account, cents in wanted.items():
            if cents and day:
                place = self.openings[account].line
                self.remarks.append(Remark("opening_unexplained", place, None, {"value": account, "difference_cents": cents}))
                found.append(
                    _Line(
                        place, account, "", "", "opening", "", "", day, day, None, "", self.names.get(account, ""),
                        max(cents, 0), max(-cents, 0), "", "", 0,
                    )
                )  # fmt: skip
        return found

    def _made(self, one: _Line) -> LedgerLine:
        customer, name = one.relation, ""
        if customer:
            name = self.parties[customer].name if customer in self.parties else customer
        else:
            customer, name = one.account, kinds.DIVERS
            if customer not in self.collective:
                self.collective.add(customer)
                self.remarks.append(Remark("collective_account", one.line, "custSupID", {"value": customer}))
        kind = kinds.line_kind(one.role, 0, one.debit - one.credit, one.label)
        return LedgerLine(
            one.line, customer, name, one.account, one.journal, one.entry, one.entry_on, one.piece, one.document_on,
            one.due_on if kind in (Kind.INVOICE, Kind.OPENING, Kind.OTHER) and one.debit - one.credit > 0 else None,
            one.label, one.debit, one.credit, one.letter, None, kind, self.currency or self.options.currency,
            one.foreign_currency, one.foreign_cents,
        )  # fmt: skip


def _group(fields: Fields) -> str:
    """What belongs together on an account: the program's own key, else the invoice a line is about."""
    return fields.text("matchKeyID") or _reference(fields.text("invRef"))


def _grouped(lines: list[_Line]) -> list[_Line]:
    """Lines with their group as letter where it joins debits and credits: what is open is what is left of each."""
    sides: dict[tuple[str, str], set[bool]] = {}
    for one in lines:
        if one.letter:
            sides.setdefault((one.relation, one.letter), set()).add(one.debit > one.credit)
    return [one if len(sides.get((one.relation, one.letter), ())) == 2 else one._replace(letter="") for one in lines]


def _taxonomy(fields: Fields) -> str:
    taxonomy = fields.inside("taxonomy")
    entry = taxonomy.inside("entryPoint") if taxonomy else None
    domain = entry.inside("domainMember") if entry else None
    return domain.text("domainMemberRef") if domain else ""


def _side(kind: str, fields: Fields) -> str:
    """ "customer" or "supplier": the sub-ledger's type, and in a mixed one (CS) the line's own."""
    if fields.text("invPurSalTp").upper() == "P" and kind != "CU":
        return "supplier"
    return "supplier" if kind == "SU" else "customer"


def _amounts(fields: Fields) -> tuple[int, int]:
    """Debit and credit of a line: an amount with its side, or the two amounts of older versions."""
    side = fields.text("amntTp").upper()
    if side in ("D", "C"):
        cents = fields.cents("amnt")
        return (cents, 0) if side == "D" else (0, cents)
    if "amnt" in fields.children:
        raise fields.refused("side_unreadable", "amntTp", side)
    return fields.cents("debitAmount"), fields.cents("creditAmount")


def _reference(text: str) -> str:
    return "" if text in _NOTHING else text
