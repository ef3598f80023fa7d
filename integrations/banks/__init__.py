"""Files of banks → `rules.bank.BankFile`: recognised by content, read whole or refused whole.

`sniff` says which format a file is, `read` reads it, `sniff_sheet` proposes how a list (CSV, XLSX) could be read.
Hostile files are read by the same functions in a child process with limits: `integrations.sandbox`."""

from __future__ import annotations

from collections.abc import Callable

from integrations.banks import archive, camt, cfonb, coda, mt940, ofx, sheet
from integrations.banks.values import BankOptions, Refused
from integrations.files import too_large
from integrations.ledgers.values import Sniffed
from rules.bank import BankFile

__all__ = ["FORMATS", "BankOptions", "Refused", "read", "sniff", "sniff_sheet"]

FORMATS = ("coda", "camt052", "camt053", "camt054", "mt940", "mt942", "cfonb120", "cfonb240", "ofx", "zip", "sheet")
"""What `sniff` answers; cfonb240 (orders and rejects, no statement) is known only to be refused by name."""

_READERS: dict[str, Callable[[bytes, BankOptions], BankFile]] = {
    "coda": coda.read,
    "camt052": camt.read,
    "camt053": camt.read,
    "camt054": camt.read,
    "mt940": mt940.read,
    "mt942": mt940.read,
    "cfonb120": cfonb.read,
    "cfonb240": cfonb.read,
    "ofx": ofx.read,
    "sheet": sheet.read,
}


def sniff(data: bytes, filename: str) -> str | None:
    """One of `FORMATS` by the content alone, None when the file is no bank's."""
    found = _sniff_text(data)
    if found is not None:
        return found
    if archive.is_archive(data):
        return "zip" if any(_sniff_text(member) for _, member in archive.members(data)) else None
    try:
        return "sheet" if sheet.sniff(data) is not None else None
    except Refused:
        return None


def sniff_sheet(data: bytes, filename: str, name: str = "") -> Sniffed | None:
    """What a list of movements seems to be, with a mapping of kind "bank"; None when it is no bank's list."""
    return sheet.sniff(data, name)


def read(data: bytes, filename: str, options: BankOptions) -> BankFile:
    """The whole file, or `Refused` naming line, column and value; a list that leaves questions open needs
    `options.mapping` (refused as `mapping_needed` otherwise)."""
    if len(data) > options.max_bytes:
        raise too_large(len(data), options.max_bytes)
    if options.mapping is not None:
        return sheet.read(data, options)
    found = _sniff_text(data)
    if found is None and archive.is_archive(data):
        return archive.read(data, options, _read_member)
    return _READERS[found or "sheet"](data, options)


def _read_member(data: bytes, options: BankOptions) -> BankFile | None:
    found = _sniff_text(data)
    return _READERS[found](data, options) if found else None


def _sniff_text(data: bytes) -> str | None:
    for says in (coda.sniff, cfonb.sniff, camt.sniff, ofx.sniff, mt940.sniff):
        found = says(data)
        if found:
            return found
    return None
