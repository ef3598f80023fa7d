"""MT940 and MT942 (SWIFT) → statements, as banks really write them.

Fields :20: :25: :28C: :60F/M: :61: :86: :62F/M: (940), :34F: :13D: :90D: (942). Pages of one statement (:60M:, :62M:) are
put together. What :86: says is read by `mt940_details`."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date

from integrations.banks import mt940_details
from integrations.banks.text import account, cents, day, decoded, is_iban, like_iban, reference
from integrations.banks.values import (
    MAX_ACCOUNT,
    MAX_NAME,
    MAX_REFERENCE,
    MAX_STATEMENTS,
    MAX_TEXT,
    BankOptions,
    Notes,
    Refused,
    check_sum,
    too_many,
)
from rules.bank import BankFile, Movement, Statement

MAX_FIELD_LINES = 400

_TAG = re.compile(r":([0-9]{2}[A-Z]?):(.*)", re.ASCII)
_SNIFF = re.compile(rb"(?:^|[\r\n}:]):20:[^\r\n]*[\r\n]", re.ASCII)
_SECOND = re.compile(rb"[\r\n]:(?:25[A-Z]?|28C?|60[FM]|61|21):")
_BALANCE = re.compile(r"(?P<sign>[CD])(?P<day>[0-9]{6})(?P<currency>[A-Z]{3})(?P<amount>[0-9.,]+)", re.ASCII)
_MOVEMENT = re.compile(
    r"(?P<value>[0-9]{6})(?P<entry>[0-9]{4})?(?P<mark>R?[CD]|E[CD])(?P<funds>[A-Z])?(?P<amount>[0-9]{1,15}[.,]?[0-9]{0,3})"
    r"(?P<code>[A-Z][A-Z0-9]{3})?(?P<reference>.*)",
    re.ASCII,
)
_END = re.compile(r"-\}?(?:\{5:.*)?$|-[A-Z]{3}$|-?[\x01-\x08\x0b-\x1f]+$")


def sniff(data: bytes) -> str | None:
    """ "mt940" or "mt942" by the fields every message has."""
    head = data[:20_000]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "ignore").encode()
    if not (head.startswith(b":20:") or _SNIFF.search(head)) or not _SECOND.search(head):
        return None
    interim = re.search(rb"[\r\n]:(?:34F|13D|90[CD]):", data[:200_000]) and not re.search(rb"[\r\n]:6[02][FM]:", data[:200_000])
    return "mt942" if interim else "mt940"


def read(data: bytes, options: BankOptions) -> BankFile:
    """All statements of the file, or `Refused` naming the line."""
    reader = _Reader(options)
    lines = decoded(data).split("\n")
    tag, value, began = "", [""], 1
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            _, block, line = line.rpartition("{4:")
            reader.field(tag, value, began)
            tag = ""
            if not block or not line:
                continue
        match = _TAG.match(line) if line.startswith(":") else None
        if match:
            reader.field(tag, value, began)
            tag, value, began = match[1], [match[2]], number
        elif line.startswith("-") and _END.match(line.rstrip()):
            reader.field(tag, value, began)
            reader.end_of_message()
            tag = ""
        elif tag:
            value.append(line)
            if len(value) > MAX_FIELD_LINES:
                raise Refused("field_too_long", line=number, value=f":{tag}:")
    reader.field(tag, value, began)
    reader.end_of_file(len(lines))
    return BankFile(sniff(data) or "mt940", reader.statements, reader.notes.remarks, len(lines))


@dataclass(slots=True)
class _Page:
    """A message being read: from :20: to :62:."""

    line: int
    uid: str
    account: str = ""
    number: str = ""
    currency: str = ""
    opening: int | None = None
    opening_on: date | None = None
    first: bool = True  # :60F:, not :60M:
    closing: int | None = None
    closing_on: date | None = None
    closing_line: int = 0
    last: bool = True  # :62F:, not :62M:
    interim: bool = False


class _Reader:
    """Fields in their order, and what they make."""

    def __init__(self, options: BankOptions) -> None:
        self.options = options
        self.notes = Notes()
        self.statements: list[Statement] = []
        self._page: _Page | None = None
        self._movements: list[Movement] = []
        self._pending: tuple[Movement, str] | None = None  # a movement that waits for its :86:
        self._count = 0
        self._balances: list[tuple[Statement, int]] = []  # pages, with the line of their closing balance
        self._open_end = False  # the last page said that another follows (:62M:)

    def field(self, tag: str, value: list[str], line: int) -> None:
        """Takes one field with its lines."""
        if not tag:
            return
        if tag == "20":
            self._finish(line)
            self._page = _Page(line, value[0].strip())
            return
        if self._page is None:
            if tag in ("61", "62F", "62M", "60F", "60M"):
                raise Refused("record_out_of_place", line=line, value=f":{tag}:")
            return
        if tag == "86":
            self._details(value)
        elif tag == "61":
            self._movement(value, line)
        else:
            self._flush()
            self._fact(tag, value, line)

    def _fact(self, tag: str, value: list[str], line: int) -> None:
        page = self._page
        assert page is not None
        words = value[0].strip()
        if tag in ("25", "25P"):
            page.account = _account(words)
        elif tag in ("28", "28C"):
            page.number = words
        elif tag in ("60F", "60M"):
            page.opening, page.opening_on, page.currency = self._balance(words, line, tag)
            page.first = tag == "60F"
        elif tag in ("62F", "62M"):
            page.closing, page.closing_on, currency = self._balance(words, line, tag)
            page.closing_line, page.last = line, tag == "62F"
            page.currency = page.currency or currency
            if currency != page.currency:
                raise Refused("currency_mixed", line=line, value=currency, expected=page.currency)
        elif tag in ("34F", "90C", "90D", "13D"):
            page.interim = True
            found = re.match(r"[0-9]*([A-Z]{3})", words)
            if found and tag != "13D":
                page.currency = page.currency or found[1]

    def _balance(self, words: str, line: int, tag: str) -> tuple[int, date, str]:
        found = _BALANCE.fullmatch(words)
        if found is None:
            raise Refused("amount_unreadable", line=line, column=f":{tag}:", value=words[:40])
        value = cents(found["amount"], line, f":{tag}:")
        on = found["day"]
        return (
            -value if found["sign"] == "D" else value,
            day(on[:2], on[2:4], on[4:], line, f":{tag}:"),
            found["currency"],
        )

    def _movement(self, value: list[str], line: int) -> None:
        self._flush()
        found = _MOVEMENT.fullmatch(value[0].strip())
        page = self._page
        assert page is not None
        if found is None:
            raise Refused("movement_unreadable", line=line, column=":61:", value=value[0][:60])
        if found["mark"][0] == "E":
            self.notes.add("entry_not_booked", line, value=found["mark"])
            return
        self._count += 1
        if self._count > self.options.max_movements:
            raise too_many(line, self.options.max_movements)
        amount = cents(found["amount"], line, ":61:")
        money_in = found["mark"] in ("C", "RD")  # RD takes back a debit
        value_on = day(found["value"][:2], found["value"][2:4], found["value"][4:], line, ":61:")
        booked_on = _entry_day(found["entry"], value_on, line) if found["entry"] else value_on
        own, _, uid = found["reference"].partition("//")
        own, uid = reference(own), reference(uid)
        said = " ".join(part.strip() for part in value[1:] if part.strip())
        number = own if like_iban(own) else ""
        movement = Movement(
            line,
            booked_on,
            amount if money_in else -amount,
            page.currency or self.options.currency,
            value_on,
            uid[:MAX_REFERENCE],
            iban=number,
            code=found["code"] or "",
            returned=found["mark"][0] == "R",
        )
        self._pending = movement, mt940_details.joined_text("" if number else own, said)

    def _details(self, value: list[str]) -> None:
        """The :86: of the movement before it; one after a balance speaks of the statement and is left out."""
        if self._pending is None:
            return
        movement, own = self._pending
        self._pending = None
        self._movements.append(_clipped(mt940_details.told(movement, value, own)))

    def _flush(self) -> None:
        if self._pending is not None:
            movement, own = self._pending
            self._pending = None
            self._movements.append(_clipped(mt940_details.told(movement, [], own)))

    def end_of_message(self) -> None:
        """A line that ends a message: what follows belongs to the next one."""
        self._finish(0)
        self._page = None

    def end_of_file(self, line: int) -> None:
        """Refuses a file that stops inside a statement."""
        self._finish(line)
        for page, line_of_balance in self._balances:
            check_sum(page, line_of_balance)
        if self._open_end:
            self.notes.add("page_missing", line)
        if not self.statements:
            raise Refused("no_statement", line=1)

    def _finish(self, line: int) -> None:
        """Closes the open message; pages of one statement are put together."""
        page, self._page = self._page, None
        if page is None:
            return
        self._page = page
        self._flush()
        self._page = None
        movements, self._movements = self._movements, []
        if page.closing is None and (page.opening is not None or not page.interim):
            raise Refused("file_cut", line=line or page.line)
        if not page.account and not self.options.account:
            raise Refused("account_missing", line=page.line)
        if len(self.statements) >= MAX_STATEMENTS:
            raise Refused("too_many_statements", line=page.line, value=MAX_STATEMENTS)
        statement = Statement(
            page.account or self.options.account,
            page.currency or self.options.currency,
            "intraday" if page.interim and page.closing is None else "day",
            page.number,
            page.uid,
            opening_cents=page.opening,
            closing_cents=page.closing,
            opening_on=page.opening_on,
            closing_on=page.closing_on or max((one.booked_on for one in movements), default=None),
            movements=movements,
            line=page.line,
        )
        self._balances.append((statement, page.closing_line or page.line))
        before = self.statements[-1] if self.statements else None
        if before is not None and not page.first and self._open_end and _continues(before, statement):
            self.statements[-1] = replace(
                before,
                closing_cents=statement.closing_cents,
                closing_on=statement.closing_on,
                movements=before.movements + movements,
            )
        else:
            self.statements.append(statement)
        self._open_end = not page.last


def _continues(before: Statement, page: Statement) -> bool:
    """Whether a page goes on where the one before it ended."""
    return (
        before.account == page.account
        and before.number.partition("/")[0] == page.number.partition("/")[0]
        and before.closing_cents == page.opening_cents
    )


def _account(words: str) -> str:
    """:25: is an IBAN or bank/account; the currency some banks write behind the number is left out."""
    bare = account(words)
    if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{10,30}[A-Z]{3}", bare, re.ASCII) and is_iban(bare[:-3]):
        bare = bare[:-3]
    _, _, after = bare.rpartition("/")
    return (after if is_iban(after) else bare)[:MAX_ACCOUNT]


def _entry_day(words: str, value_on: date, line: int) -> date:
    """MMDD of the entry in the year that brings it nearest to the value date."""
    found = [
        day(f"{year % 100:02d}", words[:2], words[2:], line, ":61:")
        for year in (value_on.year - 1, value_on.year, value_on.year + 1)
        if words != "0229" or year % 4 == 0
    ]
    return min(found, key=lambda one: abs((one - value_on).days))


def _clipped(one: Movement) -> Movement:
    if len(one.text) > MAX_TEXT or len(one.name) > MAX_NAME:
        return one._replace(text=one.text[:MAX_TEXT], name=one.name[:MAX_NAME])
    return one
