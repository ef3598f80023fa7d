"""CSV, XLSX, XLS and ODS lists through a `Mapping` → `LedgerSnapshot`: open items, journals, third parties.

Title rows, section rows, repeated headers, subtotals and totals are told from data; a row that cannot be told is
refused, with the whole file, naming line and column."""

from __future__ import annotations

from dataclasses import replace

from integrations.files import Refused
from integrations.ledgers import guess, tables
from integrations.ledgers.rows_journal import read_journal
from integrations.ledgers.rows_open import read_open_items
from integrations.ledgers.rows_parties import read_third_parties
from integrations.ledgers.sheet import Sheet
from integrations.ledgers.tables import Table
from integrations.ledgers.values import KINDS, Preview, ReadOptions, Sniffed
from integrations.ledgers.workbook import Workbook
from rules.ledger import LedgerSnapshot


def sniff(source: bytes | Workbook, sheet: str = "") -> Sniffed:
    """What a spreadsheet seems to be, with a proposed mapping; `Refused` when nothing in it is like a header."""
    return guess.sniff_tables(tables.load(source, sheet))


def read(source: bytes | Workbook, options: ReadOptions) -> LedgerSnapshot:
    """The whole sheet as `options.mapping` says, or as sniffed when that leaves nothing open."""
    if options.mapping is None:
        found = tables.load(source, max_rows=options.max_rows)
        sniffed = guess.sniff_tables(found)
        if not sniffed.certain or sniffed.mapping is None:
            raise Refused("mapping_needed", line=sniffed.mapping.header_row if sniffed.mapping else 1)
        table = next(table for table in found if table.sheet == sniffed.mapping.sheet)
        return _read(table, replace(options, mapping=sniffed.mapping))
    return _read(tables.load_for(source, options), options)


def shown(snapshot: LedgerSnapshot, rows: int) -> Preview:
    """The first rows and the totals of a reading."""
    open_cents: dict[str, int] = {}
    for line in snapshot.lines:
        if line.open_cents is not None:
            open_cents[line.currency] = open_cents.get(line.currency, 0) + line.open_cents
    customers = {line.customer for line in snapshot.lines} or {party.customer for party in snapshot.third_parties}
    return Preview(
        tuple(snapshot.lines[:rows]),
        tuple(snapshot.third_parties[:rows]),
        snapshot.lines_read,
        len(customers),
        snapshot.balance_cents,
        open_cents,
        tuple(snapshot.remarks),
    )


def _read(table: Table, options: ReadOptions) -> LedgerSnapshot:
    mapping = options.mapping
    assert mapping is not None
    if mapping.kind not in KINDS:
        raise Refused("mapping_incomplete", value="kind")
    missing = guess.missing_fields(mapping)
    if missing:
        raise Refused("mapping_incomplete", line=mapping.header_row, value=missing[0])
    sheet = Sheet(table, mapping, options)
    if mapping.kind == "journal":
        return read_journal(sheet)
    return read_third_parties(sheet) if mapping.kind == "third_parties" else read_open_items(sheet)
