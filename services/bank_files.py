"""A file dropped on the import page: whether it is a bank's, how a list of movements is laid out, how it is read.

Everything is asked of the child process (`integrations.sandbox`); nothing here knows the database."""

from __future__ import annotations

from pathlib import Path

from integrations import sandbox
from integrations.banks.values import BankOptions
from integrations.files import MAX_BYTES, Refused
from integrations.ledgers.values import Mapping, Sniffed
from models.company import Company

NAMES = {
    "coda": "CODA", "camt052": "CAMT.052", "camt053": "CAMT.053", "camt054": "CAMT.054", "mt940": "MT940", "mt942": "MT942",
    "cfonb120": "CFONB 120", "cfonb240": "CFONB 240", "ofx": "OFX", "zip": "CAMT (zip)",
}  # fmt: skip
"""Formats as their users call them."""


def recognise(path: Path, filename: str, max_bytes: int = MAX_BYTES) -> str | None:
    """The format of a bank's file, None for anything else (also for what cannot be opened: other readers say why)."""
    try:
        found: str | None = sandbox.ask("banks", "sniff", path, filename, max_bytes=max_bytes)
    except Refused:
        return None
    return found


def layout_of(path: Path, filename: str, sheet: str = "", max_bytes: int = MAX_BYTES) -> Sniffed | None:
    """How a list of movements seems to be laid out; None when it is none."""
    found: Sniffed | None = sandbox.ask("banks", "sniff_sheet", path, filename, sheet, max_bytes=max_bytes)
    return found


def options_for(company: Company, mapping: Mapping | None, max_bytes: int = MAX_BYTES) -> BankOptions:
    """How bank files of a company are read: a list that names no account is of the company's own."""
    return BankOptions(company.currency, company.iban.replace(" ", ""), mapping, max_bytes)
