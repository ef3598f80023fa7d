"""Reading hostile files: the readers run in a child process with a limit on time, memory and size.

`run_in_child` below starts `python -m integrations.ledgers.sandbox` (never a fork of a threaded process), which
reads one pickled request on its standard input and answers on its standard output."""

from __future__ import annotations

from integrations.ledgers.values import Preview, ReadOptions, Sniffed
from rules.ledger import LedgerSnapshot


def sniff_in_child(data: bytes, filename: str, sheet: str = "", max_bytes: int = 0) -> Sniffed:
    """As `ledgers.sniff`; also refused when the child runs out of time or memory."""
    raise NotImplementedError


def read_in_child(data: bytes, filename: str, options: ReadOptions) -> LedgerSnapshot:
    """As `ledgers.read`; also refused when the child runs out of time or memory."""
    raise NotImplementedError


def preview_in_child(data: bytes, filename: str, options: ReadOptions, rows: int = 8) -> Preview:
    """As `ledgers.preview`; running out of time or memory is carried as `refused`."""
    raise NotImplementedError
