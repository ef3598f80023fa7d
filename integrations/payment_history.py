"""A plain table of invoices with the day each was paid (CSV) → rows for the prediction's back-test.

Dates are read in the shapes programs write them; whether 01/02/2026 is in January or February must be visible somewhere in its column. The
paid column may also hold whole numbers: days after the invoice date. A row without a day of payment is open and left out; anything that
cannot be read is refused, naming its line and column."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from io import StringIO

from integrations.files import MAX_BYTES, Refused, too_large
from integrations.ledgers.dates import date_order, parse_date
from integrations.ledgers.text import codec, unwrap
from rules.prediction import Paid

DELIMITERS = ",;\t|"
DAYS_AFTER = re.compile(r"-?[0-9]{1,4}(?:\.0+)?")
NUMBER = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class History:
    """The paid rows with the line each stands on (the header is line 1), and how many were open."""

    rows: list[Paid]
    lines: list[int]
    open_rows: int


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of the columns, as in the header; empty: the table has none."""

    customer: str
    due: str
    paid: str
    issued: str = ""
    amount: str = ""


def read_history(data: bytes, columns: Columns, *, max_bytes: int = MAX_BYTES) -> History:
    """The table. Refused: history_column, history_customer, history_date_missing, date_unreadable, history_date_unclear,
    history_days, history_amount, and what is no text."""
    if len(data) > max_bytes:
        raise too_large(len(data), max_bytes)
    text, encoding = unwrap(data)
    lines = list(_records(text.decode(codec(encoding))))
    header = lines[0][1] if lines else []
    places = {
        name: _place(header, name)
        for name in (columns.customer, columns.due, columns.paid, columns.issued, columns.amount)
        if name
    }
    cells = {name: [row[at].strip() if at < len(row) else "" for _, row in lines[1:]] for name, at in places.items()}
    numbers = [number for number, _ in lines[1:]]
    shared = date_order([text for name in (columns.due, columns.issued, columns.paid) if name for text in cells[name] if text])
    due = _dates(cells[columns.due], columns.due, numbers, shared)
    issued: list[date | None] = [None] * len(numbers)
    if columns.issued:
        issued = _dates(cells[columns.issued], columns.issued, numbers, shared)
    paid = _paid(cells[columns.paid], columns.paid, numbers, issued, shared)
    amounts = _amounts(cells[columns.amount], columns.amount, numbers) if columns.amount else [0] * len(numbers)
    rows, kept = [], []
    for at, number in enumerate(numbers):
        customer, due_on, paid_on = cells[columns.customer][at], due[at], paid[at]
        if not customer:
            raise Refused("history_customer", line=number, column=columns.customer)
        if due_on is None:
            raise Refused("history_date_missing", line=number, column=columns.due)
        if paid_on is not None:
            rows.append(Paid(customer, due_on, paid_on, amounts[at], issued[at]))
            kept.append(number)
    return History(rows, kept, len(numbers) - len(rows))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the number of its first line."""
    first = text.split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield before + 1, row
            before = reader.line_num
    except csv.Error as error:
        raise Refused("damaged_text", line=reader.line_num, value=str(error)) from None


def _place(header: list[str], name: str) -> int:
    found = [at for at, cell in enumerate(header) if cell.strip().casefold() == name.strip().casefold()]
    if len(found) != 1:
        raise Refused("history_column", line=1, value=name, known=", ".join(cell.strip() for cell in header))
    return found[0]


def _dates(texts: list[str], column: str, lines: list[int], shared: str) -> list[date | None]:
    order = date_order([text for text in texts if text]) or shared
    found: list[date | None] = []
    known: dict[str, date | None] = {"": None}
    for text, line in zip(texts, lines, strict=True):
        if text not in known:
            known[text] = _date(text, order, column, line)
        found.append(known[text])
    return found


def _date(text: str, order: str, column: str, line: int) -> date:
    try:
        day = parse_date(text, order or "dmy")
        other = day if order else _other_way(text, day)
    except ValueError:
        raise Refused("date_unreadable", line=line, column=column, value=text[:40]) from None
    if other != day:
        raise Refused("history_date_unclear", line=line, column=column, value=text[:40])
    return day


def _other_way(text: str, day: date) -> date:
    """The day it would be with month and day exchanged; the same when that is none."""
    try:
        return parse_date(text, "mdy")
    except ValueError:
        return day


def _paid(texts: list[str], column: str, lines: list[int], issued: list[date | None], shared: str) -> list[date | None]:
    if not any(texts) or not all(DAYS_AFTER.fullmatch(text) for text in texts if text):
        return _dates(texts, column, lines, shared)
    found: list[date | None] = []
    for text, line, start in zip(texts, lines, issued, strict=True):
        if text and start is None:
            raise Refused("history_days", line=line, column=column, value=text)
        found.append(start + timedelta(days=int(float(text))) if text and start else None)
    return found


def _amounts(texts: list[str], column: str, lines: list[int]) -> list[int]:
    """Cents; an empty cell is an amount nobody knows. The last of a comma and a point is the decimal mark."""
    found = []
    for text, line in zip(texts, lines, strict=True):
        bare = re.sub(r"[\s\u00a0\u202f€$£']", "", text)
        comma, point = bare.rfind(","), bare.rfind(".")
        if comma > point:
            bare = bare.replace(".", "").replace(",", "." if len(bare) - comma <= 3 or point >= 0 else "")
        else:
            bare = bare.replace(",", "")
        if bare and not NUMBER.fullmatch(bare):
            raise Refused("history_amount", line=line, column=column, value=text[:40])
        found.append(round(float(bare) * 100) if bare else 0)
    return found
