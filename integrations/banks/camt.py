"""CAMT.052, 053 and 054 (ISO 20022, any version) → statements, by local names.

The sign of an entry is CdtDbtInd alone: RvslInd says that it gives an earlier one back, whose sign was the opposite.
Pending and informative entries are left out. What an entry says is read by `camt_entries`."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from integrations.banks.camt_entries import Account, EntryReader, day_of
from integrations.banks.text import account, cents, tidy
from integrations.banks.values import MAX_STATEMENTS, BankOptions, Notes, Refused, check_sum, too_many
from integrations.banks.xml_parts import NotPlain, Part, Shapes, checked, plainly
from rules.bank import BankFile, Movement, Statement

KINDS = {"Stmt": ("camt053", "day"), "Rpt": ("camt052", "intraday"), "Ntfctn": ("camt054", "advice")}
MARKS = (*KINDS, "Ntry", "TxDtls")

_NAMES = {b"BkToCstmrStmt": "camt053", b"BkToCstmrAcctRpt": "camt052", b"BkToCstmrDbtCdtNtfctn": "camt054"}
_MESSAGE = re.compile(rb"<(?:[\w.-]+:)?(BkToCstmrStmt|BkToCstmrAcctRpt|BkToCstmrDbtCdtNtfctn)[\s/>]")
_STATEMENT = re.compile(r"<(Stmt|Rpt|Ntfctn)>")
_MARKED = re.compile(rf"<(?:[^\s<>/:\"']+:)?(?:{'|'.join(MARKS)})[\s/>]")
_BALANCE = re.compile(r"<(?:[\w.-]+:)?Bal(?:\s[^<>]*)?>(.*?)</(?:[\w.-]+:)?Bal\s*>", re.DOTALL)


def sniff(data: bytes) -> str | None:
    """ "camt052", "camt053" or "camt054" by the element that begins the message."""
    head = data[:20_000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    if not head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
        return None
    found = _MESSAGE.search(head)
    return _NAMES[found[1]] if found else None


def read(data: bytes, options: BankOptions) -> BankFile:
    """All statements of the file, or `Refused` naming the line."""
    text = checked(data)
    try:
        reader = _statements(text, _Reader(options, Shapes(MARKS)), plain=False)
    except NotPlain:
        reader = _statements(plainly(text), _Reader(options, Shapes()), plain=True)
    if not reader.statements:
        raise Refused("no_statement", line=1)
    return BankFile(reader.format, reader.statements, reader.notes.remarks, reader.entries)


def _statements(text: str, reader: _Reader, *, plain: bool) -> _Reader:
    """Reads statement by statement. Not known to be `plain`: raises `NotPlain` as soon as something is not."""
    at, line = 0, 1
    while found := _STATEMENT.search(text, at):
        line += text.count("\n", at, found.start())
        end = text.find(f"</{found[1]}>", found.end())
        if not plain and (end < 0 or _MARKED.search(text, at, found.start())):
            raise NotPlain
        if end < 0:
            raise Refused("xml_damaged", line=line, value=found[1])
        reader.statement(found[1], text[found.end() : end], line)
        line += text.count("\n", found.start(), end)
        at = end + len(found[1]) + 3
    if not plain and _MARKED.search(text, at):
        raise NotPlain
    return reader


class _Reader:
    """The statements of one message."""

    def __init__(self, options: BankOptions, shapes: Shapes) -> None:
        self.options = options
        self.notes = Notes()
        self.statements: list[Statement] = []
        self.entries = 0
        self.format = ""
        self._shapes = shapes

    def statement(self, name: str, text: str, line: int) -> None:
        """Reads what stands between <Stmt> (or <Rpt>, <Ntfctn>) and its end."""
        if len(self.statements) >= MAX_STATEMENTS:
            raise Refused("too_many_statements", line=line, value=MAX_STATEMENTS)
        self.format, kind = KINDS[name]
        head, *pieces = text.split("<Ntry>")
        entries, around, at = [], [head], line + head.count("\n")
        for piece in pieces:
            body, _, after = piece.partition("</Ntry>")
            entries.append((at, body))
            around.append(after)
            at += piece.count("\n")
        outside = "".join(around)
        facts = self._shapes.part(outside, line)
        balances = _Balances(outside, line, self._shapes)
        owner = _owner(facts)
        number = owner.number or self.options.account
        if not number:
            raise Refused("account_missing", line=line)
        movements = self._movements(entries, owner._replace(number=number), facts, line)
        currency = owner.currency or balances.currency or (movements[0].currency if movements else "")
        currency = currency or self.options.currency
        for one in movements:
            if one.currency != currency:
                raise Refused("currency_mixed", line=one.line, value=one.currency, expected=currency)
        until = facts.get("FrToDt/ToDtTm") or facts.get("FrToDt/ToDt")
        statement = Statement(
            number,
            currency,
            kind,
            facts.get("ElctrncSeqNb") or facts.get("LglSeqNb"),
            facts.get("Id"),
            owner.holder,
            owner.bic,
            balances.opening_cents,
            balances.closing_cents,
            balances.opening_on,
            balances.closing_on or (day_of(until, line, "ToDtTm") if until else None),
            movements,
            line,
        )
        if kind != "day" and statement.gap_cents:
            # An intraday report may hold the latest movements only: its balances control nothing.
            statement = replace(statement, opening_cents=None, opening_on=None)
        check_sum(statement, balances.closing_line or line)
        self.statements.append(statement)

    def _movements(self, entries: list[tuple[int, str]], owner: Account, facts: Part, line: int) -> list[Movement]:
        made_at = facts.get("CreDtTm")
        written_on = day_of(made_at, line, "CreDtTm") if made_at else None
        reader = EntryReader(self._shapes, owner, written_on, self.notes)
        movements: list[Movement] = []
        for at, body in entries:
            movements += reader.movements(body, at)
            if len(movements) > self.options.max_movements:
                raise too_many(at, self.options.max_movements)
        self.entries += len(entries)
        return movements


def _owner(facts: Part) -> Account:
    """The account of a statement: IBAN or other number, currency, holder, BIC."""
    number = facts.get("Acct/Id/IBAN") or facts.get("Acct/Id/Othr/Id")
    # version 1 had its own names for what is not an IBAN
    number = number or facts.get("Acct/Id/BBAN") or facts.get("Acct/Id/PrtryAcct/Id")
    bic = facts.get("Acct/Svcr/FinInstnId/BIC")
    return Account(account(number), facts.get("Acct/Ccy").upper(), tidy(facts.get("Acct/Ownr/Nm")), bic)


class _Balances:
    """Opening and closing booked balances among all a statement gives (available and forward ones say nothing here)."""

    _OPENING = ("OPBD", "PRCD", "ITBD")
    _CLOSING = ("CLBD", "ITBD")

    def __init__(self, text: str, line: int, shapes: Shapes) -> None:
        found: dict[str, list[tuple[int, date | None, int]]] = {}
        self.currency = ""
        at = 0
        for match in _BALANCE.finditer(text):
            line += text.count("\n", at, match.start())
            at = match.start()
            balance = shapes.part(match[1], line)
            code = balance.get("Tp/CdOrPrtry/Cd") or balance.get("Tp/Cd")
            if code not in ("OPBD", "PRCD", "CLBD", "ITBD"):
                continue
            value = cents(balance.get("Amt"), line, "Bal/Amt")
            if balance.get("CdtDbtInd") == "DBIT":
                value = -value
            words = balance.get("Dt/Dt") or balance.get("Dt/DtTm")
            on = day_of(words, line, "Bal/Dt") if words else None
            self.currency = self.currency or balance.currency("Amt")
            found.setdefault(code, []).append((value, on, line))
        opening = next((found[code][0] for code in self._OPENING if code in found), None)
        closing = next((found[code][-1] for code in self._CLOSING if code in found), None)
        if opening is closing:  # one interim balance closes
            opening = None
        self.opening_cents: int | None = opening[0] if opening else None
        self.opening_on: date | None = opening[1] if opening else None
        self.closing_cents: int | None = closing[0] if closing else None
        self.closing_on: date | None = closing[1] if closing else None
        self.closing_line = closing[2] if closing else 0
