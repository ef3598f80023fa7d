"""OFX and QFX: 1.x (SGML, tags left open) and 2.x (XML) alike → statements.

Read as tags and values, not by an XML parser: half of the real files would not pass one. Nothing is expanded or fetched.
LEDGERBAL gives the closing balance; no bank gives an opening one. FITID is kept and never trusted."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from datetime import date

from integrations.banks import references
from integrations.banks.text import account, cents, decoded, gives_back, iban_of_rib, reference, tidy
from integrations.banks.values import (
    MAX_ACCOUNT,
    MAX_NAME,
    MAX_REFERENCE,
    MAX_STATEMENTS,
    MAX_TEXT,
    BankOptions,
    Notes,
    Refused,
    too_many,
)
from rules.bank import BankFile, Movement, Statement

_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9_.]*)[ \t]*(/?)>([^<]*)")
_STARTS = re.compile(rb"<OFX[ \t]*>", re.IGNORECASE)
_HEADER = re.compile(rb"\s*(?:OFXHEADER|<\?OFX|<\?xml|<OFX)", re.IGNORECASE)
_DAY = re.compile(r"([12][0-9]{3})([01][0-9])([0-3][0-9])(?:[0-9.:]|\[|$)", re.ASCII)
_AMOUNT = re.compile(r"([+-]?)([0-9]{1,3}(?:[ ,.'][0-9]{3})*|[0-9]+)?(?:([.,])([0-9]*))?", re.ASCII)

_AGGREGATES = frozenset(
    [
        "STMTRS",
        "CCSTMTRS",
        "STMTTRN",
        "LEDGERBAL",
        "AVAILBAL",
        "BANKACCTFROM",
        "CCACCTFROM",
        "BANKACCTTO",
        "CCACCTTO",
        "PAYEE",
        "CURRENCY",
        "ORIGCURRENCY",
        "BANKTRANLIST",
        "BALLIST",
        "BAL",
        "BANKTRANLISTP",
        "STMTTRNP",
    ]
)


def sniff(data: bytes) -> str | None:
    """ "ofx" when an <OFX> follows an OFX header, an XML declaration or nothing."""
    head = data[:20_000].removeprefix(b"\xef\xbb\xbf")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    return "ofx" if _STARTS.search(head) and _HEADER.match(head) else None


def read(data: bytes, options: BankOptions) -> BankFile:
    """All statements of the file, or `Refused` naming the line."""
    words = decoded(data)
    if "<!DOCTYPE" in words or "<!ENTITY" in words:
        raise Refused("xml_doctype", line=words.count("\n", 0, words.find("<!")) + 1)
    reader = _Reader(options)
    line, at, closed = 1, 0, False
    for token in _TOKEN.finditer(words):
        line += words.count("\n", at, token.start())
        at = token.start()
        name = token[2].upper()
        if token[1]:
            reader.end(name, line)
            closed = closed or name == "OFX"
        elif name in _AGGREGATES:
            reader.begin(name, line)
        elif not token[3]:
            reader.value(name, token[4].strip(), line)
    if not closed:
        raise Refused("file_cut", line=words.count("\n") + 1)
    if not reader.statements:
        raise Refused("no_statement", line=1)
    return BankFile("ofx", reader.statements, reader.notes.remarks, words.count("\n") + 1)


@dataclass(slots=True)
class _Open:
    """A statement between STMTRS and its end: values by "aggregate/name"."""

    line: int
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    movements: list[tuple[dict[str, str], int]] = field(default_factory=list)


class _Reader:
    """Opening and closing tags, and the values between."""

    def __init__(self, options: BankOptions) -> None:
        self.options = options
        self.notes = Notes()
        self.statements: list[Statement] = []
        self._open: _Open | None = None
        self._stack: list[str] = []
        self._movement: tuple[dict[str, str], int] | None = None
        self._count = 0

    def begin(self, name: str, line: int) -> None:
        """An aggregate opens; a second STMTTRN or STMTRS ends the one left open before it."""
        if name in ("STMTRS", "CCSTMTRS"):
            self._finish()
            self._open, self._stack = _Open(line), []
        if name == "STMTTRN":
            self._end_movement()
            if self._open is None:
                raise Refused("record_out_of_place", line=line, value="STMTTRN")
            self._count += 1
            if self._count > self.options.max_movements:
                raise too_many(line, self.options.max_movements)
            self._movement = {}, line
        if len(self._stack) >= 50:
            raise Refused("xml_damaged", line=line, value=name)
        self._stack.append(name)

    def end(self, name: str, line: int) -> None:
        """An aggregate closes, and what was left open inside it."""
        if name in self._stack:
            while self._stack.pop() != name:
                pass
        if name in ("STMTTRN", "BANKTRANLIST"):
            self._end_movement()
        if name in ("STMTRS", "CCSTMTRS"):
            self._finish()

    def value(self, name: str, words: str, line: int) -> None:
        """A tag with a value (or an empty one, which says nothing)."""
        if self._open is None or not words:
            return
        words = html.unescape(words)
        inside = self._stack[-1] if self._stack else ""
        if self._movement is not None:
            path = name if inside == "STMTTRN" else f"{inside}/{name}"
            self._movement[0].setdefault(path, words)
        else:
            self._open.values.setdefault(name if inside in ("STMTRS", "CCSTMTRS") else f"{inside}/{name}", (words, line))

    def _end_movement(self) -> None:
        if self._movement is not None and self._open is not None:
            self._open.movements.append(self._movement)
        self._movement = None

    def _finish(self) -> None:
        self._end_movement()
        opened, self._open = self._open, None
        if opened is None:
            return
        if len(self.statements) >= MAX_STATEMENTS:
            raise Refused("too_many_statements", line=opened.line, value=MAX_STATEMENTS)
        found = {name: words for name, (words, _) in opened.values.items()}
        number = _account(found) or self.options.account
        if not number:
            raise Refused("account_missing", line=opened.line)
        currency = found.get("CURDEF", "")
        if not currency:
            said = {one.get("CURRENCY/CURSYM", "") for one, _ in opened.movements} - {""}
            currency = said.pop() if len(said) == 1 else self.options.currency
            self.notes.add("currency_assumed", opened.line, value=currency)
        currency = currency.upper()[:3]
        closing = closing_on = None
        if "LEDGERBAL/BALAMT" in opened.values:
            words, line = opened.values["LEDGERBAL/BALAMT"]
            closing = _cents(words, line, "BALAMT")
            on, line = opened.values.get("LEDGERBAL/DTASOF", ("", line))
            if on and not on.strip("0"):
                self.notes.add("balance_without_day", line)
            elif on:
                closing_on = _day(on, line, "DTASOF")
        movements = [self._made(said, line, currency) for said, line in opened.movements]
        end = found.get("BANKTRANLIST/DTEND", "")
        if closing_on is None and end.strip("0"):
            closing_on = _day(end, opened.line, "DTEND")
        self.statements.append(
            Statement(
                number,
                currency,
                uid=f"{found.get('BANKTRANLIST/DTSTART', '')[:8]}-{end[:8]}".strip("-"),
                closing_cents=closing,
                closing_on=closing_on,
                movements=movements,
                line=opened.line,
            )
        )

    def _made(self, said: dict[str, str], line: int, currency: str) -> Movement:
        booked = said.get("DTPOSTED", "")
        booked_on = _day(booked, line, "DTPOSTED")
        if "TRNAMT" not in said:
            raise Refused("amount_unreadable", line=line, column="TRNAMT", value="")
        name = tidy(said.get("NAME", "") or said.get("PAYEE/NAME", ""))
        memo = tidy(" ".join(said[key] for key in ("MEMO", "EXTDNAME", "MEMO2") if key in said))
        text = memo if memo.startswith(name) else f"{name} {memo}".strip()
        check = said.get("CHECKNUM", "").strip()
        if check.strip("0") and check not in text:
            text = f"{text} {check}".strip()
        value = said.get("DTAVAIL", "") or said.get("VALUEDATE", "")
        foreign = said.get("ORIGCURRENCY/CURSYM", "").upper()[:3]
        return Movement(
            line,
            booked_on,
            _cents(said["TRNAMT"], line, "TRNAMT"),
            currency,
            _day(value, line, "DTAVAIL") if value.strip("0") else None,
            said.get("FITID", "")[:MAX_REFERENCE],
            name[:MAX_NAME],
            account(said.get("BANKACCTTO/ACCTID", ""))[:MAX_ACCOUNT],
            "",
            references.found_in(text),
            reference(said.get("REFNUM", ""))[:MAX_REFERENCE],
            text[:MAX_TEXT],
            (),
            said.get("TRNTYPE", "").upper()[:MAX_REFERENCE],
            gives_back(text),
            foreign_currency=foreign if foreign != currency else "",
        )


def _account(found: dict[str, str]) -> str:
    """The account's number: an IBAN where it is one, or is made of French bank, branch and account."""
    number = account(found.get("BANKACCTFROM/ACCTID", "") or found.get("CCACCTFROM/ACCTID", ""))
    bank, branch = found.get("BANKACCTFROM/BANKID", "").strip(), found.get("BANKACCTFROM/BRANCHID", "").strip()
    if len(bank) == 5 and len(branch) == 5 and len(number) in (11, 13) and bank.isdecimal() and branch.isdecimal():
        made = iban_of_rib(bank, branch, number[:11])
        if len(number) == 11 or made.endswith(number[11:]):
            return made
    return number[:MAX_ACCOUNT]


def _day(words: str, line: int, column: str) -> date:
    """YYYYMMDD with or without a time, as the bank writes it (its own time zone)."""
    found = _DAY.match(words.strip())
    try:
        if found is None:
            raise ValueError(words)
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Refused("date_unreadable", line=line, column=column, value=words[:40]) from None


def _cents(words: str, line: int, column: str) -> int:
    """Signed cents; the last of comma and point is the decimal sign, whichever comes alone too."""
    found = _AMOUNT.fullmatch(words.strip())
    if found is None or not (found[2] or found[4]):
        raise Refused("amount_unreadable", line=line, column=column, value=words[:40])
    whole = re.sub(r"[^0-9]", "", found[2] or "0")
    if not found[3] and found[2] and re.fullmatch(r"[0-9]{1,3}[,.][0-9]{3}", found[2]):
        # One sign and three digits: OFX knows no thousands sign, so it is the decimal one.
        whole, decimals = re.split(r"[,.]", found[2])
    else:
        decimals = found[4] or ""
    value = cents(f"{whole}.{decimals}", line, column)
    return -value if found[1] == "-" else value
