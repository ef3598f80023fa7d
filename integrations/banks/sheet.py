"""CSV, XLSX, XLS and ODS lists of movements, as banks let their customers download them, through the ledgers' wizard.

`sniff` proposes a `Mapping` of kind "bank"; `read` uses the one given, or the proposed one when it leaves nothing open.
A running balance gives opening and closing balance and is checked row by row."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

from integrations.banks import references
from integrations.banks.columns import FIELDS, REQUIRED, field_of, of_a_ledger
from integrations.banks.text import account, gives_back, is_iban, like_iban, reference, tidy
from integrations.banks.values import (
    MAX_ACCOUNT,
    MAX_NAME,
    MAX_REFERENCE,
    MAX_TEXT,
    BankOptions,
    Mapping,
    Notes,
    Refused,
    too_many,
)
from integrations.ledgers import tables, workbook
from integrations.ledgers.dates import date_order, plain
from integrations.ledgers.guess import guess_decimal, looks_like, shape_of
from integrations.ledgers.sheet import Row, Sheet
from integrations.ledgers.tables import Table, cell_text, filled
from integrations.ledgers.values import IGNORED, RECOGNISED, TO_CHECK, ColumnGuess, ReadOptions, Sniffed
from rules.bank import BankFile, Movement, Statement

KIND = "bank"
LOOK_FOR_HEADER, SAMPLE = 60, 2_000
LOOK_AT = 512 * 1024  # bytes of a text file that tell what it is
_DATES = ("entry_on", "value_on")
_AMOUNTS = ("amount", "debit", "credit", "balance")
_CURRENCY = re.compile(r"[A-Z]{3}")
_ACCOUNT = re.compile(r"(?:compte|account|rekening|konto|rib)\D{0,20}([0-9][0-9 ]{6,30}[0-9])", re.IGNORECASE)
_DEBIT_WORDS = frozenset(("d", "db", "dr", "debit", "af", "s", "soll", "-", "uit", "dbit"))
_CREDIT_WORDS = frozenset(("c", "cr", "credit", "bij", "h", "haben", "+", "in", "crdt"))


def sniff(data: bytes, sheet: str = "") -> Sniffed | None:
    """What the list seems to be, with a proposed mapping; None when it is no bank's list. Raises `Refused` when it cannot
    be opened at all."""
    source = workbook.opened(data)
    if isinstance(source, bytes) and len(source) > LOOK_AT:
        source = source[: source.rfind(b"\n", 0, LOOK_AT) + 1] or source[:LOOK_AT]
    found = _best(tables.load(source, sheet))
    return None if found is None else _described(*found)


def read(data: bytes, options: BankOptions) -> BankFile:
    """The whole list as `options.mapping` says, or as sniffed when that leaves nothing open."""
    source = workbook.opened(data)
    mapping = options.mapping
    if mapping is None:
        found = _best(tables.load(source))
        if found is None:
            raise Refused("not_recognised", line=1)
        sniffed = _described(*found)
        mapping = sniffed.mapping
        if not sniffed.certain or mapping is None:
            raise Refused("mapping_needed", line=mapping.header_row if mapping else 1)
    if mapping.kind != KIND:
        raise Refused("mapping_incomplete", value="kind")
    missing = missing_fields(mapping)
    if missing:
        raise Refused("mapping_incomplete", line=mapping.header_row, value=missing[0])
    chosen = ReadOptions(currency=options.currency, mapping=mapping, max_rows=options.max_movements + 1_000)
    table = tables.load_for(source, chosen)
    return _Reader(Sheet(table, mapping, chosen), options).read()


def missing_fields(mapping: Mapping) -> tuple[str, ...]:
    """The first field of each group that the mapping must have and has not."""
    return tuple(group[0] for group in REQUIRED if not set(mapping.columns) & set(group))


def _best(found: list[Table]) -> tuple[Table, int, dict[str, int]] | None:
    """The table, row and columns most like a bank's list."""
    best: tuple[int, Table, int, dict[str, int]] | None = None
    for table in found:
        for place, row in enumerate(table.rows[:LOOK_FOR_HEADER]):
            texts = {at: str(row[at]) for at in filled(row) if isinstance(row[at], str)}
            if len(texts) < 3 or any(of_a_ledger(text) for text in texts.values()):
                continue
            columns = _columns(texts, table.rows[place + 1 : place + 301])
            have = set(columns)
            if not all(have & set(group) for group in REQUIRED) or not have & {"label", "name", "more", "reference"}:
                continue
            if best is None or len(columns) > best[0]:
                best = len(columns), table, place, columns
    return best[1:] if best else None


def _columns(texts: dict[int, str], below: list[list[object]]) -> dict[str, int]:
    """field → column: each field once, its most telling header first; cells must look like the field."""
    ranked = sorted((rank, at, name) for at, text in texts.items() for name, rank in (field_of(text),) if name)
    chosen: dict[str, int] = {}
    for _, at, name in ranked:
        cells = [row[at] for row in below if at < len(row) and str(row[at]).strip()]
        if name == "own_account" and len({account(str(cell)) for cell in cells}) > 1:
            name = "iban"  # an account that changes from row to row is the other side's
        if (
            name == "iban"
            and "own_account" not in chosen
            and len({account(str(cell)) for cell in cells}) == 1
            and len(cells) > 2
        ):
            name = "own_account"
        if name == "label" and "label" in chosen:
            name = "more"
        shape = "entry_on" if name in _DATES else "amount" if name in _AMOUNTS else ""
        if name in chosen or (shape and not looks_like(shape, cells)):
            continue
        chosen[name] = at
    if {"debit", "credit"} <= chosen.keys():
        chosen.pop("amount", None)
        chosen.pop("side", None)
    return chosen


def _described(table: Table, place: int, columns: dict[str, int]) -> Sniffed:
    headers = [cell_text(cell) for cell in table.rows[place]]
    below = [row for row in table.rows[place + 1 : place + 1 + SAMPLE] if filled(row)]
    decimal, decimal_sure = guess_decimal(_texts(below, columns, _AMOUNTS), table.delimiter)
    days = _texts(below, columns, _DATES)
    order = date_order(days)
    mapping = Mapping(
        KIND,
        columns,
        sheet=table.sheet,
        header_row=table.numbers[place],
        delimiter=table.delimiter,
        encoding=table.encoding,
        decimal=decimal,
        date_order=order if order in ("mdy", "dmy") else "dmy",
    )
    doubtful = (set() if decimal_sure else set(_AMOUNTS)) | (set() if order or not days else set(_DATES))
    by_column = {at: name for name, at in columns.items()}
    guesses = []
    for at, header in enumerate(headers):
        name = by_column.get(at, "")
        sure = RECOGNISED if name and name not in doubtful else TO_CHECK if name else IGNORED
        samples = [cell_text(row[at]) for row in below[:50] if at < len(row) and str(row[at]).strip()]
        guesses.append(ColumnGuess(at, header, name, sure, tuple(samples[:3])))
    return Sniffed(
        "spreadsheet",
        KIND,
        shape=shape_of(headers),
        encoding=table.encoding,
        delimiter=table.delimiter,
        sheets=table.sheets,
        mapping=mapping,
        columns=tuple(guesses),
        missing=missing_fields(mapping),
        first_rows=tuple(tuple(cell_text(cell) for cell in row) for row in table.rows[place : place + 12] if filled(row)),
        certain=not any(guess.confidence == TO_CHECK for guess in guesses),
    )


def _texts(rows: list[list[object]], columns: dict[str, int], names: tuple[str, ...]) -> list[str]:
    """Cells of some fields that are text with a digit."""
    at = [columns[name] for name in names if name in columns]
    cells = [row[index] for row in rows for index in at if index < len(row)]
    return [cell for cell in cells if isinstance(cell, str) and re.search(r"[0-9]", cell)]


@dataclass(slots=True)
class _Line:
    """A row read: its movement, whose account it is on, the balance after it."""

    movement: Movement
    own: str
    balance: int | None


class _Reader:
    """The rows of data → statements, one for each account and currency."""

    def __init__(self, sheet: Sheet, options: BankOptions) -> None:
        self.sheet, self.options = sheet, options
        self.notes = Notes()
        unknown = set(sheet.columns) - set(FIELDS)
        if unknown:
            raise Refused("mapping_incomplete", line=sheet.mapping.header_row, value=min(unknown))

    def read(self) -> BankFile:
        """The file, or `Refused` naming line and column."""
        rows = []
        for row in self.sheet.rows():
            rows.append(row)
            if len(rows) > self.options.max_movements:
                raise too_many(row.line, self.options.max_movements)
        if not rows:
            raise Refused("no_rows", line=self.sheet.mapping.header_row)
        signed = self._debits_are_signed(rows)
        title = self.options.account or self._account_in_title()
        groups: dict[tuple[str, str], list[_Line]] = {}
        for row in rows:
            line = self._line(row, signed)
            groups.setdefault((line.own or title, line.movement.currency), []).append(line)
        statements = [self._statement(own, currency, lines) for (own, currency), lines in groups.items()]
        return BankFile("sheet", statements, self.notes.remarks + self.sheet.remarks, self.sheet.lines_read)

    def _debits_are_signed(self, rows: list[Row]) -> bool:
        """Whether the column of debits writes them with a minus."""
        found = [self.sheet.cents(row, "debit") or 0 for row in rows]
        return sum(value < 0 for value in found) > sum(value > 0 for value in found)

    def _line(self, row: Row, signed_debits: bool) -> _Line:
        sheet = self.sheet
        booked_on = sheet.day_of(row, "entry_on")
        if booked_on is None:
            raise Refused("date_missing", line=row.line)
        label, more = sheet.text(row, "label"), sheet.text(row, "more")
        text = tidy(f"{label} {more}") if more != label else label
        number = account(sheet.text(row, "iban"))
        given = reference(sheet.text(row, "reference"))
        currency = sheet.text(row, "currency").upper()
        if currency and not _CURRENCY.fullmatch(currency):
            currency = {"€": "EUR", "EURO": "EUR", "EUROS": "EUR", "$": "USD", "£": "GBP"}.get(currency, "")
            if not currency:
                raise sheet.refused("currency_unreadable", row, "currency")
        structured = references.bare(given) if references.found_in(given) else references.found_in(text)
        movement = Movement(
            row.line,
            booked_on,
            self._amount(row, signed_debits),
            currency or sheet.currency,
            sheet.day_of(row, "value_on"),
            given[:MAX_REFERENCE],
            sheet.text(row, "name")[:MAX_NAME],
            number[:MAX_ACCOUNT],
            "",
            structured,
            "",
            text[:MAX_TEXT],
            returned=gives_back(text),
        )
        return _Line(movement, account(sheet.text(row, "own_account"))[:MAX_ACCOUNT], sheet.cents(row, "balance"))

    def _amount(self, row: Row, signed_debits: bool) -> int:
        sheet = self.sheet
        if "amount" not in sheet.columns:
            debit, credit = sheet.cents(row, "debit") or 0, sheet.cents(row, "credit") or 0
            return credit + debit if signed_debits else credit - debit
        amount = sheet.cents(row, "amount") or 0
        side = plain(sheet.text(row, "side")).strip().rstrip(".")
        if side in _DEBIT_WORDS:
            return -abs(amount)
        if side in _CREDIT_WORDS:
            return abs(amount)
        if side:
            raise sheet.refused("side_unreadable", row, "side")
        return amount

    def _account_in_title(self) -> str:
        """The account named above the header: an IBAN, else digits behind the word "compte"."""
        above = [
            str(cell)
            for number, row in zip(self.sheet.table.numbers, self.sheet.table.rows, strict=True)
            if number < self.sheet.mapping.header_row
            for cell in row
            if str(cell).strip()
        ]
        for cell in above:
            for found in re.findall(r"[A-Za-z]{2}[0-9]{2}(?: ?[A-Za-z0-9]{1,4}){3,8}", cell):
                if is_iban(account(found)):
                    return account(found)
        found_number = _ACCOUNT.search(" ; ".join(above))
        return account(found_number[1]) if found_number else ""

    def _statement(self, own: str, currency: str, lines: list[_Line]) -> Statement:
        movements = [line.movement for line in lines]
        first = min(one.booked_on for one in movements)
        last = max(one.booked_on for one in movements)
        statement = Statement(
            own,
            currency,
            uid=f"{first.isoformat()}/{last.isoformat()}",
            closing_on=last,
            movements=movements,
            line=movements[0].line,
        )
        if not like_iban(own) and not own:
            self.notes.add("account_unknown", movements[0].line)
        opening = self._opening(lines, first)
        if opening is None:
            return statement
        closing = opening + sum(one.amount_cents for one in movements)
        return replace(statement, opening_cents=opening, closing_cents=closing, opening_on=first)

    def _opening(self, lines: list[_Line], first: date) -> int | None:
        """What the running balance starts from, oldest row first or last; None when the column does not run.

        Each balance less the amounts up to it is the opening balance: it must be the same in every row."""
        best: tuple[int, int, list[tuple[int, _Line]]] | None = None
        for ordered in (lines, lines[::-1]):
            total, seen = 0, []
            for line in ordered:
                total += line.movement.amount_cents
                if line.balance is not None:
                    seen.append((line.balance - total, line))
            if not seen:
                return None
            opening, times = Counter(value for value, _ in seen).most_common(1)[0]
            if best is None or times > best[0]:
                best = times, opening, seen
        assert best is not None
        times, opening, seen = best
        if times == len(seen):
            return opening
        if times * 2 <= len(seen):
            self.notes.add("balance_not_running", lines[0].movement.line)
            return None
        wrong, line = next((value, line) for value, line in seen if value != opening)
        raise Refused(
            "balance_breaks",
            line=line.movement.line,
            column=self.sheet.header("balance"),
            balance_cents=line.balance,
            gap_cents=wrong - opening,
            currency=line.movement.currency,
        )
