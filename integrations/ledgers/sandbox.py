"""The readers of ledgers in a child process with limits: `integrations.sandbox` says how."""

from __future__ import annotations

import os
from dataclasses import replace

from integrations import sandbox
from integrations.files import MAX_BYTES, Refused
from integrations.ledgers.values import Preview, ReadOptions, Sniffed
from integrations.sandbox import Source
from rules.ledger import LedgerSnapshot


def sniff_in_child(source: Source, filename: str, sheet: str = "", max_bytes: int = MAX_BYTES) -> Sniffed:
    """As `ledgers.sniff`; also refused when the child runs out of time or memory."""
    found = sandbox.ask("ledgers", "sniff", source, filename, sheet, max_bytes=max_bytes)
    assert isinstance(found, Sniffed)
    return found


def read_in_child(source: Source, filename: str, options: ReadOptions) -> LedgerSnapshot:
    """As `ledgers.read`; also refused when the child runs out of time or memory."""
    options = replace(options, processes=min(2, os.cpu_count() or 1))
    found = sandbox.ask("ledgers", "read", source, filename, options, max_bytes=options.max_bytes)
    assert isinstance(found, LedgerSnapshot)
    return found


def preview_in_child(source: Source, filename: str, options: ReadOptions, rows: int = 8) -> Preview:
    """As `ledgers.preview`; running out of time or memory is carried as `refused`."""
    try:
        found = sandbox.ask("ledgers", "preview", source, filename, options, rows, max_bytes=options.max_bytes)
    except Refused as refused:
        return Preview(refused=refused)
    assert isinstance(found, Preview)
    return found
