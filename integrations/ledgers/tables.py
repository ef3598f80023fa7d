"""A spreadsheet, whatever its file → rows of cells with their line numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from integrations.files import Refused
from integrations.ledgers import text
from integrations.ledgers.values import ReadOptions
from integrations.ledgers.workbook import Workbook

DELIMITERS = ("\t", ";", "|", ",")
LOOK_AT = 200  # rows that decide about a delimiter


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one sheet or CSV file; `numbers` are their lines in the file, from 1."""

    rows: list[list[object]]
    numbers: list[int]
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    encoding: str = ""
    delimiter: str = ""


def load(source: bytes | Workbook, sheet: str = "", delimiter: str = "", encoding: str = "", max_rows: int = 0) -> list[Table]:
    """The sheets of a workbook (or only `sheet`), or the one table of a text file.

    Raises `Refused` for what is neither, is empty, or has more rows than `max_rows` (0 = no limit)."""
    tables = _sheets(source, sheet) if isinstance(source, Workbook) else [_text(source, delimiter, encoding)]
    for table in tables:
        if max_rows and len(table.rows) > max_rows:
            raise Refused("too_many_lines", line=max_rows + 1, value=max_rows)
    if not any(table.rows for table in tables):
        raise Refused("file_empty")
    return tables


def load_for(source: bytes | Workbook, options: ReadOptions) -> Table:
    """The table a mapping was made for."""
    mapping = options.mapping
    assert mapping is not None
    return load(source, mapping.sheet, mapping.delimiter, mapping.encoding, options.max_rows)[0]


def cell_text(cell: object) -> str:
    """A cell as a person reads it: no ".0" on whole numbers, days as 2026-11-20, trimmed, single spaces."""
    if isinstance(cell, str):
        if cell.isalnum():
            return cell
    elif isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    elif isinstance(cell, date):
        return cell.strftime("%Y-%m-%d")
    found = str(cell)
    if not found.isprintable():
        found = "".join(char if char.isprintable() else " " for char in found)
    return " ".join(found.split())


def filled(row: list[object]) -> list[int]:
    """Indexes of the cells that hold something."""
    return [index for index, cell in enumerate(row) if cell is not None and str(cell).strip()]


def _sheets(book: Workbook, sheet: str) -> list[Table]:
    names = (sheet,) if sheet else book.sheets[:20]
    tables = []
    for name in names:
        rows = book.rows(name)
        tables.append(Table(rows, list(range(1, len(rows) + 1)), name, book.sheets))
    return tables


def _text(data: bytes, delimiter: str, encoding: str) -> Table:
    if data[:5] in (b"%PDF-", b"{\\rtf") or data[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"Rar!"):
        raise Refused("not_recognised", line=1)
    unwrapped, found = text.unwrap(data)
    decoded = unwrapped.rstrip(b"\x1a").decode(text.codec(found))
    first, _, rest = decoded.partition("\n")
    skipped = 0
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        decoded, skipped, delimiter = rest, 1, first.strip()[4]
    delimiter = delimiter or _delimiter(decoded)
    rows: list[list[object]] = []
    numbers = []
    reader = csv.reader(io.StringIO(decoded, newline=""), delimiter=delimiter)
    line = 1
    try:
        for row in reader:
            rows.append(list(row))
            numbers.append(line + skipped)
            line = reader.line_num + 1
    except csv.Error as error:
        raise Refused("row_unreadable", line=line + skipped, value=str(error)) from error
    return Table(rows, numbers, encoding=encoding or found, delimiter=delimiter)


def _delimiter(decoded: str) -> str:
    """The delimiter that gives most rows the same number of columns, and more than one."""
    sample = list(io.StringIO(decoded[: 256 * 1024], newline=""))[:LOOK_AT]
    best, best_score = "", 0.0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if any(cell.strip() for cell in row)]
        except csv.Error:
            continue
        wide = [width for width in widths if width > 1]
        if not wide:
            continue
        mode = max(set(wide), key=lambda width: (wide.count(width), width))
        score = wide.count(mode) / len(widths) * min(mode, 12)
        if score > best_score:
            best, best_score = delimiter, score
    if not best:
        raise Refused("not_recognised", line=1)
    return best
