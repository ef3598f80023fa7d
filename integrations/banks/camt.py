"""CAMT.052, 053 and 054 (ISO 20022, any version) → statements, by local names.

Entries are read one by one and dropped, so that a year's file needs little memory. The sign is CdtDbtInd alone: RvslInd
says that the entry gives an earlier one back, whose sign was the opposite. Pending and informative entries are left out."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import Any

from lxml import etree

from integrations.banks.camt_entries import Account, EntryReader, Names, day_of, find, text_of
from integrations.banks.text import account, cents, tidy
from integrations.banks.values import MAX_STATEMENTS, BankOptions, Notes, Refused, check_sum, too_many
from rules.bank import BankFile, Movement, Statement

KINDS = {"Stmt": ("camt053", "day"), "Rpt": ("camt052", "intraday"), "Ntfctn": ("camt054", "advice")}
_ROOT = re.compile(rb"<(?:[\w.-]+:)?(BkToCstmrStmt|BkToCstmrAcctRpt|BkToCstmrDbtCdtNtfctn)[\s/>]")
_NAMES = {b"BkToCstmrStmt": "camt053", b"BkToCstmrAcctRpt": "camt052", b"BkToCstmrDbtCdtNtfctn": "camt054"}


def sniff(data: bytes) -> str | None:
    """ "camt052", "camt053" or "camt054" by the element that begins the message."""
    head = data[:20_000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = _utf8(data)[:20_000]
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return None
    found = _ROOT.search(head)
    return _NAMES[found[1]] if found else None


def read(data: bytes, options: BankOptions) -> BankFile:
    """All statements of the file, or `Refused` naming the line."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        data = _utf8(data)
    reader = _Reader(options)
    try:
        reader.run(data)
    except etree.XMLSyntaxError as error:
        line = error.lineno or 1
        raise Refused("xml_damaged", line=line, value=str(error.msg or "")[:120]) from None
    if not reader.statements:
        raise Refused("no_statement", line=1)
    return BankFile(sniff(data) or reader.format, reader.statements, reader.notes.remarks, reader.entries)


class _Reader:
    """One pass over the file."""

    def __init__(self, options: BankOptions) -> None:
        self.options = options
        self.notes = Notes()
        self.statements: list[Statement] = []
        self.entries = 0
        self.format = ""
        self._movements: list[Movement] = []
        self._entry: EntryReader | None = None
        self._names = Names()

    def run(self, data: bytes) -> None:
        """Reads every statement; entries as they end."""
        if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
            at = min(found for found in (data.find(b"<!DOCTYPE"), data.find(b"<!ENTITY")) if found >= 0)
            raise Refused("xml_doctype", line=data.count(b"\n", 0, at) + 1)
        events = etree.iterparse(
            io.BytesIO(data),
            events=("start", "end"),
            tag=("{*}Ntry", *(f"{{*}}{name}" for name in KINDS)),
            resolve_entities=False,
            no_network=True,
            huge_tree=False,
            load_dtd=False,
            remove_comments=True,
            remove_pis=True,
        )
        for event, element in events:
            name = self._names[element.tag]
            if name == "Ntry":
                if event == "end":
                    self._add(element)
            elif event == "start":
                self._begin(element)
            else:
                self._finish(element, name)
        if events.root is not None and events.root.getroottree().docinfo.doctype:
            raise Refused("xml_doctype", line=1)

    def _begin(self, element: Any) -> None:
        if element.getroottree().docinfo.doctype:
            raise Refused("xml_doctype", line=1)
        self._movements, self._entry = [], None

    def _add(self, element: Any) -> None:
        parent = element.getparent()
        if parent is None or self._names[parent.tag] not in KINDS:
            return
        if self._entry is None:
            self._entry = EntryReader(self._names, self._account(parent), self._written_on(parent), self.notes)
        self.entries += 1
        self._movements += self._entry.movements(element)
        if len(self._movements) > self.options.max_movements:
            raise too_many(element.sourceline or 1, self.options.max_movements)
        element.clear()

    def _account(self, statement: Any) -> Account:
        """The account of a statement: IBAN or other number, currency, holder, BIC."""
        names = self._names
        found = find(names, statement, "Acct")
        if found is None:
            return Account("", "", "", "")
        number = text_of(names, found, "Id", "IBAN") or text_of(names, found, "Id", "Othr", "Id")
        # version 1 had its own names for what is not an IBAN
        number = number or text_of(names, found, "Id", "BBAN") or text_of(names, found, "Id", "PrtryAcct", "Id")
        bic = text_of(names, found, "Svcr", "FinInstnId", "BICFI") or text_of(names, found, "Svcr", "FinInstnId", "BIC")
        holder = tidy(text_of(names, found, "Ownr", "Nm"))
        return Account(account(number), text_of(names, found, "Ccy"), holder, bic)

    def _written_on(self, statement: Any) -> date | None:
        """The day the message was made."""
        words = text_of(self._names, statement, "CreDtTm")
        return day_of(words, statement.sourceline or 1, "CreDtTm") if words else None

    def _finish(self, element: Any, name: str) -> None:
        names = self._names
        if len(self.statements) >= MAX_STATEMENTS:
            raise Refused("too_many_statements", line=element.sourceline or 1, value=MAX_STATEMENTS)
        self.format, kind = KINDS[name]
        owner = self._account(element)
        if not owner.number and not self.options.account:
            raise Refused("account_missing", line=element.sourceline or 1)
        balances = _Balances(names, element)
        currency = owner.currency or balances.currency or (self._movements[0].currency if self._movements else "")
        currency = currency or self.options.currency
        for one in self._movements:
            if one.currency != currency:
                raise Refused("currency_mixed", line=one.line, value=one.currency, expected=currency)
        statement = Statement(
            owner.number or self.options.account,
            currency,
            kind,
            text_of(names, element, "ElctrncSeqNb") or text_of(names, element, "LglSeqNb"),
            text_of(names, element, "Id"),
            owner.holder,
            owner.bic,
            balances.opening_cents,
            balances.closing_cents,
            balances.opening_on,
            balances.closing_on or self._until(element),
            self._movements,
            element.sourceline or 1,
        )
        if kind != "day" and statement.gap_cents:
            # An intraday report may hold the latest movements only: its balances control nothing.
            statement = replace(statement, opening_cents=None, opening_on=None)
        check_sum(statement, balances.closing_line or statement.line)
        self.statements.append(statement)
        self._movements, self._entry = [], None
        element.clear()

    def _until(self, statement: Any) -> date | None:
        """The end of the period, when there is no closing balance."""
        words = text_of(self._names, statement, "FrToDt", "ToDtTm") or text_of(self._names, statement, "FrToDt", "ToDt")
        return day_of(words, statement.sourceline or 1, "ToDtTm") if words else None


class _Balances:
    """Opening and closing booked balances among all a statement gives (available and forward ones say nothing here)."""

    _OPENING = ("OPBD", "PRCD", "ITBD")
    _CLOSING = ("CLBD", "ITBD")

    def __init__(self, names: Names, statement: Any) -> None:
        found: dict[str, list[tuple[int, date | None, int]]] = {}
        self.currency = ""
        for balance in statement:
            if names[balance.tag] != "Bal":
                continue
            code = text_of(names, balance, "Tp", "CdOrPrtry", "Cd") or text_of(names, balance, "Tp", "Cd")
            amount = find(names, balance, "Amt")
            if amount is None or code not in ("OPBD", "PRCD", "CLBD", "ITBD"):
                continue
            line = balance.sourceline or 1
            value = cents(amount.text or "", line, "Bal/Amt")
            if text_of(names, balance, "CdtDbtInd") == "DBIT":
                value = -value
            words = text_of(names, balance, "Dt", "Dt") or text_of(names, balance, "Dt", "DtTm")
            on = day_of(words, line, "Bal/Dt") if words else None
            self.currency = self.currency or amount.get("Ccy", "")
            found.setdefault(code, []).append((value, on, line))
        opening = next((found[code][0] for code in self._OPENING if code in found), None)
        closing = next((found[code][-1] for code in self._CLOSING if code in found), None)
        if opening is closing:  # one interim balance closes
            opening = None
        self.opening_cents, self.opening_on, _ = opening or (None, None, 0)
        self.closing_cents, self.closing_on, self.closing_line = closing or (None, None, 0)


def _utf8(data: bytes) -> bytes:
    """UTF-16 as UTF-8, without the declaration that says otherwise."""
    try:
        words = data.decode("utf-16")
    except UnicodeError:
        raise Refused("damaged_text", line=1, value="UTF-16") from None
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", words, count=1).encode()
