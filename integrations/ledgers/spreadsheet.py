"""CSV, XLSX, XLS and ODS lists through a `Mapping` → `LedgerSnapshot`: open items, journals, third parties.

Title rows, section rows, repeated headers, subtotals and totals are told from data; a row that cannot be told is
refused, with the whole file, naming line and column."""

from __future__ import annotations

from dataclasses import replace

from integrations.ledgers import guess, tables
from integrations.ledgers.rows_journal import read_journal
from integrations.ledgers.rows_open import read_open_items
from integrations.ledgers.rows_parties import read_third_parties
from integrations.ledgers.sheet import Sheet
from integrations.ledgers.values import KINDS, Preview, ReadOptions, Refused, Sniffed
from rules.ledger import LedgerSnapshot


def sniff(data: bytes, filename: str, sheet: str = "") -> Sniffed:
    """What a spreadsheet seems to be, with a proposed mapping; `Refused` when nothing in it is like a header."""
    return guess.sniff_tables(tables.load(data, sheet))


def read(data: bytes, filename: str, options: ReadOptions) -> LedgerSnapshot:
    """The whole sheet as `options.mapping` says, or as sniffed when that leaves nothing open."""
    if options.mapping is None:
        sniffed = sniff(data, filename)
        if not sniffed.certain or sniffed.mapping is None:
            raise Refused("mapping_needed", line=sniffed.mapping.header_row if sniffed.mapping else 1)
        options = replace(options, mapping=sniffed.mapping)
    mapping = options.mapping
    assert mapping is not None
    if mapping.kind not in KINDS:
        raise Refused("mapping_incomplete", value="kind")
    missing = guess.missing_fields(mapping)
    if missing:
        raise Refused("mapping_incomplete", line=mapping.header_row, value=missing[0])
    sheet = Sheet(tables.load_for(data, options), mapping, options)
    if mapping.kind == "journal":
        return read_journal(sheet)
    return read_third_parties(sheet) if mapping.kind == "third_parties" else read_open_items(sheet)


def preview(data: bytes, filename: str, options: ReadOptions, rows: int = 8) -> Preview:
    """The first rows and the totals of a reading; a refusal is carried, not raised."""
    try:
        snapshot = read(data, filename, options)
    except Refused as refused:
        return Preview(refused=refused)
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
