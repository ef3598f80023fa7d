"""The lines of a FEC → blocks of fields, every line of the header's width.

Quick when nothing is special: a whole chunk is split at once. Quotes, separators inside a label and missing or extra
columns take the slow way, and what stays wrong refuses the file, naming the line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import islice
from typing import NamedTuple

from integrations.files import Refused
from integrations.ledgers import text
from integrations.ledgers.fec_columns import Layout
from integrations.ledgers.workbook import Workbook

Sound = Callable[[list[str]], bool]  # whether fields make sense as an entry line
Row = tuple[int, list[str]]

NEAR = 1024 * 1024  # how far behind the middle an entry is looked for
MAX_JOINED = 20  # physical lines one quoted field may spread over
BATCH = 5_000


class Block(NamedTuple):
    """Some lines, flat: the fields of line i start at `i * stride`. `numbers` are the line numbers in the file."""

    cells: list[str]
    stride: int
    numbers: Sequence[int]


def entry_boundary(data: bytes, layout: Layout) -> int:
    """Where, at or after the middle of a text, a line begins that is not of the entry of the line before; 0 when that
    cannot be told at a glance (quotes, line ends of another kind, no such place near)."""
    start = data.find(b"\n", len(data) // 2) + 1
    if not start or b'"' in data:
        return 0
    names = [layout.at[name] for name in ("JournalCode", "EcritureNum", "EcritureDate")]
    separator, before = layout.separator.encode(), None
    while (end := data.find(b"\n", start)) >= 0 and start < len(data) // 2 + NEAR:
        fields = data[start:end].split(separator)
        if len(fields) != len(layout.header):
            return 0
        journal, number, day = (fields[index] for index in names)
        mine = (journal, number, b"" if number.strip(b" 0") else day)
        if before is not None and mine != before:
            return start
        before, start = mine, end + 1
    return 0


def text_blocks(data: bytes, layout: Layout, sound: Sound, lines_before: int = 0) -> Iterator[Block]:
    """The lines of a text after its header; `lines_before`: of the file, ahead of a text that is only its end."""
    if b'"' in data:
        yield from _batches(_quoted_rows(data, layout, sound), len(layout.header))
        return
    separator, width = layout.separator, len(layout.header)
    stride, number = width + 1, lines_before
    for chunk in text.chunks(data, layout.encoding, lines_before):
        first = number + 1
        if number < layout.line:
            header, number = chunk.split("\n", layout.line), layout.line
            chunk, first = header[layout.line] if len(header) > layout.line else "", layout.line + 1
        count = chunk.count("\n") + (bool(chunk) and not chunk.endswith("\n"))
        # A cell of its own for each line end: all stand where they must if and only if all lines have the width.
        cells = chunk.replace("\n", f"{separator}\n{separator}").split(separator)
        if chunk.endswith("\n"):
            cells.pop()
        elif chunk:
            cells.append("\n")
        number = first - 1 + count
        if len(cells) == count * stride and cells[width::stride].count("\n") == count:
            yield Block(cells, stride, range(first, first + count))
        else:
            lines = chunk.removesuffix("\n").split("\n")
            yield from _batches(_mended_rows(lines, first, layout, sound), width)


def workbook_blocks(book: Workbook, layout: Layout) -> Iterator[Block]:
    """The rows of a workbook after its header, as text: dates AAAAMMJJ, numbers with a decimal point."""
    return _batches(_workbook_rows(book, layout), len(layout.header))


def _batches(rows: Iterable[Row], width: int) -> Iterator[Block]:
    rest = iter(rows)
    while batch := list(islice(rest, BATCH)):
        yield Block([field for _, fields in batch for field in fields], width, [number for number, _ in batch])


def _mended_rows(lines: list[str], first: int, layout: Layout, sound: Sound) -> Iterator[Row]:
    for number, line in enumerate(lines, first):
        fields: list[str] | None = line.split(layout.separator)
        if fields is not None and len(fields) != len(layout.header):
            fields = _mend(fields, layout, number, sound)
        if fields is not None:
            yield number, fields


def _workbook_rows(book: Workbook, layout: Layout) -> Iterator[Row]:
    width = len(layout.header)
    for number, row in enumerate(book.rows(layout.sheet), 1):
        if number <= layout.line:
            continue
        fields = [_cell_text(cell) for cell in row[:width]]
        if any(field.strip() for field in fields):
            yield number, fields + [""] * (width - len(fields))


def _quoted_rows(data: bytes, layout: Layout, sound: Sound) -> Iterator[Row]:
    """As `_mended_rows` for files with quotes: a field in quotes may hold separators, doubled quotes, line ends."""
    number, width = 0, len(layout.header)
    opened: list[str] = []  # lines of a quoted field that has not closed yet
    for chunk in text.chunks(data, layout.encoding):
        for line in chunk.removesuffix("\n").split("\n"):
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
                    fields = _mend(fields or raw, layout, number - len(opened), sound)
            if fields is not None:
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


def _mend(fields: list[str], layout: Layout, number: int, sound: Sound) -> list[str] | None:
    """Fields of a line whose count differs from the header's; None for a blank line."""
    if not any(field.strip() for field in fields):
        return None
    width, named = len(layout.header), layout.named
    if named <= len(fields) < width:
        return fields + [""] * (width - len(fields))
    if len(fields) > width:
        extra = len(fields) - width
        if not any(field.strip() for field in fields[width:]) and sound(fields[:width]):
            return fields[:width]
        if layout.separator in "|;":  # programs write these in labels; nobody types a tab there
            at = layout.at["EcritureLib"]
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
