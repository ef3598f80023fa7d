"""Files of accounting programs → `LedgerSnapshot`: recognised by content, read whole or refused whole.

`sniff` says what a file is, `read` reads it, `preview` shows how a mapping would read it. Hostile files are
read by the same functions in a child process with limits: `sandbox`."""

from __future__ import annotations

from types import ModuleType

from integrations.files import Refused, too_large
from integrations.ledgers import audit_xml, fec, fec_columns, saft, spreadsheet, workbook, xaf
from integrations.ledgers.values import (
    IGNORED,
    KINDS,
    RECOGNISED,
    TO_CHECK,
    ColumnGuess,
    Mapping,
    Preview,
    ReadOptions,
    Sniffed,
)
from rules.ledger import LedgerSnapshot

__all__ = [
    "IGNORED",
    "KINDS",
    "RECOGNISED",
    "TO_CHECK",
    "ColumnGuess",
    "Mapping",
    "Preview",
    "ReadOptions",
    "Sniffed",
    "preview",
    "read",
    "sniff",
]


_AUDIT_FILES: dict[str, ModuleType] = {"auditfile": xaf, "AuditFile": saft}
"""The readers of XML audit files by the name of the first element."""


def sniff(data: bytes, filename: str, sheet: str = "") -> Sniffed:
    """What the file is, by its content; raises `Refused` when it is nothing that can be read."""
    data = audit_xml.unzipped(data)
    if found := _audit_file(data):
        sniffed: Sniffed = found.sniff(audit_xml.opened(data))
        return sniffed
    source = workbook.opened(data)
    return (None if sheet else fec.sniff(source)) or spreadsheet.sniff(source, sheet)


def read(data: bytes, filename: str, options: ReadOptions) -> LedgerSnapshot:
    """The whole file, or `Refused` naming line, column and value; a spreadsheet that leaves questions open
    needs `options.mapping` (refused as `mapping_needed` otherwise)."""
    if len(data) > options.max_bytes:
        raise too_large(len(data), options.max_bytes)
    data = audit_xml.unzipped(data)
    if found := _audit_file(data):
        snapshot: LedgerSnapshot = found.read(audit_xml.opened(data), options)
        return snapshot
    source = workbook.opened(data)
    if options.mapping is None and fec_columns.find_layout(source) is not None:
        return fec.read(source, options)
    return spreadsheet.read(source, options)


def preview(data: bytes, filename: str, options: ReadOptions, rows: int = 8) -> Preview:
    """The first rows and the totals as `options.mapping` understands them; never raises `Refused`, carries it."""
    try:
        return spreadsheet.shown(read(data, filename, options), rows)
    except Refused as refused:
        return Preview(refused=refused)


def _audit_file(data: bytes) -> ModuleType | None:
    """The reader of an XML audit file; other XML is refused here rather than taken for a table."""
    root = audit_xml.root_of(data)
    if root and root not in _AUDIT_FILES:
        raise Refused("xml_unknown", line=1, value=root[:80])
    return _AUDIT_FILES.get(root)
