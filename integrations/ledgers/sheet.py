"""A table under a mapping: rows of data told from the rest, cells understood, errors with line and column."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from integrations.files import Refused
from integrations.ledgers.columns import AMOUNTS, candidates, known_word, normalise
from integrations.ledgers.dates import date_of_cell, plain
from integrations.ledgers.guess import SECTION_TITLES, TOTAL
from integrations.ledgers.tables import Table, cell_text, filled
from integrations.ledgers.values import Mapping, ReadOptions
from rules.errors import DomainError
from rules.ledger import Remark
from rules.money import cents_of_number, parse_cents

MAX_REMARKS = 50  # of one code
_DATED = ("document_on", "entry_on", "due_on")
_NOTHING = frozenset(("-", "–", "—"))


@dataclass(slots=True)
class Row:
    """A row of data: its line in the file, its cells by field, the section it stands under."""

    line: int
    cells: dict[str, object]
    section: str = ""


class Sheet:
    """The rows of data of a table and how to understand their cells."""

    def __init__(self, table: Table, mapping: Mapping, options: ReadOptions) -> None:
        self.table, self.mapping, self.options = table, mapping, options
        self.columns = dict(mapping.columns)
        self.headers: list[str] = []
        self.remarks: list[Remark] = []
        self.lines_read = 0
        self._remarked: dict[str, int] = {}
        self._sums = _Sums()
        self._days: dict[str, date] = {}  # texts already read as days
        self._cents: dict[str, int] = {}  # and as amounts

    @property
    def day(self) -> date | None:
        """The day of an open-items list: what its title says, else today."""
        return self.mapping.as_of or self.options.today

    @property
    def currency(self) -> str:
        """Of amounts that have no currency of their own."""
        return self.mapping.currency or self.options.currency

    def rows(self) -> Iterator[Row]:
        """Rows with an amount (a name in lists of customers); titles and totals are left out."""
        section = ""
        place = next((index for index, line in enumerate(self.table.numbers) if line == self.mapping.header_row), None)
        if place is None:
            raise Refused("header_missing", line=self.mapping.header_row)
        self._set_header(self.table.rows[place])
        for line, row in zip(self.table.numbers[place + 1 :], self.table.rows[place + 1 :], strict=True):
            full = filled(row)
            if not full or self._is_header(row, full):
                continue
            cells = {name: row[at] for name, at in self.columns.items() if at < len(row)}
            if not any(self._holds(cells.get(name)) for name in self._wanted):
                words = [cell_text(row[at]) for at in full if isinstance(row[at], str)]
                if self.mapping.sections and words and len(full) <= 3 and not self._is_title(words[0]):
                    section = " ".join(words)
                elif self._holds(cells.get("piece")) and any(self._holds(cells.get(name)) for name in _DATED):
                    self.remark("amount_missing", Row(line, cells), self.header(self._wanted[0]))
                continue
            if self._is_total(cells, [str(row[at]) for at in full[:3] if isinstance(row[at], str)][:2]):
                self._sums.close()
                continue
            self.lines_read += 1
            yield Row(line, cells, section)

    def text(self, row: Row, name: str) -> str:
        """A cell as text, "" when there is none."""
        cell = row.cells.get(name, "")
        return cell_text(cell) if cell != "" else ""

    def cents(self, row: Row, name: str) -> int | None:
        """A cell's amount in cents, None when it is empty; refuses what is no amount."""
        cell = row.cells.get(name)
        if not self._holds(cell):
            return None
        try:
            if isinstance(cell, int | float) and not isinstance(cell, bool):
                return cents_of_number(cell)
            text = str(cell)
            if text not in self._cents:
                nothing = text.strip() in _NOTHING
                self._cents[text] = 0 if nothing else parse_cents(text, self.mapping.decimal or None)
            return self._cents[text]
        except DomainError as error:
            raise self.refused(error.code, row, name) from None

    def day_of(self, row: Row, name: str) -> date | None:
        """A cell's day, None when it is empty; refuses what is no date."""
        cell = row.cells.get(name)
        if not self._holds(cell) or str(cell).strip() in _NOTHING:
            return None
        known = self._days.get(cell) if isinstance(cell, str) else None
        if known is not None:
            return known
        try:
            day = date_of_cell(cell, self.mapping.date_order)
        except (ValueError, OverflowError):
            raise self.refused("date_unreadable", row, name) from None
        if isinstance(cell, str):
            self._days[cell] = day
        return day

    def is_sum(self, row_cents: int) -> bool:
        """Whether an amount only repeats the sum of the rows above it (since the last such sum, or of all)."""
        return self._sums.is_sum(row_cents)

    def add(self, row_cents: int) -> None:
        """Counts a row's amount towards the sums that may follow it."""
        self._sums.add(row_cents)

    def refused(self, code: str, row: Row, name: str) -> Refused:
        """The refusal of one cell."""
        return Refused(code, line=row.line, column=self.header(name) or name, value=cell_text(row.cells.get(name, "")))

    def header(self, name: str) -> str | None:
        """The header of a field's column, in the words of the file."""
        at = self.columns.get(name)
        return self.headers[at] if at is not None and at < len(self.headers) else None

    def remark(self, code: str, row: Row | None = None, column: str | None = None, **params: object) -> None:
        """Notes something; at most fifty times per code."""
        self._remarked[code] = self._remarked.get(code, 0) + 1
        if self._remarked[code] <= MAX_REMARKS:
            self.remarks.append(Remark(code, row.line if row else None, column, params))

    def _set_header(self, row: list[object]) -> None:
        self.headers = [cell_text(cell) for cell in row]
        self._spoken = [normalise(header) for header in self.headers]
        # The fields one of which makes a row data.
        amounts = tuple(name for name in AMOUNTS if name in self.columns and name != "credit_limit")
        self._wanted = ("customer", "name") if self.mapping.kind == "third_parties" else amounts

    def _is_header(self, row: list[object], full: list[int]) -> bool:
        """Whether a row is a header again: the same on a new page, or another of the same words (then remapped)."""
        texts = {at: str(row[at]) for at in full if isinstance(row[at], str)}
        if len(texts) < 2 or len(texts) < len(full):
            return False
        raw = all(at < len(self.headers) and self.headers[at] == text.strip() for at, text in texts.items())
        if raw or any(text.lstrip()[:1].isdigit() for text in texts.values()):
            return raw
        same = sum(at < len(self._spoken) and self._spoken[at] == normalise(text) != "" for at, text in texts.items())
        if same == len(texts):
            return True
        if same < 2 or sum(known_word(text) for text in texts.values()) < max(3, len(self.columns) // 2):
            return False
        columns: dict[str, int] = {}
        before = {self._spoken[at]: name for name, at in self.columns.items() if at < len(self._spoken)}
        for at, text in texts.items():
            name = before.get(normalise(text)) or (candidates(text)[0][1] if known_word(text) else "")
            if name and name not in columns:
                columns[name] = at
        self.columns = columns
        self._set_header(row)
        return True

    def _is_title(self, text: str) -> bool:
        spoken = plain(text)
        return bool(TOTAL.match(spoken) or SECTION_TITLES.search(spoken))

    def _is_total(self, cells: dict[str, object], words: list[str]) -> bool:
        """A row of totals says so in its first word and has no date and no invoice number of its own."""
        if not any(_says_total(word) for word in words):
            return False
        own = [name for name in _DATED if name in self.columns and self._holds(cells.get(name))]
        return not any(self._looks_dated(cells[name]) for name in own)

    def _looks_dated(self, cell: object) -> bool:
        if isinstance(cell, date | datetime):
            return True
        try:
            date_of_cell(cell, self.mapping.date_order)
        except (ValueError, OverflowError):
            return False
        return True

    @staticmethod
    def _holds(cell: object) -> bool:
        return cell is not None and str(cell).strip() != ""


@functools.lru_cache(4096)
def _says_total(word: str) -> bool:
    return not word[:1].isdigit() and bool(TOTAL.match(plain(word.strip())))


@dataclass(slots=True)
class _Sums:
    """Sums of amounts: of all rows, and of those since the last subtotal."""

    whole: int = 0
    part: int = 0
    rows: int = field(default=0)

    def add(self, cents: int) -> None:
        self.whole += cents
        self.part += cents
        self.rows += 1

    def close(self) -> None:
        self.part, self.rows = 0, 0

    def is_sum(self, cents: int) -> bool:
        if cents == self.whole or (self.rows > 0 and cents == self.part):
            self.close()
            return True
        return False
