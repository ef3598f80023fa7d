"""FEC (Fichier des écritures comptables, article A47 A-1 LPF) → `LedgerSnapshot`, in every shape seen in the wild.

All or nothing: a line that does not make sense, or a file whose debits and credits differ (a truncated copy), is
refused whole. An entry that does not balance inside a balanced file is only remarked on: programs write such."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from integrations.ledgers import kinds
from integrations.ledgers.dates import parse_date
from integrations.ledgers.fec_columns import Layout, encoding_of, find_layout, require
from integrations.ledgers.fec_entries import Entries, Pending
from integrations.ledgers.fec_rows import Row, text_rows, workbook_rows
from integrations.ledgers.pieces import due_in_label, mend_pieces
from integrations.ledgers.values import ReadOptions, Refused, Sniffed
from integrations.ledgers.workbook import is_workbook
from rules.errors import DomainError
from rules.ledger import Kind, LedgerLine, LedgerSnapshot, Remark, ThirdParty
from rules.money import parse_cents

FORMAT = "fec"

_POINTS = (",", ".")
_ZEROS = frozenset(("", "0", "0,00", "0.00", "0,0", "0.0"))
_NO_DATE = frozenset(("", "0", "00000000", "19000101", "18991230", "1900-01-01", "01/01/1900"))
_COLLECTIVE = re.compile(r"(les |comptes? )?(clients|creances?|crûances?|klanten|handelsdebiteuren|customers)\b|client$")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_DIVERS = "Divers"


def sniff(data: bytes) -> Sniffed | None:
    """That the bytes are a FEC, and how it is written; None when they are not."""
    layout = find_layout(data)
    if layout is None:
        return None
    sheets = (layout.sheet,) if layout.sheet else ()
    encoding = "" if layout.sheet else encoding_of(data)[1]
    return Sniffed(
        FORMAT,
        "journal",
        program="FEC",
        encoding=encoding,
        delimiter=layout.separator,
        sheets=sheets,
        missing=layout.missing,
        first_rows=(layout.header,),
        certain=not layout.missing,
    )


def read(data: bytes, options: ReadOptions) -> LedgerSnapshot:
    """The lines on customer accounts of a FEC; `Refused` names the line and the column of what does not fit."""
    if len(data) > options.max_bytes:
        raise Refused("file_too_large", value=len(data), limit=options.max_bytes)
    layout = find_layout(data)
    if layout is None:
        raise Refused("not_recognised", line=1)
    require(layout)
    reader = _Reader(layout, options)
    if is_workbook(data):
        return reader.read(workbook_rows(data, layout, options))
    unwrapped, encoding = encoding_of(data)
    reader.encoding = encoding
    placed = Layout(layout.at, layout.header, layout.line, layout.separator, encoding)
    snapshot = reader.read(text_rows(unwrapped, placed, reader.sound))
    if not unwrapped.endswith((b"\n", b"\r")):
        reader.refuse_cut_end(unwrapped)
    return snapshot


class _Reader:
    """One reading: what was met so far, and the way from fields to values."""

    def __init__(self, layout: Layout, options: ReadOptions) -> None:
        self.layout, self.options = layout, options
        self.at = layout.at
        self.encoding = ""
        self.signed = "Montant" in layout.at and "Sens" in layout.at and "Debit" not in layout.at
        self.dates: dict[str, date] = {}
        self.undated: dict[str, None] = dict.fromkeys(_NO_DATE)
        self.accounts: dict[str, int] = {}
        self.journals: dict[str, str] = {}  # code → name
        self.roles: dict[tuple[str, str], str] = {}
        self.customers: dict[tuple[str, str], str] = {}
        self.collective: dict[str, Remark] = {}
        self.parties: dict[str, tuple[date, str]] = {}
        self.lines: list[LedgerLine] = []
        self.methods: dict[str, str] = {}
        self.rounded = 0

    def read(self, rows: Iterator[Row]) -> LedgerSnapshot:
        """Every row counted and checked; customer lines kept."""
        entries = Entries(self.build)
        count, number, total, fields = self._scan(rows, entries)
        if not count:
            raise Refused("file_empty", line=self.layout.line)
        entries.close()
        if abs(total) > self.rounded:
            self._refuse_unbalanced(total, number, entries)
        return self._snapshot(count, entries)

    def _scan(self, rows: Iterator[Row], entries: Entries) -> tuple[int, int, int, list[str]]:
        # One long loop on purpose: it runs a million times, each call in it would cost a tenth of the reading.
        at, dates, accounts, undated = self.at, self.dates, self.accounts, self.undated
        journal_at, entry_at, day_at = at["JournalCode"], at["EcritureNum"], at["EcritureDate"]
        account_at, document_at = at["CompteNum"], at["PieceDate"]
        signed, zeros, points = self.signed, _ZEROS, _POINTS
        debit_at, credit_at = (0, 0) if signed else (at["Debit"], at["Credit"])
        count = number = total = 0
        journal = entry = day = None
        numbered = True
        balance = flags = 0
        kept: list[Pending] = []
        fields: list[str] = []
        limit = self.options.max_rows
        for number, fields in rows:
            count += 1
            if fields[entry_at] != entry or fields[journal_at] != journal or (not numbered and fields[day_at] != day):
                if day is not None:
                    entries.flush(str(journal), str(entry), str(day), numbered, number, balance, flags, kept)
                journal, entry, day = fields[journal_at], fields[entry_at], fields[day_at]
                numbered = bool(entry.strip(" 0"))
                if journal not in self.journals:
                    self.journals[journal] = fields[at["JournalLib"]]
                balance = flags = 0
                kept = []
                if count > limit:
                    raise Refused("too_many_lines", line=number, value=limit)
            if fields[day_at] not in dates:
                self._date(fields[day_at], number, "EcritureDate")
            text = fields[document_at]
            if text not in dates and text not in undated:
                self._document_date(text, number)
            if signed:
                debit, credit = self._signed(fields, number)
            else:
                text = fields[debit_at]
                if text in zeros:
                    debit = 0
                elif text[-3:-2] in points and (digits := text[:-3] + text[-2:]).isdecimal():
                    debit = int(digits)
                else:
                    debit = self._amount(text, number, "Debit")
                text = fields[credit_at]
                if text in zeros:
                    credit = 0
                elif text[-3:-2] in points and (digits := text[:-3] + text[-2:]).isdecimal():
                    credit = int(digits)
                else:
                    credit = self._amount(text, number, "Credit")
            account = accounts.get(fields[account_at])
            if account is None:
                account = self._account(fields[account_at], number)
            flags |= account
            balance += debit - credit
            total += debit - credit
            if account & kinds.CUSTOMER:
                kept.append((number, fields, debit, credit))
            if not numbered and not balance:
                entries.flush(str(journal), str(entry), str(day), numbered, number, 0, flags, kept)
                journal = entry = day = None
                kept = []
        if day is not None:
            entries.flush(str(journal), str(entry), str(day), numbered, number, balance, flags, kept)
        return count, number, total, fields

    def build(self, pending: Pending, flags: int) -> None:
        """One customer line, its entry's accounts known."""
        number, fields, debit, credit = pending
        at, dates = self.at, self.dates
        entry_on = dates[fields[at["EcritureDate"]]]
        document_on = dates.get(fields[at["PieceDate"]], entry_on)
        account, auxiliary = fields[at["CompteNum"]], fields[at["CompAuxNum"]]
        customer = self.customers.get((account, auxiliary)) or self._customer(fields, number)
        name = self._name(customer, fields, entry_on)
        label = _clean(fields[at["EcritureLib"]])
        journal = fields[at["JournalCode"]], fields[at["JournalLib"]]
        role = self.roles.get(journal)
        if role is None:
            role = self.roles.setdefault(journal, kinds.journal_role(*journal))
        kind = kinds.line_kind(role, flags, debit - credit, label)
        letter = fields[at["EcritureLet"]].strip()
        foreign, foreign_cents = self._foreign(fields, number, debit - credit)
        self.lines.append(
            LedgerLine(
                number,
                customer,
                name,
                account.strip(),
                journal[0].strip(),
                fields[at["EcritureNum"]].strip(),
                entry_on,
                _clean(fields[at["PieceRef"]]),
                document_on,
                self._due(fields, number, label, document_on) if kind is Kind.INVOICE else None,
                label,
                debit,
                credit,
                letter,
                self._optional_date(fields, "DateLet", number) if letter else None,
                kind,
                self.options.currency,
                foreign,
                foreign_cents,
                self._method(fields),
            )
        )

    def sound(self, fields: list[str]) -> bool:
        """Whether fields make an entry line: dates, account and amounts where the header says."""
        try:
            self._date(fields[self.at["EcritureDate"]], 0, "EcritureDate")
            self._document_date(fields[self.at["PieceDate"]], 0)
            self._account(fields[self.at["CompteNum"]], 0)
            if self.signed:
                self._signed(fields, 0)
            else:
                self._amount(fields[self.at["Debit"]], 0, "Debit")
                self._amount(fields[self.at["Credit"]], 0, "Credit")
        except Refused:
            return False
        return True

    def refuse_cut_end(self, data: bytes) -> None:
        """Refuses a last line without line end that stops inside its last field, the currency of an amount."""
        last = re.split(rb"[\r\n]", data)[-1].decode(self.encoding.replace("utf-8-sig", "utf-8"), "replace")
        fields = last.split(self.layout.separator)
        if self.at.get("Idevise") != len(self.layout.header) - 1 or len(fields) != len(self.layout.header):
            return
        amount, currency = fields[self.at.get("Montantdevise", 0)].strip(), fields[-1].strip()
        if amount.strip("0,. ") and not re.fullmatch(r"[A-Za-z]{3,4}", currency):
            raise Refused("line_cut", line=data.count(b"\n") + 1, column="Idevise", value=currency)

    # ---- from text to values -------------------------------------------------------------------------------------

    def _date(self, text: str, number: int, column: str) -> date:
        try:
            day = parse_date(text)
        except ValueError:
            raise self._refused("date_unreadable", number, column, text) from None
        self.dates[text] = day
        return day

    def _document_date(self, text: str, number: int) -> None:
        if text.strip() in _NO_DATE:
            self.undated[text] = None
        else:
            self._date(text, number, "PieceDate")

    def _optional_date(self, fields: list[str], column: str, number: int) -> date | None:
        index = self.at.get(column)
        text = "" if index is None else fields[index].strip()
        if text in _NO_DATE:
            return None
        return self.dates.get(text) or self._date(text, number, column)

    def _amount(self, text: str, number: int, column: str) -> int:
        text = text.strip()
        digits = text[:-3] + text[-2:]
        if text[-3:-2] in _POINTS and digits.isdecimal():
            return int(digits)
        # No thousands in a FEC: a lone sign is the decimal sign, even before three digits.
        decimal = "," if text.rfind(",") > text.rfind(".") else "."
        try:
            cents = parse_cents(text, decimal)
        except DomainError as error:
            raise self._refused(error.code, number, column, text) from None
        if decimal in text and len(text.rpartition(decimal)[2].rstrip("0")) > 2:
            self.rounded += 1
        return cents

    def _signed(self, fields: list[str], number: int) -> tuple[int, int]:
        cents = self._amount(fields[self.at["Montant"]], number, "Montant")
        side = fields[self.at["Sens"]].strip().upper()
        if side in ("D", "DEBIT", "DÉBIT", "+1", "1", "+"):
            return cents, 0
        if side in ("C", "CREDIT", "CRÉDIT", "-1", "-"):
            return 0, cents
        raise self._refused("side_unreadable", number, "Sens", fields[self.at["Sens"]])

    def _account(self, text: str, number: int) -> int:
        account = text.strip()
        if not account[:1].isdecimal() or not account[:3].isalnum() or not account.isascii():
            raise self._refused("account_unreadable", number, "CompteNum", text)
        flags = kinds.account_flags(account)
        if account.startswith(self.options.customer_accounts):
            flags |= kinds.CUSTOMER
        self.accounts[text] = flags
        return flags

    def _customer(self, fields: list[str], number: int) -> str:
        raw = fields[self.at["CompteNum"]], fields[self.at["CompAuxNum"]]
        account, auxiliary = raw[0].strip(), _clean(raw[1])
        customer = self.customers[raw] = auxiliary or account
        if not auxiliary and _is_collective(account, fields[self.at["CompteLib"]], self.options.customer_accounts):
            self.collective[customer] = Remark("collective_account", number, "CompAuxNum", {"value": account})
        return customer

    def _name(self, customer: str, fields: list[str], entry_on: date) -> str:
        if customer in self.collective:
            name = _DIVERS
        elif fields[self.at["CompAuxNum"]].strip():
            name = _clean(fields[self.at["CompAuxLib"]]) or customer
        else:
            name = _clean(fields[self.at["CompteLib"]]) or customer
        known = self.parties.get(customer)
        if known is None or entry_on >= known[0]:
            self.parties[customer] = entry_on, name
        return name

    def _due(self, fields: list[str], number: int, label: str, document_on: date) -> date | None:
        return self._optional_date(fields, "DateEcheance", number) or due_in_label(label, document_on)

    def _method(self, fields: list[str]) -> str:
        index = self.at.get("ModeRglt")
        if index is None:
            return ""
        text = fields[index]
        if text not in self.methods:
            self.methods[text] = kinds.payment_method(text)
        return self.methods[text]

    def _foreign(self, fields: list[str], number: int, amount_cents: int) -> tuple[str, int]:
        """Currency and signed cents of the amount abroad: the sign is that of debit − credit, whatever the program."""
        currency_at, amount_at = self.at.get("Idevise"), self.at.get("Montantdevise")
        if currency_at is None or amount_at is None:
            return "", 0
        currency = fields[currency_at].strip().upper()
        if not currency or currency in (self.options.currency, "EURO", "€"):
            return "", 0
        cents = abs(self._amount(fields[amount_at], number, "Montantdevise"))
        return currency, -cents if amount_cents < 0 else cents

    def _refused(self, code: str, number: int, column: str, value: object) -> Refused:
        return Refused(code, line=number, column=self.layout.header[self.at[column]].strip(), value=value)

    # ---- the whole ---------------------------------------------------------------------------------------------

    def _refuse_unbalanced(self, total: int, number: int, entries: Entries) -> None:
        """A file whose debits and credits differ was cut or altered; names the entry when only one can be it."""
        guilty = [entry for entry in entries.unbalanced if entry.balance == total]
        line = guilty[0].line if len(guilty) == 1 else number
        raise Refused(
            "file_unbalanced", line=line, column=self.layout.header[-1 if self.signed else self.at["Debit"]], value=total
        )

    def _period(self, entries: Entries) -> tuple[date, date]:
        """First and last day the file covers. Opening lines that keep the dates of older invoices do not count."""
        opening: set[date] = set()
        ordinary: set[date] = set()
        for journal, texts in entries.days.items():
            role = kinds.journal_role(journal, self.journals.get(journal, ""))
            (opening if role == "opening" else ordinary).update(self.dates[text] for text in texts)
        if not ordinary:
            return min(opening), max(opening)
        first = min(ordinary)
        return max((day for day in opening if day <= first), default=first), max(ordinary | opening)

    def _snapshot(self, count: int, entries: Entries) -> LedgerSnapshot:
        lines = self.lines
        if entries.late:
            lines.sort(key=lambda line: line.line)
        first, last = self._period(entries)
        for index in entries.openings(lines, first):
            lines[index] = lines[index]._replace(kind=Kind.OPENING)
        remarks = [*self.collective.values(), *entries.remarks(), *mend_pieces(lines)]
        balance: dict[str, int] = {}
        if lines:
            balance[self.options.currency] = sum(line.debit_cents - line.credit_cents for line in lines)
        parties = [ThirdParty(customer, name) for customer, (_, name) in self.parties.items()]
        return LedgerSnapshot("journal", FORMAT, lines, parties, remarks, count, first, last, balance)


def _is_collective(account: str, label: str, prefixes: tuple[str, ...]) -> bool:
    """Whether an account without auxiliary stands for many customers: 411, 411000, or all digits and named "Clients"."""
    stem = account.rstrip("0")
    if not account.isdecimal():
        return False
    return len(stem) <= 3 or stem in prefixes or bool(_COLLECTIVE.match(kinds.plain(label).strip()))


def _clean(text: str) -> str:
    """Trimmed, single spaces, no control characters."""
    if not text.isprintable():
        text = _UNPRINTABLE.sub(" ", text)
    return " ".join(text.split())
