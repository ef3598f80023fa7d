"""CFONB 120 ("Relevé de compte sur support informatique", July 2004): records of 120 signs → statements.

01 old balance, 04 movement, 05 its details, 07 new balance; 01 + Σ 04 = 07. CFONB 240 (orders and rejects, no statement)
is refused by name. The account becomes its French IBAN, as other formats of the same bank write it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import date

from integrations.banks import references
from integrations.banks.text import account, day, gives_back, iban_of_rib, records, reference, tidy
from integrations.banks.values import MAX_NAME, MAX_STATEMENTS, MAX_TEXT, BankOptions, Notes, Refused, check_sum, too_many
from rules.bank import BankFile, Movement, Statement

WIDTH = 120

_RECORD = re.compile(rb"0[1457][0-9A-Z ]{5}.{4}[0-9A-Z ]{5}[A-Z]{3}[0-9 ].[0-9A-Z ]{11}", re.DOTALL)
_RECORD_240 = re.compile(rb"31[0-9]{14}[A-Z ]")
_OVERPUNCH = {sign: (str(at), 1) for at, sign in enumerate("{ABCDEFGHI")} | {
    sign: (str(at), -1) for at, sign in enumerate("}JKLMNOPQR")
}
_TRANSFER = re.compile(
    r"(?:VIR(?:EMENT|T)?\.?)(?: (?:SEPA|INST|INSTANTANE|RECU|EN VOTRE FAVEUR|VOTRE FAVEUR|DE|M|MR|MME))* (?P<name>\S.*)"
)


def sniff(data: bytes) -> str | None:
    """ "cfonb120" (or "cfonb240", which is refused) by the layout of the first record."""
    head = data[:2_000].removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    if _RECORD.match(head):
        return "cfonb120"
    first = head.split(b"\n", 1)[0].rstrip(b"\r")
    return "cfonb240" if _RECORD_240.match(head) and len(first) > 120 and len(first.rstrip()) <= 240 else None


def read(data: bytes, options: BankOptions) -> BankFile:
    """All statements of the file, or `Refused` naming the line."""
    if sniff(data) == "cfonb240":
        raise Refused("cfonb_240", line=1)
    reader = _Reader(options)
    lines = records(data, WIDTH)
    for number, line in lines:
        handler = reader.handlers.get(line[:2])
        if handler is None:
            raise Refused("record_unknown", line=number, value=line[:2])
        handler(number, line)
    if reader.opened is not None:
        raise Refused("file_cut", line=lines[-1][0])
    for statement, line_of_balance in zip(reader.statements, reader.closed_at, strict=True):
        check_sum(statement, line_of_balance)
    return BankFile("cfonb120", reader.statements, reader.notes.remarks, len(lines))


@dataclass(slots=True)
class _Operation:
    """A record 04 and what its records 05 add, by qualifier."""

    line: int
    record: str
    amount: int
    details: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Open:
    """A statement between its records 01 and 07; `key` is its account as every record repeats it."""

    statement: Statement
    key: str
    operations: list[_Operation] = field(default_factory=list)


class _Reader:
    """The order of records: (01 (04 05*)* 07)+."""

    def __init__(self, options: BankOptions) -> None:
        self.options = options
        self.notes = Notes()
        self.statements: list[Statement] = []
        self.closed_at: list[int] = []  # line of the new balance of each
        self.opened: _Open | None = None
        self._count = 0
        self._days: dict[str, date] = {}
        self.handlers = {"01": self._old_balance, "04": self._operation, "05": self._detail, "07": self._new_balance}

    def _old_balance(self, number: int, line: str) -> None:
        if self.opened is not None:
            raise Refused("file_cut", line=number)
        if len(self.statements) >= MAX_STATEMENTS:
            raise Refused("too_many_statements", line=number, value=MAX_STATEMENTS)
        statement = Statement(
            iban_of_rib(line[2:7], line[11:16], line[21:32]),
            line[16:19].strip() or self.options.currency,
            opening_cents=_cents(line, number),
            opening_on=self._day(line[34:40], number, "35–40"),
            line=number,
        )
        self.opened = _Open(statement, line[21:32])

    def _operation(self, number: int, line: str) -> None:
        self._belongs(number, line).operations.append(_Operation(number, line, _cents(line, number)))
        self._count += 1
        if self._count > self.options.max_movements:
            raise too_many(number, self.options.max_movements)

    def _detail(self, number: int, line: str) -> None:
        opened = self._belongs(number, line)
        if not opened.operations:
            raise Refused("record_out_of_place", line=number, value="05")
        opened.operations[-1].details.append((line[45:48], line[48:118]))

    def _new_balance(self, number: int, line: str) -> None:
        opened = self._belongs(number, line)
        statement = replace(
            opened.statement,
            closing_cents=_cents(line, number),
            closing_on=self._day(line[34:40], number, "35–40"),
            movements=[self._movement(one, opened.statement.currency) for one in opened.operations],
        )
        statement = replace(statement, number=statement.closing_on.isoformat() if statement.closing_on else "")
        self.statements.append(statement)
        self.closed_at.append(number)
        self.opened = None

    def _belongs(self, number: int, line: str) -> _Open:
        """The open statement, when the record is of its account."""
        if self.opened is None or line[21:32] != self.opened.key:
            raise Refused("record_out_of_place", line=number, value=line[:2])
        return self.opened

    def _movement(self, one: _Operation, currency: str) -> Movement:
        line = one.record
        said: dict[str, list[str]] = {}
        for qualifier, words in one.details:
            said.setdefault(qualifier.strip(), []).append(words)
        credit = one.amount >= 0
        label = tidy(line[48:79])
        remittance = tidy("".join(said.get("LCC", []) + said.get("LC2", []) + said.get("LCS", [])))
        text = tidy(" ".join([label, *said.get("LIB", []), remittance]))
        order = ("NPY", "NBE") if credit else ("NBE", "NPY")
        name = next((tidy(said[code][0]) for code in order if code in said and said[code][0].strip()), "")
        if not name and credit and (transfer := _TRANSFER.fullmatch(label.upper())):
            name = tidy(transfer["name"])
        number = next((account(said[code][0]) for code in ("CPY", "CBE") if code in said), "")
        rejected = line[40:42].strip(" 0")
        client = said.get("RCN", [""])[0]
        end_to_end = reference(client[:35]) or reference(said.get("REF", [""])[0])
        mandate = said.get("RUM", [""])[0]
        foreign_currency, foreign = _foreign(said.get("MMO", [""])[0], currency)
        booked_on = self._day(line[34:40], one.line, "35–40")
        if booked_on is None:
            raise Refused("date_unreadable", line=one.line, column="35–40", value=line[34:40])
        return Movement(
            one.line,
            booked_on,
            one.amount,
            currency,
            self._day(line[42:48], one.line, "43–48"),
            reference(line[81:88].strip("0 ")),
            name[:MAX_NAME],
            number if number[:2].isalpha() and number[2:4].isdecimal() else "",
            "",
            references.found_in(text) or references.found_in(end_to_end),
            end_to_end,
            text[:MAX_TEXT],
            (),
            line[32:34].strip(),
            bool(rejected) or gives_back(label),
            line[40:42].strip() if rejected else "",
            reference(mandate[:35]),
            "",
            foreign_currency,
            foreign,
        )

    def _day(self, text: str, number: int, column: str) -> date | None:
        """DDMMYY; None when empty."""
        known = self._days.get(text)
        if known is None:
            if not text.strip():
                return None
            if not (text.isascii() and text.isdecimal()):
                raise Refused("date_unreadable", line=number, column=column, value=text)
            known = self._days[text] = day(text[4:6], text[2:4], text[:2], number, column)
        return known


def _cents(line: str, number: int) -> int:
    """The amount of a record: 14 signs, the last one a digit and the sign, with as many decimals as column 20 says."""
    field_, decimals = line[90:104], line[19]
    last = _OVERPUNCH.get(field_[13:])
    digits = field_[:13].replace(" ", "0")
    if last is None or not (digits.isascii() and digits.isdecimal()) or decimals not in "0123456789":
        raise Refused("amount_unreadable", line=number, column="91–104", value=field_)
    scale = int("1" + "0" * abs(2 - int(decimals)))
    value = int(digits + last[0])
    if decimals <= "2":
        return value * scale * last[1]
    if value % scale:
        raise Refused("amount_unreadable", line=number, column="91–104", value=field_)
    return value // scale * last[1]


def _foreign(words: str, currency: str) -> tuple[str, int]:
    """Currency, decimals and amount of the order (qualifier MMO)."""
    code, places, digits = words[:3], words[3:4], words[4:18].strip()
    if not code.isalpha() or code == currency or not (places.isdecimal() and digits.isascii() and digits.isdecimal()):
        return "", 0
    return code, round(int(digits) * 100 / 10 ** int(places))
