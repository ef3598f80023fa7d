"""CODA (Febelfin "Coded statement of account", versions 1 and 2): records of 128 signs → statements.

Controls: old balance + movements = new balance, and the record count and totals of record 9. A file cut short, of an
unknown version or whose controls fail is refused, naming the line. The content of movements: `coda_movements`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from integrations.banks.coda_movements import Booking, Raw, movements_of
from integrations.banks.text import account, day, records, tidy
from integrations.banks.values import MAX_STATEMENTS, BankOptions, Notes, Refused, check_sum, too_many
from rules.bank import BankFile, Movement, Statement

WIDTH = 128

_FIRST = re.compile(rb"\s*0[0 ]{4}[0-9]{6}.{3}05[ D0-9]")


def sniff(data: bytes) -> str | None:
    """ "coda" when the file begins with a CODA header (application code 05)."""
    return "coda" if _FIRST.match(data[:2_000].removeprefix(b"\xef\xbb\xbf")) else None


def read(data: bytes, options: BankOptions) -> BankFile:
    """All statements of the file, or `Refused` naming the line."""
    reader = _Reader(options)
    lines = records(data, WIDTH)
    for number, line in lines:
        handler = reader.handlers.get(line[0])
        if handler is None:
            raise Refused("record_unknown", line=number, value=line[:2])
        handler(number, line)
    if reader.in_file:
        raise Refused("file_cut", line=lines[-1][0])
    return BankFile("coda", reader.statements, reader.notes.remarks, len(lines))


@dataclass(slots=True)
class _Totals:
    """What record 9 controls, in thousandths."""

    records: int = 0
    debits: int = 0
    credits: int = 0


@dataclass(slots=True)
class _Open:
    """A statement between its records 1 and 8."""

    statement: Statement
    opening: int  # thousandths, as all amounts of a file
    bookings: list[Booking] = field(default_factory=list)


class _Reader:
    """The order of records: 0 (1 (2 3)* 8? 4*)+ 9, as often as there are statements."""

    def __init__(self, options: BankOptions) -> None:
        self.options = options
        self.notes = Notes()
        self.statements: list[Statement] = []
        self.in_file = False
        self.version = "2"
        self._bic = self._uid = ""
        self._open: _Open | None = None
        self._raw: Raw | None = None
        self._totals = _Totals()
        self._days: dict[str, date] = {}
        self._count = 0
        self.handlers = {
            "0": self._header,
            "1": self._old_balance,
            "2": self._movement,
            "3": self._information,
            "4": self._message,
            "8": self._new_balance,
            "9": self._trailer,
        }

    def _header(self, number: int, line: str) -> None:
        if self.in_file:
            raise Refused("file_cut", line=number)
        self.version = line[127]
        if self.version not in "12":
            raise Refused("coda_version", line=number, value=self.version.strip() or line[120:].strip())
        self.in_file, self._totals = True, _Totals()
        self._bic, self._uid = line[60:71].strip(), line[24:34].strip()
        if line[16] == "D":
            self.notes.add("duplicate_copy", number)

    def _old_balance(self, number: int, line: str) -> None:
        self._counted(number)
        self._close(number)
        if len(self.statements) >= MAX_STATEMENTS:
            raise Refused("too_many_statements", line=number, value=MAX_STATEMENTS)
        owner, currency = _account(line[1], line[5:42], self.version)
        statement = Statement(
            owner,
            currency or self.options.currency,
            number=line[2:5].strip() if line[2:5].strip(" 0") else line[125:128].strip(),
            uid=self._uid,
            holder=tidy(line[64:90]),
            bic=self._bic,
            opening_on=self._day(line[58:64], number, "59–64"),
            line=number,
        )
        self._open = _Open(statement, _thousandths(line[42], line[43:58], number, "43–58"))

    def _movement(self, number: int, line: str) -> None:
        self._counted(number)
        if self._open is None:
            raise Refused("record_out_of_place", line=number, value=line[:2])
        if line[1] == "1":
            raw = self._raw = Raw(number, line, _thousandths(line[31], line[32:47], number, "32–47"))
            if line[6:10] != "0000":
                if not self._open.bookings:
                    raise Refused("record_out_of_place", line=number, value="21")
                self._open.bookings[-1].details.append(raw)
            else:
                self._open.bookings.append(Booking(raw))
                if raw.amount < 0:
                    self._totals.debits -= raw.amount
                else:
                    self._totals.credits += raw.amount
            self._count += 1
            if self._count > self.options.max_movements:
                raise too_many(number, self.options.max_movements)
        elif self._raw is None or line[1] not in "23" or line[2:6] != self._raw.one[2:6]:
            raise Refused("record_out_of_place", line=number, value=line[:2])
        elif line[1] == "2":
            self._raw.two = line
        else:
            self._raw.three = line

    def _information(self, number: int, line: str) -> None:
        self._counted(number)
        if self._raw is None or line[1] not in "123":
            raise Refused("record_out_of_place", line=number, value=line[:2])
        self._raw.information.append(line)

    def _message(self, number: int, line: str) -> None:
        self._counted(number)

    def _new_balance(self, number: int, line: str) -> None:
        self._counted(number)
        if self._open is None:
            raise Refused("record_out_of_place", line=number, value="8")
        opened = self._open
        closing = _thousandths(line[41], line[42:57], number, "42–57")
        owner, _ = _account(opened.statement.account[:1] and _structure(line[4:41]), line[4:41], self.version)
        if owner != opened.statement.account:
            self.notes.add("account_differs", number, value=owner, expected=opened.statement.account)
        moved = sum(booking.total.amount for booking in opened.bookings)
        gap = opened.opening + moved - closing
        if gap:
            raise Refused(
                "statement_gap",
                line=number,
                value=opened.statement.number,
                opening_cents=_cents(opened.opening),
                movements_cents=_cents(moved),
                closing_cents=_cents(closing),
                gap_cents=_cents(gap),
                currency=opened.statement.currency,
            )
        statement = replace(
            opened.statement,
            closing_cents=_exact(closing, number, "42–57"),
            closing_on=self._day(line[57:63], number, "58–63"),
        )
        self._open = _Open(statement, opened.opening, opened.bookings)
        self._close(number)

    def _trailer(self, number: int, line: str) -> None:
        if not self.in_file:
            raise Refused("record_out_of_place", line=number, value="9")
        self._close(number)
        found = self._totals
        for start, end, value in ((16, 22, found.records), (22, 37, found.debits), (37, 52, found.credits)):
            stated, column = line[start:end], f"{start + 1}–{end}"
            if not (stated.isascii() and stated.isdecimal()):
                raise Refused("control_unreadable", line=number, column=column, value=stated.strip())
            if int(stated) == value:
                continue
            if start == 16:
                raise Refused("control_count", line=number, column=column, value=int(stated), expected=value)
            raise Refused(
                "control_total", line=number, column=column, stated_cents=_cents(int(stated)), found_cents=_cents(value)
            )
        self.in_file = False

    def _counted(self, number: int) -> None:
        if not self.in_file:
            raise Refused("record_out_of_place", line=number, value="")
        self._totals.records += 1

    def _close(self, number: int) -> None:
        """Ends the open statement. One without record 8 is whole only if record 9 agrees, which is checked after it."""
        opened, self._open, self._raw = self._open, None, None
        if opened is None:
            return
        if opened.statement.closing_cents is None:
            self.notes.add("closing_missing", number, value=opened.statement.number)
        movements: list[Movement] = []
        for booking in opened.bookings:
            movements += movements_of(booking, opened.statement.currency, self.version, self._day, self.notes)
        line = opened.statement.line
        statement = replace(opened.statement, opening_cents=_exact(opened.opening, line, "43–58"), movements=movements)
        check_sum(statement, number)
        self.statements.append(statement)

    def _day(self, text: str, number: int, column: str) -> date | None:
        """DDMMYY; None when it is empty or zeros."""
        known = self._days.get(text)
        if known is None:
            if not text.strip(" 0"):
                return None
            known = self._days[text] = day(text[4:6], text[2:4], text[:2], number, column)
        return known


def _structure(field: str) -> str:
    """The structure of the account in record 8, which does not say it: IBANs begin with letters."""
    return "3" if field[:2].isalpha() else "0" if field[13:16].isalpha() and not field[34:37].strip() else "1"


def _account(structure: str, field: str, version: str) -> tuple[str, str]:
    """Account and currency of record 1 or 8: 0 Belgian BBAN, 1 foreign BBAN, 2 Belgian IBAN, 3 foreign IBAN."""
    if structure in ("1", "2", "3") and (version == "2" or field[34:37].isalpha()):
        return account(field[:34]), field[34:37].strip()
    return account(field[:12]), field[13:16].strip()


def _thousandths(sign: str, digits: str, number: int, column: str) -> int:
    if not (digits.isascii() and digits.isdecimal()) or sign not in "01":
        raise Refused("amount_unreadable", line=number, column=column, value=sign + digits)
    return -int(digits) if sign == "1" else int(digits)


def _cents(thousandths: int) -> int:
    """To the nearest cent, for words only."""
    return (abs(thousandths) + 5) // 10 * (1 if thousandths >= 0 else -1)


def _exact(thousandths: int, number: int, column: str) -> int:
    if thousandths % 10:
        raise Refused("amount_unreadable", line=number, column=column, value=f"{thousandths / 1000:.3f}")
    return thousandths // 10
