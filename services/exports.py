"""Lists as files: Excel and CSV of exactly the columns and rows given. What is in a list is the caller's business.

Cells never become formulas or links: text is written as text in Excel, and in CSV a text that a spreadsheet would take for a
formula gets an apostrophe before it (OWASP, CSV injection)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import xlsxwriter

from services import language as words

BOM = "\ufeff"  # without it Excel reads UTF-8 as the machine's old code page
FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
FORMATS = {"money": "#,##0.00;[Red]−#,##0.00;0.00", "day": "dd/mm/yyyy", "number": "#,##0", "text": "@"}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its heading, what its cells are (text, money in cents, day, number) and its width in characters."""

    title: str
    kind: str = "text"
    width: int = 14


def xlsx(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]], totals: Sequence[Any] | None = None) -> bytes:
    """A workbook with one sheet: headings that stay, real amounts and dates, and a line of totals if given."""
    buffer = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": title})
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        plain = [book.add_format({"num_format": FORMATS[c.kind]}) for c in columns]
        strong = [book.add_format({"num_format": FORMATS[c.kind], "bold": True, "top": 1}) for c in columns]
        sheet = book.add_worksheet(SHEET_NAME.sub(" ", title)[:31].strip("' ") or "Encours")
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
        _print_setup(sheet)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column.title, head)
        line = 0
        for line, row in enumerate(rows, 1):
            _write(sheet, line, columns, row, plain)
        sheet.autofilter(0, 0, max(line, 1), len(columns) - 1)
        if totals is not None:
            _write(sheet, line + 1, columns, totals, strong)
    return buffer.getvalue()


def _print_setup(sheet: Any) -> None:
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def _write(sheet: Any, line: int, columns: Sequence[Column], row: Sequence[Any], formats: Sequence[Any]) -> None:
    for place, (column, value) in enumerate(zip(columns, row, strict=True)):
        if value is None or value == "":
            sheet.write_blank(line, place, None, formats[place])
        elif column.kind == "money" and isinstance(value, int):
            sheet.write_number(line, place, value / 100, formats[place])
        elif column.kind == "number" and isinstance(value, int | float):
            sheet.write_number(line, place, value, formats[place])
        elif column.kind == "day" and isinstance(value, date):
            sheet.write_datetime(line, place, value, formats[place])
        else:
            sheet.write_string(line, place, str(value), formats[place])


def csv_text(columns: Sequence[Column], rows: Iterable[Sequence[Any]], language: str = "fr") -> str:
    """The list as CSV that the reader's Excel opens with a double click: semicolon and decimal comma, except in English."""
    english = language == "en"
    buffer = io.StringIO()
    buffer.write(BOM)
    writer = csv.writer(buffer, delimiter="," if english else ";", lineterminator="\r\n")
    writer.writerow([_safe(c.title) for c in columns])
    cells = [_cell(c.kind, language, "." if english else ",") for c in columns]
    for row in rows:
        writer.writerow([cell(value) for cell, value in zip(cells, row, strict=True)])
    return buffer.getvalue()


def _cell(kind: str, language: str, decimal: str) -> Callable[[Any], str]:
    if kind == "money":
        return partial(_amount, decimal)
    if kind == "day":
        return partial(_day, language)
    return _plain


def _amount(decimal: str, cents: Any) -> str:
    if not isinstance(cents, int):
        return _plain(cents)
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}{decimal}{abs(cents) % 100:02}"


def _day(language: str, value: Any) -> str:
    return words.day(value, language) if isinstance(value, date) else _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, int | float):
        return str(value)
    return _safe("" if value is None else str(value))


def _safe(text: str) -> str:
    return "'" + text if text.startswith(FORMULA) else text
