"""The lines of a FEC → fields, one list per line, all of the header's width.

Quick when nothing is special (split on the separator); quotes, separators inside a label and missing or extra
columns take the slow way, and what stays wrong refuses the file, naming the line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import date, datetime

from integrations.ledgers import text
from integrations.ledgers.fec_columns import Layout
from integrations.ledgers.values import ReadOptions, Refused
from integrations.ledgers.workbook import Workbook

Row = tuple[int, list[str]]
MAX_JOINED = 20  # physical lines one quoted field may spread over


def text_rows(data: bytes, layout: Layout, sound: Callable[[list[str]], bool]) -> Iterator[Row]:
    """Number and fields of each line after the header; `sound` says whether fields make sense as an entry line."""
    if b'"' in data:
        yield from _quoted_rows(data, layout, sound)
        return
    number, separator, width = 0, layout.separator, len(layout.header)
    for lines in text.blocks(data, layout.encoding):
        for line in lines:
            number += 1
            fields = line.split(separator)
            if len(fields) != width:
                mended = _mend(fields, layout, number, sound)
                if mended is None:
                    continue
                fields = mended
            if number > layout.line:
                yield number, fields


def workbook_rows(data: bytes, layout: Layout, options: ReadOptions) -> Iterator[Row]:
    """Number and fields of each row after the header, as text: dates AAAAMMJJ, numbers with a decimal point."""
    width = len(layout.header)
    for number, row in enumerate(Workbook(data).rows(layout.sheet), 1):
        if number > options.max_rows:
            raise Refused("too_many_lines", line=number, value=options.max_rows)
        if number <= layout.line:
            continue
        fields = [_cell_text(cell) for cell in row[:width]]
        if any(field.strip() for field in fields):
            yield number, fields + [""] * (width - len(fields))


def _quoted_rows(data: bytes, layout: Layout, sound: Callable[[list[str]], bool]) -> Iterator[Row]:
    """As `text_rows` for files with quotes: a field in quotes may hold separators, doubled quotes, line ends."""
    number, width = 0, len(layout.header)
    opened: list[str] = []  # lines of a quoted field that has not closed yet
    for lines in text.blocks(data, layout.encoding):
        for line in lines:
            number += 1
            if number <= layout.line:
                continue
            whole = "\n".join([*opened, line]) if opened else line
            fields = _split_quoted(whole, layout.separator)
            if fields is None or len(fields) != width:
                raw = line.split(layout.separator)
                if not opened and len(raw) == width:
                    fields = raw  # a lone quote is only a character: 24" screen
                elif fields is None and len(opened) < MAX_JOINED:
                    opened.append(line)
                    continue
                else:
                    mended = _mend(fields or raw, layout, number - len(opened), sound)
                    if mended is None:
                        continue
                    fields = mended
            yield number - len(opened), fields
            opened = []
    if opened:
        raise Refused("column_count", line=number - len(opened) + 1, value=1, expected=layout.named)


def _split_quoted(line: str, separator: str) -> list[str] | None:
    """Fields of a line, or None when a quoted field is still open at its end."""
    if '"' not in line:
        return line.split(separator)
    if line.count('"') % 2:
        return None
    rows = list(csv.reader(line.splitlines(keepends=True) if "\n" in line else [line], delimiter=separator))
    return rows[0] if len(rows) == 1 else None


def _mend(
    fields: list[str], layout: Layout, number: int, sound: Callable[[list[str]], bool]
) -> list[str] | None:
    """Fields of a line whose count differs from the header's; None for a blank line."""
    if not any(field.strip() for field in fields):
        return None
    width, named = len(layout.header), layout.named
    if named <= len(fields) < width:
        return fields + [""] * (width - len(fields))
    if len(fields) > width:
        extra = len(fields) - width
        if not any(field.strip() for field in fields[width:]) and (number <= layout.line or sound(fields[:width])):
            return fields[:width]
        for name in ("EcritureLib", "CompAuxLib", "CompteLib"):
            at = layout.at[name]
            label = layout.separator.join(fields[at : at + extra + 1])
            joined = [*fields[:at], label, *fields[at + extra + 1 :]]
            if sound(joined):
                return joined
    raise Refused("column_count", line=number, value=len(fields), expected=named)


def _cell_text(cell: object) -> str:
    if isinstance(cell, datetime | date):
        return cell.strftime("%Y%m%d")
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
